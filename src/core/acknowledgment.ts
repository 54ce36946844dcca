/**
 * What an interchange can be answered with: plain data that a format makes while it reads, and that may be kept as JSON.
 *
 * X12 words: an interchange is answered by a TA1, each of its groups by a 997 or a 999. The codes are those of the standard, so that
 * what is kept says exactly what was, or will be, sent.
 */
export const ACKNOWLEDGMENT_KINDS = ['TA1', '997', '999'] as const;
export type AcknowledgmentKind = (typeof ACKNOWLEDGMENT_KINDS)[number];

/** When an interchange is answered with a TA1: `requested` when ISA14 asks, `onError` when there is something to say. */
export const INTERCHANGE_ANSWERS = ['always', 'requested', 'onError', 'never'] as const;
export const GROUP_ANSWERS = ['997', '999', 'none'] as const;

export interface AnswerPolicy {
  readonly interchange: (typeof INTERCHANGE_ANSWERS)[number];
  readonly group: (typeof GROUP_ANSWERS)[number];
}

export interface ElementNote {
  /** 1-based, in its segment. */
  readonly element: number;
  readonly component?: number;
  readonly repetition?: number;
  /** AK403. */
  readonly code: string;
  /** A copy of the bad element, where it may be sent back. */
  readonly value?: string;
}

export interface SegmentNote {
  /** AK301. */
  readonly id: string;
  /** AK302: counted from ST, which is 1. */
  readonly position: number;
  /** AK304. */
  readonly code: string;
  readonly elements: readonly ElementNote[];
}

export interface SetReading {
  /** As `ParsedDocument.ordinal`. */
  readonly ordinal: number;
  /** ST01, ST02, ST03. */
  readonly id: string;
  readonly control: string;
  readonly implementation: string;
  /** AK501. */
  readonly verdict: 'A' | 'E' | 'R';
  /** AK502 to AK506. */
  readonly codes: readonly string[];
  readonly segments: readonly SegmentNote[];
}

export interface GroupReading {
  /** 0-based, in its interchange. */
  readonly index: number;
  /** GS01, GS02, GS03, GS06, GS08. */
  readonly functionalId: string;
  readonly sender: string;
  readonly receiver: string;
  readonly control: string;
  readonly version: string;
  /** GE01 as sent; how many came where it is missing. */
  readonly claimed: string;
  /** AK905 to AK909. */
  readonly codes: readonly string[];
  readonly sets: readonly SetReading[];
}

/** A TA1 that came in an interchange: what the partner says of one of ours. */
export interface InterchangeAnswer {
  /** TA101, TA104, TA105. */
  readonly control: string;
  readonly verdict: string;
  readonly code: string;
}

export interface InterchangeNote {
  /** TA105. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
}

export interface InterchangeReading {
  /** 0-based in the message, as `ParsedDocument.unit`. */
  readonly unit: number;
  readonly sender: { readonly qualifier: string; readonly id: string };
  readonly receiver: { readonly qualifier: string; readonly id: string };
  /** ISA09, ISA10, ISA11, ISA12, ISA13, ISA15 as sent. */
  readonly date: string;
  readonly time: string;
  readonly standard: string;
  readonly version: string;
  readonly control: string;
  readonly usage: string;
  /** ISA14 = 1. */
  readonly asksForAnswer: boolean;
  readonly delimiters: AnswerDelimiters;
  readonly notes: readonly InterchangeNote[];
  readonly groups: readonly GroupReading[];
  readonly answers: readonly InterchangeAnswer[];
}

export interface AnswerDelimiters {
  readonly element: string;
  readonly component: string;
  readonly segment: string;
  /** ISA11 from 00402 on; undefined: none is declared. */
  readonly repetition?: string | undefined;
  /** Between two segments, beside the terminator. */
  readonly suffix: string;
}

/** One acknowledgment that an interchange is owed; `group` is its index, of a TA1 undefined. */
export interface Owed {
  readonly kind: AcknowledgmentKind;
  readonly group: number | undefined;
}

/** What only the sending knows. */
export interface Sending {
  /** ISA13 and GS06, 1 to 999999999. */
  readonly control: number;
  /** CCYYMMDD and HHMM. */
  readonly date: string;
  readonly time: string;
  /** The partner's wishes, where it has any: the rest is as in its own interchange. */
  readonly delimiters?: Partial<AnswerDelimiters> | undefined;
  /** Sets, by ordinal, that a person refused: rejected, whatever the reading says. */
  readonly refused?: ReadonlySet<number> | undefined;
  /** What a TA1 says, where it is not what the reading says. */
  readonly verdict?: InterchangeVerdict | undefined;
}

export interface InterchangeVerdict {
  /** TA104: E was taken in spite of its faults, and must not be sent again. */
  readonly verdict: 'A' | 'E' | 'R';
  /** TA105. */
  readonly code: string;
}

/** How a format answers. Pure. */
export interface Acknowledging {
  verdict(reading: InterchangeReading): InterchangeVerdict;
  owed(reading: InterchangeReading, policy: AnswerPolicy): readonly Owed[];
  write(reading: InterchangeReading, owed: Owed, sending: Sending): Uint8Array;
}
