/**
 * One segment as it stands in the message: its text as sent, split only when an element is asked for.
 *
 * Text is latin1, one character a byte, so that positions in it are byte offsets; an element with bytes over 0x7f is
 * decoded when it is read. A class, not closures: two million of these are made a second.
 * Trade: the text is a slice of its chunk (at most 64 KB), which lives as long as one of its segments does.
 */
import type { SourceSegment } from '../../core/source-tree.ts';
import type { Delimiters } from './delimiters.ts';
import { decodeText } from './encoding.ts';

const BREAKS = /[\r\n]+/g;

export interface SegmentFrame {
  readonly id: string;
  readonly text: string;
  readonly ordinal: number;
  readonly offset: number;
  readonly end: number;
  readonly lead: number;
  readonly delimiters: Delimiters;
  readonly wrapped: boolean;
  readonly terminated: boolean;
}

export class X12Segment implements SourceSegment {
  readonly id: string;
  /** As sent, in latin1, without the terminator. */
  readonly text: string;
  readonly ordinal: number;
  readonly offset: number;
  /** Offset after the terminator. */
  readonly end: number;
  /** How many bytes of line ends, blanks, NUL or 0x1A stand between the segment before and this one. */
  readonly lead: number;
  readonly delimiters: Delimiters;
  /** CR or LF stand inside: they are no data. */
  readonly wrapped: boolean;
  readonly terminated: boolean;
  /** Where each element starts, the id first; one past the end plus one last. */
  private starts: number[] | undefined;
  private high: boolean;

  constructor(frame: SegmentFrame) {
    this.id = frame.id;
    this.text = frame.text;
    this.ordinal = frame.ordinal;
    this.offset = frame.offset;
    this.end = frame.end;
    this.lead = frame.lead;
    this.delimiters = frame.delimiters;
    this.wrapped = frame.wrapped;
    this.terminated = frame.terminated;
    this.starts = undefined;
    this.high = false;
  }

  get kind(): 'segment' {
    return 'segment';
  }

  get size(): number {
    return this.table().length - 2;
  }

  /** Whether a byte over 0x7f stands in an element. */
  get hasHighBytes(): boolean {
    this.table();
    return this.high;
  }

  value(element: number, component?: number, repetition?: number): string {
    const raw = this.raw(element, component, repetition);
    if (raw === '') return '';
    const whole = this.wrapped ? raw.replace(BREAKS, '') : raw;
    return this.high ? decodeText(whole, this.delimiters.encoding) : whole;
  }

  /** The same as sent: latin1, line breaks kept. */
  raw(element: number, component?: number, repetition?: number): string {
    const range = this.range(element, component, repetition);
    return range === undefined ? '' : this.text.slice(range.from, range.to);
  }

  offsetOf(element: number, component?: number, repetition?: number): number {
    const range = this.range(element, component, repetition);
    return this.offset + (range === undefined ? this.text.length : range.from);
  }

  /** Characters of the element as sent; 0 when it is absent. */
  lengthOf(element: number): number {
    const starts = this.table();
    const from = starts[element];
    const next = starts[element + 1];
    return element < 1 || from === undefined || next === undefined ? 0 : next - 1 - from;
  }

  components(element: number, repetition?: number): number {
    return count(this.raw(element, undefined, repetition ?? 1), this.id === 'ISA' ? undefined : this.delimiters.component);
  }

  repetitions(element: number): number {
    return count(this.raw(element), this.id === 'ISA' ? undefined : this.delimiters.repetition);
  }

  private range(element: number, component: number | undefined, repetition: number | undefined): { from: number; to: number } | undefined {
    const starts = this.table();
    const from = starts[element];
    const next = starts[element + 1];
    if (element < 1 || from === undefined || next === undefined) return undefined;
    if (component === undefined && repetition === undefined) return { from, to: next - 1 };
    // ISA11 and ISA16 *are* separators; no other element of ISA may hold one.
    const { delimiters } = this;
    const ofIsa = this.id === 'ISA';
    const repeated = piece(this.text, { from, to: next - 1 }, ofIsa ? undefined : delimiters.repetition, repetition ?? 1);
    if (component === undefined || repeated === undefined) return repeated;
    return piece(this.text, repeated, ofIsa ? undefined : delimiters.component, component);
  }

  private table(): number[] {
    if (this.starts !== undefined) return this.starts;
    const { text } = this;
    const separator = this.delimiters.element.charCodeAt(0);
    const starts = [0];
    let high = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === separator) starts.push(i + 1);
      else high |= code;
    }
    starts.push(text.length + 1);
    this.high = high > 0x7f;
    this.starts = starts;
    return starts;
  }
}

function piece(text: string, range: { from: number; to: number }, separator: string | undefined, nth: number) {
  if (separator === undefined) return nth === 1 ? range : undefined;
  let { from } = range;
  for (let skipped = 1; skipped < nth; skipped++) {
    const next = text.indexOf(separator, from);
    if (next < 0 || next >= range.to) return undefined;
    from = next + 1;
  }
  const end = text.indexOf(separator, from);
  return { from, to: end < 0 || end > range.to ? range.to : end };
}

function count(text: string, separator: string | undefined): number {
  if (text === '') return 0;
  return separator === undefined ? 1 : text.split(separator).length;
}
