/** Makes the faults of this format: one sentence with what is wrong, what was expected and what was found, and where. */
import type { SegmentPlace } from '../../core/place.ts';
import { type Problem, remedyFor } from '../../core/problem.ts';
import type { SourceSegment } from '../../core/source-tree.ts';
import type { SeverityOf, X12Code } from './severity.ts';

/** As much of a value as a message may show. */
const SHOWN = 40;

export const shown = (value: string): string => JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);

export function faultAt(severityOf: SeverityOf, code: X12Code, at: SegmentPlace, what: string, expected: string, found: string): Problem {
  return { code, severity: severityOf(code), message: `${what}: expected ${expected}, found ${found}`, at, expected, found, hint: remedyFor(code) };
}

export function placeOf(segment: SourceSegment, element?: number, repetition?: number): SegmentPlace {
  const offset = element === undefined ? segment.offset : segment.offsetOf(element, undefined, repetition);
  return { kind: 'segment', offset, segment: segment.ordinal, segmentId: segment.id, element, repetition };
}

/** Of an element, or of the whole segment. */
export type Report = (
  code: X12Code,
  segment: SourceSegment,
  element: number | undefined,
  what: string,
  expected: string,
  found: string,
  repetition?: number,
) => void;

export const reporterTo =
  (faults: Problem[], severityOf: SeverityOf): Report =>
  (code, segment, element, what, expected, found, repetition) => {
    faults.push(faultAt(severityOf, code, placeOf(segment, element, repetition), what, expected, found));
  };
