/**
 * The independent second reader: x12-parser's own `Segment` reads each segment that we framed, and must find the same.
 *
 * It shares no code with ours but the frame. It takes out line feeds, trims every component and knows no repetitions; what remains
 * after the same must be equal. Text is compared as it stands in the file, before it is decoded.
 */
import { Segment } from 'x12-parser';
import { nameOf } from './check-value.ts';
import { type Report, shown } from './fault.ts';
import type { X12Segment } from './segment.ts';

const bare = (text: string): string => text.replace(/\n/g, '').trim();

/** Reports the first place at which the two disagree. */
export function crossCheck(segment: X12Segment, report: Report): void {
  const { element, component, repetition, terminator } = segment.delimiters;
  const theirs = new Segment(segment.text, { segment: terminator, element, component, repetition: repetition ?? '' });
  const differ = (at: number | undefined, what: string, expected: string, found: string) =>
    report('ERR_X12_CROSS_CHECK', segment, at, `the second reader finds ${what}`, expected, found);
  if (theirs.name !== segment.id) {
    differ(undefined, 'another segment', shown(theirs.name), shown(segment.id));
    return;
  }
  if (theirs.parsed.length !== segment.size) {
    differ(undefined, `another number of elements in ${segment.id}`, String(theirs.parsed.length), String(segment.size));
    return;
  }
  for (let at = 1; at <= segment.size; at++) {
    const parts = theirs.parsed[at - 1] ?? [];
    const ours = partsOf(segment, at, repetition !== undefined && segment.repetitions(at) > 1);
    if (parts.length === ours.length && parts.every((part, n) => part === ours[n])) continue;
    differ(at, `something else in ${nameOf(segment, at)}`, shown(parts.join(component)), shown(ours.join(component)));
    return;
  }
}

/** Components as it counts them: it splits an element with repetitions at each component separator all the same. */
function partsOf(segment: X12Segment, element: number, repeated: boolean): string[] {
  if (repeated) return segment.raw(element).split(segment.delimiters.component).map(bare);
  const count = Math.max(1, segment.components(element));
  return Array.from({ length: count }, (_, n) => bare(segment.raw(element, n + 1)));
}
