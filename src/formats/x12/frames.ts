/** What the framer makes of bytes: segments, ranges that belong to none, and faults; and how bytes reach it. */
import type { Problem } from '../../core/problem.ts';
import type { X12Segment } from './segment.ts';

/**
 * Why bytes belong to no segment. `padding`: blanks, line ends, NUL or 0x1A before, between and after interchanges, and where a segment
 * did not come any more; what stands between two segments is the `lead` of the second.
 */
export type SkipReason = 'byte-order-mark' | 'padding' | 'junk' | 'unreadable-isa' | 'oversized-segment';

/** Skipped ranges that any clean file may have. */
export const isHarmless = (reason: SkipReason): boolean => reason === 'padding' || reason === 'byte-order-mark';

export interface SkippedRange {
  readonly kind: 'skipped';
  readonly reason: SkipReason;
  readonly offset: number;
  readonly length: number;
}

export interface FramingFault {
  readonly kind: 'fault';
  readonly fault: Problem;
}

export type Frame = X12Segment | SkippedRange | FramingFault;

const WINDOW = 64 * 1024;

/** Chunks as windows of at most 64 KB, so that a segment kept does not keep a whole file. */
export function* windowsOf(chunk: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < bytes.length; at += WINDOW) yield bytes.subarray(at, at + WINDOW);
}
