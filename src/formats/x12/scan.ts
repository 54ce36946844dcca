/**
 * The routing scan: who sent what to whom under which numbers, and where it stands, before any set is split.
 *
 * Uses the same framer as parse, so both agree on where everything begins; of all segments only those of envelopes are cut out.
 * Says nothing of faults: a file that parse refuses is scanned as far as it goes.
 */
import type { RawSource } from '../../core/contracts.ts';
import type { Delimiters, Encoding } from './delimiters.ts';
import { copyText } from './encoding.ts';
import { Framer } from './framer.ts';
import { windowsOf } from './frames.ts';
import type { X12Segment } from './segment.ts';
import { severitiesFor } from './severity.ts';

export interface EnvelopeMark {
  readonly id: 'ISA' | 'GS' | 'ST' | 'SE' | 'GE' | 'IEA';
  readonly offset: number;
  /** After its terminator. */
  readonly end: number;
  /** 1-based in the message. */
  readonly ordinal: number;
  /** ISA13, GS06, ST02, or what repeats it in the trailer; as sent. */
  readonly control: string;
  /** ISA06 and ISA08 with their qualifiers, GS01 and GS08, ST01, or the count of a trailer. */
  readonly of: readonly string[];
  readonly delimiters: Delimiters;
}

/** Which elements of a segment are its mark: the control number, then the others. */
const ELEMENTS: Readonly<Record<string, readonly [number, ...number[]]>> = {
  ISA: [13, 5, 6, 7, 8],
  GS: [6, 1, 8],
  ST: [2, 1],
  SE: [2, 1],
  GE: [2, 1],
  IEA: [2, 1],
};

export async function* scanEnvelopes(source: RawSource, encoding: Encoding = 'latin1'): AsyncGenerator<EnvelopeMark[]> {
  const framer = new Framer(encoding, severitiesFor(), { envelopesOnly: true });
  for await (const chunk of source.open()) {
    for (const window of windowsOf(chunk)) {
      framer.feed(window);
      const marks = marksIn(framer);
      if (marks.length > 0) yield marks;
    }
  }
  framer.end();
  const marks = marksIn(framer);
  if (marks.length > 0) yield marks;
}

function marksIn(framer: Framer): EnvelopeMark[] {
  const marks: EnvelopeMark[] = [];
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) if (frame.kind === 'segment') marks.push(markOf(frame));
  return marks;
}

function markOf(segment: X12Segment): EnvelopeMark {
  const id = segment.id as EnvelopeMark['id'];
  const [control = 0, ...others] = ELEMENTS[id] ?? [];
  const text = (element: number) => copyText(segment.value(element).trimEnd());
  const { offset, end, ordinal, delimiters } = segment;
  return { id, offset, end, ordinal, control: text(control).trim(), of: others.map(text), delimiters };
}
