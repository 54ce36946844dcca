/**
 * What the reader tells of a message, in order: the one event stream that parse, inspect and identify consume.
 */
import type { Problem } from '../../core/problem.ts';
import type { Delimiters } from './delimiters.ts';
import type { SkippedRange } from './frames.ts';
import type { X12Segment } from './segment.ts';

export interface Party {
  /** ISA05, ISA07. */
  readonly qualifier: string;
  /** ISA06, ISA08 without trailing blanks. */
  readonly id: string;
}

export interface Interchange {
  /** 0-based in the message. */
  readonly index: number;
  readonly offset: number;
  readonly sender: Party;
  readonly receiver: Party;
  /** ISA13 as sent. */
  readonly control: string;
  /** ISA15 = T. */
  readonly test: boolean;
  readonly delimiters: Delimiters;
  readonly isa: X12Segment;
}

export interface Group {
  /** GS01. */
  readonly functionalId: string;
  /** GS06 as sent. */
  readonly control: string;
  /** GS08 as sent. */
  readonly version: string;
  readonly offset: number;
  readonly gs: X12Segment;
}

/** One transaction set from ST to SE, or to where it was broken off. */
export interface TransactionSet {
  /** 1-based in the message. */
  readonly ordinal: number;
  /** 1-based in its interchange. */
  readonly unitOrdinal: number;
  readonly interchange: Interchange;
  /** `undefined`: the set stands outside any group. */
  readonly group: Group | undefined;
  /** ST01. */
  readonly id: string;
  /** ST02 as sent. */
  readonly control: string;
  readonly offset: number;
  /** Counted ST and SE included; more than `segments` holds when the set was over the limit. */
  readonly segmentCount: number;
  /** ST first, SE last unless it is missing. Only ST when the set was over the limit. */
  readonly segments: readonly X12Segment[];
  /** Of its envelope; what stands inside has not been looked at yet. */
  readonly faults: readonly Problem[];
  /** Whether all of it was kept. */
  readonly whole: boolean;
}

export type EnvelopeEvent =
  | { readonly kind: 'interchange'; readonly interchange: Interchange }
  | { readonly kind: 'group'; readonly group: Group }
  | { readonly kind: 'set'; readonly set: TransactionSet }
  /** A TA1 between ISA and GS. */
  | { readonly kind: 'acknowledgment'; readonly segment: X12Segment }
  | { readonly kind: 'group-end'; readonly group: Group }
  /** `end`: offset after the last byte of its last segment. `segments`: ISA and IEA included. */
  | { readonly kind: 'interchange-end'; readonly interchange: Interchange; readonly end: number; readonly segments: number }
  | { readonly kind: 'fault'; readonly fault: Problem }
  | SkippedRange;
