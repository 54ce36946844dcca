/**
 * What is checked of a segment, as flat arrays by element position: the checks run for every element of every message.
 *
 * Compiled once for each release (and partner guide), at first use.
 */
import { CODE_LISTS, type CodeList } from './code-lists.ts';
import { type ElementLine, readSegments, type SegmentLines } from './read-segments.ts';
import { COMMON_SEGMENTS } from './segments/common.ts';
import { ENVELOPE_SEGMENTS } from './segments/envelope.ts';
import { INVOICE_SEGMENTS } from './segments/invoice.ts';
import { ORDER_SEGMENTS } from './segments/order.ts';
import { SHIPMENT_SEGMENTS } from './segments/shipment.ts';

export const KIND = { AN: 0, ID: 1, DT: 2, TM: 3, R: 4, N: 5, C: 6 } as const;

export interface Condition {
  /** `P0203`. */
  readonly text: string;
  readonly kind: string;
  readonly elements: readonly number[];
  /** Bit n: element n + 1. */
  readonly mask: number;
  readonly first: number;
}

export interface SegmentTable {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly names: readonly string[];
  readonly kinds: Uint8Array;
  readonly least: Int32Array;
  readonly most: Int32Array;
  readonly decimals: Uint8Array;
  /** Bit n: element n + 1. */
  readonly mandatory: number;
  readonly forbidden: number;
  /** Which codes there may be; by packed code where it is short enough (`packCode`). */
  readonly allowed: readonly (AllowedCodes | undefined)[];
  /** What codes mean. */
  readonly meanings: readonly (CodeList | undefined)[];
  readonly conditions: readonly Condition[];
}

export interface AllowedCodes {
  readonly packed: ReadonlySet<number>;
  readonly words: ReadonlySet<string>;
}

export type Dictionary = ReadonlyMap<string, SegmentTable>;

/** Elements beyond are not looked at: no segment of ours has more. */
const MOST_ELEMENTS = 31;
/** A length that a guide or the standard leaves open. */
const UNBOUNDED = 2 ** 30;

const STANDARD_SEGMENTS: readonly SegmentLines[] = [
  ...readSegments(ENVELOPE_SEGMENTS),
  ...readSegments(COMMON_SEGMENTS),
  ...readSegments(ORDER_SEGMENTS),
  ...readSegments(SHIPMENT_SEGMENTS),
  ...readSegments(INVOICE_SEGMENTS),
];

/** Up to four ASCII characters as one number, so that a code is looked up without making a string of it. */
export function packCode(text: string, from: number, to: number): number {
  let packed = 0;
  for (let i = from; i < to; i++) packed = (packed << 7) | text.charCodeAt(i);
  return packed;
}

export function allowCodes(codes: Iterable<string>): AllowedCodes {
  const words = new Set(codes);
  return { words, packed: new Set([...words].filter((code) => code.length <= 4).map((code) => packCode(code, 0, code.length))) };
}

function mostOf({ type, most }: ElementLine, release: string): number {
  const [, size = 0] = most.filter(([from]) => from <= release).at(-1) ?? [];
  if (type === 'DT' && size === 0) return 8;
  return size === 0 ? UNBOUNDED : size;
}

/** A date is CCYYMMDD from 004010 on and YYMMDD before; senders of either century wrote both before. */
const leastOf = ({ type, least }: ElementLine, release: string): number => (type === 'DT' && least === 0 ? (release < '004010' ? 6 : 8) : least);

const bits = (flags: readonly boolean[]): number => flags.reduce((mask, on, index) => (on ? mask | (1 << index) : mask), 0);

export function compileSegment({ id, name, elements: all, conditions }: SegmentLines, release: string): SegmentTable {
  const elements = all.filter(({ since }) => since <= release).slice(0, MOST_ELEMENTS);
  return {
    id,
    name,
    size: elements.length,
    names: elements.map((element) => element.name),
    kinds: Uint8Array.from(elements, ({ type }) => KIND[type]),
    least: Int32Array.from(elements, (element) => leastOf(element, release)),
    most: Int32Array.from(elements, (element) => mostOf(element, release)),
    decimals: Uint8Array.from(elements, ({ decimals }) => decimals),
    mandatory: bits(elements.map(({ mandatory }) => mandatory)),
    forbidden: 0,
    allowed: elements.map(({ list, checked }) => (list !== undefined && checked ? allowCodes(Object.keys(CODE_LISTS[list] ?? {})) : undefined)),
    meanings: elements.map(({ list }) => (list === undefined ? undefined : CODE_LISTS[list])),
    conditions: conditions.map(compileCondition),
  };
}

function compileCondition(text: string): Condition {
  const elements = [...text.matchAll(/\d\d/g)].map(([digits]) => Number(digits));
  const mask = elements.reduce((all, element) => all | (1 << (element - 1)), 0);
  return { text, kind: text.charAt(0), elements, mask, first: 1 << ((elements[0] ?? 1) - 1) };
}

const compiled = new Map<string, Dictionary>();

export function dictionaryOf(release: string): Dictionary {
  const known = compiled.get(release) ?? new Map(STANDARD_SEGMENTS.map((lines) => [lines.id, compileSegment(lines, release)]));
  compiled.set(release, known);
  return known;
}
