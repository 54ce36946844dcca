/**
 * What each fault is called in an acknowledgment. Total over the fault codes: a new one does not compile without its entry.
 *
 * The standard has few codes. Where none fits wholly, the nearest is used that says which segment or element to look at: 7 ("invalid
 * code value") for a value that contradicts others of its set. What is our own business (a limit, a definition that we lack) is told
 * only where it rejects; what means nothing (`quiet`) likewise.
 */
import type { Problem } from '../../../core/problem.ts';
import type { X12Code } from '../severity.ts';

type CodeOf = string | ((fault: Problem) => string);

export interface Told {
  /** TA105. */
  readonly interchange?: CodeOf;
  /** AK905. */
  readonly group?: string;
  /** AK502. */
  readonly set?: string;
  /** AK304, which is 8 for a fault of an element. */
  readonly segment?: CodeOf;
  /** AK403. */
  readonly element?: CodeOf;
  /** Told only where it rejects. */
  readonly quiet?: true;
}

/** The fault has no part in any acknowledgment: it belongs to no interchange, or no one could be told. */
const nothing: Told = {};
const element = (code: CodeOf, more: Told = {}): Told => ({ element: code, ...more });
const contradicts = element('7');

/** TA105 of an ISA element that is not as it must be, by its number. */
const OF_ISA = ['022', '010', '011', '012', '013', '005', '006', '007', '008', '014', '015', '016', '017', '018', '019', '020', '027'] as const;
const ofIsa = ({ at }: Problem): string => OF_ISA[at?.kind === 'segment' ? (at.element ?? 0) : 0] ?? '022';

const isOfIsa = ({ at }: Problem): boolean => at?.kind === 'segment' && at.segmentId === 'ISA';

export const TOLD: Readonly<Record<X12Code, Told>> = {
  // ── Interchange: TA105 ──
  ERR_X12_NO_INTERCHANGE: nothing,
  ERR_X12_JUNK: nothing,
  ERR_X12_HEADER: nothing,
  ERR_X12_DELIMITERS: { interchange: '027', set: '5' },
  ERR_X12_ISA_LENGTH: { interchange: '022' },
  ERR_X12_QUALIFIER: { interchange: ofIsa },
  ERR_X12_ENVELOPE_ELEMENT: { interchange: (problem) => (isOfIsa(problem) ? ofIsa(problem) : '024'), quiet: true },
  ERR_X12_TERMINATOR: { interchange: '004' },
  ERR_X12_LINE_BREAK: { interchange: '022', quiet: true },
  ERR_X12_SEGMENT_SIZE: { interchange: '022' },
  ERR_X12_UNTERMINATED: { interchange: '023' },
  ERR_X12_INTERCHANGE_UNCLOSED: { interchange: '023' },
  ERR_X12_INTERCHANGE_CONTROL: { interchange: '001' },
  ERR_X12_INTERCHANGE_COUNT: { interchange: '021' },
  ERR_X12_STRAY_SEGMENT: { interchange: '024' },
  ERR_X12_GROUP_MISSING: { interchange: '024' },
  // ── Group: AK905 ──
  ERR_X12_GROUP_UNCLOSED: { group: '3' },
  ERR_X12_GROUP_CONTROL: { group: '4' },
  ERR_X12_GROUP_COUNT: { group: '5' },
  ERR_X12_VERSION: { group: '2', set: '1' },
  // ── Set: AK502 ──
  ERR_X12_SET_UNCLOSED: { set: '2' },
  ERR_X12_SET_CONTROL: { set: '3' },
  ERR_X12_SEGMENT_COUNT: { set: '4' },
  ERR_X12_GROUP_FIT: { set: '6' },
  ERR_X12_SET_SIZE: { set: '1' },
  ERR_X12_VERSION_NEAREST: { set: '1', quiet: true },
  ERR_X12_CROSS_CHECK: { set: '5' },
  ERR_X12_FAULT_LIMIT: nothing,
  // ── Segment: AK304 ──
  ERR_X12_SEGMENT_ID: { segment: '1' },
  ERR_X12_SEGMENT_UNEXPECTED: { segment: '2' },
  ERR_X12_SEGMENT_FORBIDDEN: { segment: '2' },
  ERR_X12_SEGMENT_MISSING: { segment: '3' },
  ERR_X12_SEGMENT_REPEATED: { segment: ({ message }) => (message.includes('loop') ? '4' : '5') },
  ERR_X12_SEGMENT_UNKNOWN: { segment: '6' },
  ERR_X12_SEGMENT_ORDER: { segment: '7' },
  // ── Element: AK403 ──
  ERR_X12_ELEMENT_MISSING: element('1'),
  ERR_X12_ELEMENT_CONDITION: element('2'),
  ERR_X12_ELEMENT_EXTRA: element('3'),
  ERR_X12_ELEMENT_COMPONENTS: element('3'),
  ERR_X12_ELEMENT_FORBIDDEN: element('3'),
  ERR_X12_TRAILING_SEPARATOR: element('3', { quiet: true }),
  ERR_X12_ELEMENT_LENGTH: element(({ message }) => (message.includes('too short') ? '4' : '5')),
  ERR_X12_ELEMENT_NUMBER: element('6'),
  ERR_X12_ELEMENT_DECIMAL: element('6'),
  ERR_X12_ELEMENT_CHARACTER: element('6'),
  ERR_X12_ENCODING: element('6'),
  ERR_X12_ELEMENT_CODE: element('7'),
  ERR_X12_ELEMENT_DATE: element('8'),
  ERR_X12_ELEMENT_TIME: element('9'),
  ERR_X12_ELEMENT_EXCLUSION: element('10'),
  // ── The set as a whole ──
  ERR_X12_HL_NUMBER: contradicts,
  ERR_X12_HL_ORPHAN: contradicts,
  ERR_X12_HL_ZERO: contradicts,
  ERR_X12_HL_CYCLE: contradicts,
  ERR_X12_HL_DEPTH: contradicts,
  ERR_X12_HL_LEVEL: contradicts,
  ERR_X12_HL_CHILD: contradicts,
  ERR_X12_LINE_COUNT: contradicts,
  ERR_X12_HASH_TOTAL: contradicts,
  ERR_X12_FOOTING: contradicts,
  ERR_X12_SSCC: contradicts,
  ERR_X12_SSCC_REPEATED: contradicts,
  ERR_X12_ACK_DISAGREES: contradicts,
};

const isX12Code = (code: string): code is X12Code => Object.hasOwn(TOLD, code);

/** What is told of this fault; empty when nothing is. */
export function toldOf({ code, severity }: Problem): Told {
  if (!isX12Code(code)) return nothing;
  const told = TOLD[code];
  return told.quiet && severity === 'warning' ? nothing : told;
}

export const codeOf = (code: CodeOf, fault: Problem): string => (typeof code === 'string' ? code : code(fault));
