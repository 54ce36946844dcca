/**
 * From elements to the text of segments: what an acknowledgment is written with, and the proof that reading loses nothing.
 *
 * Text here is latin1, one character a byte, as the reader has it. Guarantee: what is printed is read back as the same elements; text that holds
 * a delimiter cannot be, and throws.
 */
import type { Delimiters } from './delimiters.ts';
import { encodeText } from './encoding.ts';
import type { X12Segment } from './segment.ts';

/** Text, or its repetitions; a repetition is text, or its components. */
export type PrintedElement = string | readonly (string | readonly string[])[];

/** With the terminator and without a suffix; the first element is the identifier. Empty elements at the end are kept. */
export function printSegment(elements: readonly PrintedElement[], delimiters: Delimiters, ending = delimiters.terminator): string {
  return elements.map((element) => printElement(element, delimiters, elements[0] === 'ISA')).join(delimiters.element) + ending;
}

/** Each segment from its elements, with what ended it and what stands before the next one: the bytes as they came, whatever was sent. */
export function printInterchange(segments: Iterable<X12Segment>): Buffer {
  let text = '';
  for (const segment of segments) text += segment.leadText + printSegment(elementsOf(segment), segment.delimiters, segment.ending);
  return Buffer.from(text, 'latin1');
}

function elementsOf(segment: X12Segment): PrintedElement[] {
  const elements: PrintedElement[] = [segment.id];
  for (let element = 1; element <= segment.size; element++) {
    const repetitions = segment.repetitions(element);
    elements.push(Array.from({ length: repetitions }, (_, i) => repetitionOf(segment, element, i + 1)));
  }
  return elements;
}

const repetitionOf = (segment: X12Segment, element: number, repetition: number): string[] =>
  Array.from({ length: segment.components(element, repetition) }, (_, i) => segment.value(element, i + 1, repetition));

function printElement(element: PrintedElement, delimiters: Delimiters, ofIsa: boolean): string {
  if (typeof element === 'string') return printText(element, delimiters, ofIsa);
  const { component, repetition = '' } = delimiters;
  const printed = element.map((part) => {
    const components = typeof part === 'string' ? [part] : part;
    return components.map((text) => printText(text, delimiters, ofIsa)).join(component);
  });
  return printed.join(repetition);
}

/** ISA11 and ISA16 are the separators themselves. */
function printText(text: string, delimiters: Delimiters, ofIsa: boolean): string {
  const encoded = encodeText(text, delimiters.encoding);
  const { element, component, repetition, terminator } = delimiters;
  for (const delimiter of ofIsa ? [element, terminator] : [element, component, repetition, terminator]) {
    if (delimiter !== undefined && encoded.includes(delimiter))
      throw new RangeError(`an element cannot hold the delimiter ${JSON.stringify(delimiter)}`);
  }
  return encoded;
}
