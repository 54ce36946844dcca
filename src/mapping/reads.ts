/**
 * Which elements of a document a mapping looked at: the one record that coverage is made from.
 *
 * Two words of bits for each segment, so that recording costs next to nothing and is never switched off. X12 has no segment of
 * more than 63 elements; whatever stands beyond shares a bit.
 */
import type { SourceSegment } from '../core/source-tree.ts';

export interface Reads {
  /** Ordinal of the document's first segment. */
  readonly first: number;
  /** A plain list: a typed array of this size lies outside the heap, and costs more than the mapping of a line. */
  readonly bits: number[];
  /** `37.4.2.1`: components and repetitions that were read by themselves. */
  parts: Set<string> | undefined;
}

export const beginReads = (first: number, segments: number): Reads => ({ first, bits: new Array<number>(segments * 2).fill(0), parts: undefined });

export function markRead(reads: Reads, segment: SourceSegment, element: number): void {
  const bit = element < 64 ? element : 63;
  const word = (segment.ordinal - reads.first) * 2 + (bit >> 5);
  reads.bits[word] = (reads.bits[word] ?? 0) | (1 << (bit & 31));
}

export function wasRead(reads: Reads, segment: SourceSegment, element: number): boolean {
  const bit = element < 64 ? element : 63;
  return ((reads.bits[(segment.ordinal - reads.first) * 2 + (bit >> 5)] ?? 0) & (1 << (bit & 31))) !== 0;
}

const partKey = (segment: SourceSegment, element: number, component: number | undefined, repetition: number | undefined): string =>
  `${segment.ordinal}.${element}.${component ?? ''}.${repetition ?? 1}`;

/** A selector that names a component or a repetition has read no more than that. */
export function markPart(reads: Reads, segment: SourceSegment, element: number, component: number | undefined, repetition: number | undefined): void {
  reads.parts ??= new Set();
  reads.parts.add(partKey(segment, element, component, repetition));
}

export const wasPartRead = (reads: Reads, segment: SourceSegment, element: number, component: number, repetition: number): boolean =>
  reads.parts !== undefined &&
  (reads.parts.has(partKey(segment, element, component, repetition)) || reads.parts.has(partKey(segment, element, undefined, repetition)));
