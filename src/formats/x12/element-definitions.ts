/** The element words of sets/elements.ts, compiled once per release. */
import type { Release } from './definitions.ts';
import { SEGMENT_ELEMENTS } from './sets/elements.ts';

export type ElementType = 'AN' | 'ID' | 'DT' | 'TM' | 'R' | 'N' | 'C';

export interface ElementDefinition {
  readonly type: ElementType;
  /** Implied decimals of an N. */
  readonly decimals: number;
  readonly least: number;
  readonly most: number;
  readonly mandatory: boolean;
}

const WORD = /^(!?)(AN|ID|DT|TM|R|N\d|C):?(?:(\d+)(?:-(\d+)(?:\|(\d+))?)?)?$/;
const FIXED: Readonly<Record<string, readonly [number, number]>> = { DT: [8, 8], TM: [4, 8], C: [0, Number.POSITIVE_INFINITY] };

function defineElement(word: string, release: Release): ElementDefinition {
  const [, mark = '', type = '', least = '', most = '', later = ''] = WORD.exec(word) ?? [];
  const [from, to] = FIXED[type] ?? [Number(least), Number((release === '005010' ? later : '') || most || least)];
  const kind = (type.startsWith('N') ? 'N' : type) as ElementType;
  if (word === '' || !Number.isFinite(from)) throw new Error(`not an element: ${word}`);
  return { type: kind, decimals: kind === 'N' ? Number(type.slice(1)) : 0, least: from, most: to, mandatory: mark === '!' };
}

function compile(release: Release): ReadonlyMap<string, readonly ElementDefinition[]> {
  const rows = Object.entries(SEGMENT_ELEMENTS);
  return new Map(rows.map(([id, words]) => [id, words.split(' ').map((word) => defineElement(word, release))]));
}

const compiled = new Map<Release, ReadonlyMap<string, readonly ElementDefinition[]>>();

export function elementsOf(release: Release): ReadonlyMap<string, readonly ElementDefinition[]> {
  const known = compiled.get(release) ?? compile(release);
  compiled.set(release, known);
  return known;
}
