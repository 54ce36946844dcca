/** Which definitions a set is read with: by its release, and with what the partner's guide changes. */

import { defineSet, type SetDefinition, type SetLines } from './grammar.ts';
import type { CompiledGuide } from './guide.ts';
import { type Dictionary, dictionaryOf } from './segment-table.ts';
import { SET_810 } from './sets/810.ts';
import { SET_824 } from './sets/824.ts';
import { SET_846 } from './sets/846.ts';
import { SET_850 } from './sets/850.ts';
import { SET_855 } from './sets/855.ts';
import { SET_856 } from './sets/856.ts';
import { SET_860 } from './sets/860.ts';
import { SET_861 } from './sets/861.ts';
import { SET_865 } from './sets/865.ts';
import { SET_997 } from './sets/997.ts';
import { SET_999 } from './sets/999.ts';

export const RELEASES = [
  '003040',
  '003050',
  '003060',
  '003070',
  '004010',
  '004020',
  '004030',
  '004040',
  '004050',
  '004060',
  '005010',
  '005020',
  '005030',
  '005040',
  '005050',
  '006010',
] as const;
export type Release = (typeof RELEASES)[number];

const SETS = [SET_810, SET_824, SET_846, SET_850, SET_855, SET_856, SET_860, SET_861, SET_865, SET_997, SET_999];
const LINES: ReadonlyMap<string, SetLines> = new Map(SETS.map((lines) => [lines.id, lines]));

export const setLines = (set: string): SetLines | undefined => LINES.get(set);
/** `855 Purchase Order Acknowledgment`, as far as it is known. */
export const setName = (set: string): string | undefined => LINES.get(set)?.name;

export interface Definitions {
  readonly set: SetDefinition;
  readonly segments: Dictionary;
}

const compiled = new Map<string, Definitions>();
const compiledByGuide = new WeakMap<CompiledGuide, Map<string, Definitions>>();

/** `undefined`: the set is not known and kept flat. */
export function definitionsOf(set: string, release: Release, guide?: CompiledGuide): Definitions | undefined {
  const lines = LINES.get(set);
  if (lines === undefined) return undefined;
  const changed = guide?.sets.get(set);
  const known = guide === undefined || changed === undefined ? compiled : (compiledByGuide.get(guide) ?? new Map<string, Definitions>());
  if (guide !== undefined && changed !== undefined) compiledByGuide.set(guide, known);
  const key = `${set} ${release}`;
  const definitions = known.get(key) ?? {
    set: defineSet(changed?.lines ?? lines, release),
    segments: changed?.dictionary(dictionaryOf(release), release) ?? dictionaryOf(release),
  };
  known.set(key, definitions);
  return definitions;
}

/** GS08 as `version`: the release whose name it begins with, else the one before it; `undefined` when GS08 names none. */
export function releaseFor(version: string): { readonly release: Release; readonly exact: boolean } | undefined {
  for (const release of RELEASES) if (version.startsWith(release)) return { release, exact: true };
  if (!/^00[1-9]\d{3}/.test(version)) return undefined;
  const before = RELEASES.filter((release) => release <= version.slice(0, 6)).at(-1);
  return { release: before ?? '003040', exact: false };
}
