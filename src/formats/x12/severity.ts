/**
 * What each fault does: an error rejects its transaction set (AK5 R), a warning lets it through and is counted (AK5 E).
 *
 * Policy: a set is translated although it is dirty as long as no value can end up in another place or with another
 * meaning. Lost trailers, wrong control numbers, a segment outside its loop, a value that is not of its type and a code that
 * decides and is not known reject; lengths, repetitions, order inside one loop, counts and totals warn. A partner file may move
 * single checks by name (`leniencies:`, `strict:`) or a whole level (`levels:`); what has no name cannot be moved alone.
 */
import type { X12_ERRORS } from '../../core/errors/x12-errors.ts';

export type X12Code = keyof typeof X12_ERRORS;
export type Severity = 'error' | 'warning';

/** From the outside in: each level presumes the one before. */
export const LEVELS = {
  envelope: 'ISA to IEA: delimiters, encoding, control numbers and counts',
  structure: 'which segments stand where, how often, in which loop',
  types: 'the elements: there when mandatory, lengths, numbers, dates, times',
  codes: 'codes that decide, such as ACK01, are in their list',
  relations: 'the relational conditions P, R, E, C, L of a segment',
  semantics: 'what the set says as a whole: HL tree, counts, hash totals, footing, SSCC',
} as const;
export type Level = keyof typeof LEVELS;

interface Check {
  readonly level: Level;
  readonly severity: Severity;
  /** As partner files call it. */
  readonly name?: string;
}

/** Every fault with its level and what it does when the partner file says nothing. */
export const CHECKS = {
  ERR_X12_NO_INTERCHANGE: { level: 'envelope', severity: 'error' },
  ERR_X12_JUNK: { level: 'envelope', severity: 'error' },
  ERR_X12_HEADER: { level: 'envelope', severity: 'error' },
  ERR_X12_DELIMITERS: { level: 'envelope', severity: 'error' },
  ERR_X12_ISA_LENGTH: { level: 'envelope', severity: 'warning', name: 'isa-length' },
  ERR_X12_TERMINATOR: { level: 'envelope', severity: 'warning', name: 'terminator' },
  ERR_X12_LINE_BREAK: { level: 'envelope', severity: 'warning', name: 'wrap80' },
  ERR_X12_SEGMENT_SIZE: { level: 'envelope', severity: 'error' },
  ERR_X12_UNTERMINATED: { level: 'envelope', severity: 'warning', name: 'unterminated' },
  ERR_X12_ENCODING: { level: 'envelope', severity: 'error' },
  ERR_X12_ENVELOPE_ELEMENT: { level: 'envelope', severity: 'warning', name: 'envelope-element' },
  ERR_X12_QUALIFIER: { level: 'envelope', severity: 'error', name: 'qualifier-1-for-01' },
  ERR_X12_INTERCHANGE_UNCLOSED: { level: 'envelope', severity: 'error' },
  ERR_X12_GROUP_UNCLOSED: { level: 'envelope', severity: 'error' },
  ERR_X12_SET_UNCLOSED: { level: 'envelope', severity: 'error' },
  ERR_X12_INTERCHANGE_CONTROL: { level: 'envelope', severity: 'error' },
  ERR_X12_GROUP_CONTROL: { level: 'envelope', severity: 'error' },
  ERR_X12_SET_CONTROL: { level: 'envelope', severity: 'error', name: 'set-control' },
  ERR_X12_INTERCHANGE_COUNT: { level: 'envelope', severity: 'error' },
  ERR_X12_GROUP_COUNT: { level: 'envelope', severity: 'error' },
  ERR_X12_SEGMENT_COUNT: { level: 'envelope', severity: 'warning', name: 'segment-count' },
  ERR_X12_GROUP_MISSING: { level: 'envelope', severity: 'error' },
  ERR_X12_STRAY_SEGMENT: { level: 'envelope', severity: 'error' },
  ERR_X12_GROUP_FIT: { level: 'envelope', severity: 'error', name: 'group-fit' },
  ERR_X12_VERSION: { level: 'envelope', severity: 'error', name: 'unknown-version' },
  ERR_X12_VERSION_NEAREST: { level: 'envelope', severity: 'warning', name: 'nearest-version' },
  ERR_X12_SET_SIZE: { level: 'envelope', severity: 'error' },
  ERR_X12_CROSS_CHECK: { level: 'envelope', severity: 'error' },
  ERR_X12_FAULT_LIMIT: { level: 'envelope', severity: 'warning' },
  ERR_X12_SEGMENT_ID: { level: 'structure', severity: 'error' },
  ERR_X12_SEGMENT_UNKNOWN: { level: 'structure', severity: 'warning', name: 'unknown-segment' },
  ERR_X12_SEGMENT_UNEXPECTED: { level: 'structure', severity: 'error', name: 'segment-place' },
  ERR_X12_SEGMENT_ORDER: { level: 'structure', severity: 'warning', name: 'segment-order' },
  ERR_X12_SEGMENT_REPEATED: { level: 'structure', severity: 'warning', name: 'segment-repeated' },
  ERR_X12_SEGMENT_MISSING: { level: 'structure', severity: 'error', name: 'missing-segment' },
  ERR_X12_SEGMENT_FORBIDDEN: { level: 'structure', severity: 'error', name: 'forbidden-segment' },
  ERR_X12_ELEMENT_MISSING: { level: 'types', severity: 'error', name: 'missing-element' },
  ERR_X12_ELEMENT_EXTRA: { level: 'types', severity: 'warning', name: 'extra-element' },
  ERR_X12_ELEMENT_FORBIDDEN: { level: 'types', severity: 'error', name: 'forbidden-element' },
  ERR_X12_ELEMENT_LENGTH: { level: 'types', severity: 'warning', name: 'element-length' },
  ERR_X12_ELEMENT_NUMBER: { level: 'types', severity: 'error' },
  ERR_X12_ELEMENT_DECIMAL: { level: 'types', severity: 'error', name: 'explicit-decimal-in-N2' },
  ERR_X12_ELEMENT_DATE: { level: 'types', severity: 'error' },
  ERR_X12_ELEMENT_TIME: { level: 'types', severity: 'error' },
  ERR_X12_ELEMENT_CHARACTER: { level: 'types', severity: 'warning', name: 'control-character' },
  ERR_X12_ELEMENT_COMPONENTS: { level: 'types', severity: 'warning', name: 'component-in-data' },
  ERR_X12_TRAILING_SEPARATOR: { level: 'types', severity: 'warning' },
  ERR_X12_ELEMENT_CODE: { level: 'codes', severity: 'warning', name: 'unknown-code' },
  ERR_X12_ELEMENT_CONDITION: { level: 'relations', severity: 'warning', name: 'condition' },
  ERR_X12_ELEMENT_EXCLUSION: { level: 'relations', severity: 'warning', name: 'exclusion' },
  ERR_X12_HL_NUMBER: { level: 'semantics', severity: 'error' },
  ERR_X12_HL_ORPHAN: { level: 'semantics', severity: 'error' },
  ERR_X12_HL_ZERO: { level: 'semantics', severity: 'warning', name: 'hl-zero' },
  ERR_X12_HL_CYCLE: { level: 'semantics', severity: 'error' },
  ERR_X12_HL_DEPTH: { level: 'semantics', severity: 'error' },
  ERR_X12_HL_LEVEL: { level: 'semantics', severity: 'warning', name: 'hl-level' },
  ERR_X12_HL_CHILD: { level: 'semantics', severity: 'warning', name: 'hl-child' },
  ERR_X12_LINE_COUNT: { level: 'semantics', severity: 'warning', name: 'line-count' },
  ERR_X12_HASH_TOTAL: { level: 'semantics', severity: 'warning', name: 'hash-total' },
  ERR_X12_FOOTING: { level: 'semantics', severity: 'warning', name: 'footing' },
  ERR_X12_SSCC: { level: 'semantics', severity: 'warning', name: 'sscc' },
  ERR_X12_SSCC_REPEATED: { level: 'semantics', severity: 'warning', name: 'sscc-repeated' },
  ERR_X12_ACK_DISAGREES: { level: 'semantics', severity: 'warning', name: 'ack-disagrees' },
} as const satisfies Record<X12Code, Check>;

