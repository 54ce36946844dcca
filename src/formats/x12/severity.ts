/**
 * What each fault does: an error rejects its transaction set (AK5 R), a warning lets it through and is counted (AK5 E).
 *
 * Policy: a set is translated although it is dirty as long as no value can end up in another place or with another
 * meaning. Lost trailers, wrong control numbers, a segment outside its loop and a value that is not of its type reject;
 * lengths, repetitions, order inside one loop and counts warn. A partner file may move single checks by name, either way.
 */
import type { X12_ERRORS } from '../../core/errors/x12-errors.ts';

export type X12Code = keyof typeof X12_ERRORS;
export type Severity = 'error' | 'warning';

const SEVERITIES = {
  ERR_X12_NO_INTERCHANGE: 'error',
  ERR_X12_JUNK: 'error',
  ERR_X12_HEADER: 'error',
  ERR_X12_DELIMITERS: 'error',
  ERR_X12_ISA_LENGTH: 'warning',
  ERR_X12_TERMINATOR: 'warning',
  ERR_X12_LINE_BREAK: 'warning',
  ERR_X12_SEGMENT_SIZE: 'error',
  ERR_X12_UNTERMINATED: 'warning',
  ERR_X12_ENCODING: 'error',
  ERR_X12_INTERCHANGE_UNCLOSED: 'error',
  ERR_X12_GROUP_UNCLOSED: 'error',
  ERR_X12_SET_UNCLOSED: 'error',
  ERR_X12_INTERCHANGE_CONTROL: 'error',
  ERR_X12_GROUP_CONTROL: 'error',
  ERR_X12_SET_CONTROL: 'error',
  ERR_X12_INTERCHANGE_COUNT: 'error',
  ERR_X12_GROUP_COUNT: 'error',
  ERR_X12_SEGMENT_COUNT: 'warning',
  ERR_X12_GROUP_MISSING: 'error',
  ERR_X12_STRAY_SEGMENT: 'error',
  ERR_X12_GROUP_FIT: 'error',
  ERR_X12_VERSION: 'error',
  ERR_X12_VERSION_NEAREST: 'warning',
  ERR_X12_SET_SIZE: 'error',
  ERR_X12_SEGMENT_ID: 'error',
  ERR_X12_SEGMENT_UNKNOWN: 'warning',
  ERR_X12_SEGMENT_UNEXPECTED: 'error',
  ERR_X12_SEGMENT_ORDER: 'warning',
  ERR_X12_SEGMENT_REPEATED: 'warning',
  ERR_X12_SEGMENT_MISSING: 'error',
  ERR_X12_HL_NUMBER: 'error',
  ERR_X12_HL_ORPHAN: 'error',
  ERR_X12_HL_ZERO: 'warning',
  ERR_X12_HL_CYCLE: 'error',
  ERR_X12_HL_DEPTH: 'error',
  ERR_X12_LINE_COUNT: 'warning',
  ERR_X12_FAULT_LIMIT: 'warning',
  ERR_X12_ELEMENT_MISSING: 'error',
  ERR_X12_ELEMENT_EXTRA: 'warning',
  ERR_X12_ELEMENT_LENGTH: 'warning',
  ERR_X12_ELEMENT_NUMBER: 'error',
  ERR_X12_ELEMENT_DECIMAL: 'error',
  ERR_X12_ELEMENT_DATE: 'error',
  ERR_X12_ELEMENT_TIME: 'error',
} as const satisfies Record<X12Code, Severity>;

/** What a partner file may say under `leniencies:`: the fault is still reported, as a warning. */
export const LENIENCIES = {
  'explicit-decimal-in-N2': 'ERR_X12_ELEMENT_DECIMAL',
  'group-fit': 'ERR_X12_GROUP_FIT',
  'segment-place': 'ERR_X12_SEGMENT_UNEXPECTED',
  'set-control': 'ERR_X12_SET_CONTROL',
} as const satisfies Record<string, X12Code>;

/** What a partner file may say under `strict:`: the fault rejects its set. */
export const STRICT_CHECKS = {
  'element-length': 'ERR_X12_ELEMENT_LENGTH',
  'line-count': 'ERR_X12_LINE_COUNT',
  'segment-count': 'ERR_X12_SEGMENT_COUNT',
  'segment-order': 'ERR_X12_SEGMENT_ORDER',
  'unknown-segment': 'ERR_X12_SEGMENT_UNKNOWN',
} as const satisfies Record<string, X12Code>;

export type Leniency = keyof typeof LENIENCIES;
export type StrictCheck = keyof typeof STRICT_CHECKS;
export type SeverityOf = (code: X12Code) => Severity;

export function severitiesFor(leniencies: readonly Leniency[] = [], strict: readonly StrictCheck[] = []): SeverityOf {
  const moved = new Map<X12Code, Severity>();
  for (const name of leniencies) moved.set(LENIENCIES[name], 'warning');
  for (const name of strict) moved.set(STRICT_CHECKS[name], 'error');
  return (code) => moved.get(code) ?? SEVERITIES[code];
}