type Named<S extends Severity> = {
  [C in X12Code]: (typeof CHECKS)[C] extends { readonly severity: S; readonly name: infer N } ? N : never;
}[X12Code];
/** What a partner file may say under `leniencies:`: the fault is still reported, as a warning. */
export type Leniency = Named<'error'>;
/** What a partner file may say under `strict:`: the fault rejects its set. */
export type StrictCheck = Named<'warning'>;

const CODES = Object.keys(CHECKS) as X12Code[];
const check = (code: X12Code): Check => CHECKS[code];
const named = (severity: Severity) => CODES.filter((code) => check(code).severity === severity).flatMap((code) => check(code).name ?? []);
export const LENIENCIES = named('error') as Leniency[];
export const STRICT_CHECKS = named('warning') as StrictCheck[];

/** `strict`: its faults reject; `standard`: as the table says; `warn`: its faults warn; `off`: not looked at. */
export const LEVEL_CHOICES = ['strict', 'standard', 'warn', 'off'] as const;
export type LevelChoice = (typeof LEVEL_CHOICES)[number];
export type LevelChoices = { readonly [L in Level]?: LevelChoice | undefined };
export type SeverityOf = (code: X12Code) => Severity;

/** A name outranks its level. */
export function severitiesFor(leniencies: readonly Leniency[] = [], strict: readonly StrictCheck[] = [], levels: LevelChoices = {}): SeverityOf {
  const moved = new Map<X12Code, Severity>();
  for (const code of CODES) {
    const { level, name } = check(code);
    const choice = levels[level];
    if (choice === 'strict') moved.set(code, 'error');
    else if (choice === 'warn') moved.set(code, 'warning');
    if (name !== undefined && leniencies.some((allowed) => allowed === name)) moved.set(code, 'warning');
    if (name !== undefined && strict.some((wanted) => wanted === name)) moved.set(code, 'error');
  }
  return (code) => moved.get(code) ?? CHECKS[code].severity;
}
