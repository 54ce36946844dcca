/** Which definition a set is read with. */
import { defineSet, type SetDefinition, type SetLines } from './grammar.ts';
import { SET_810 } from './sets/810.ts';
import { SET_855 } from './sets/855.ts';
import { SET_856 } from './sets/856.ts';

/** The releases that the definitions were written for; at this depth the three sets do not differ between them. */
const RELEASES = ['004010', '005010'] as const;
export type Release = (typeof RELEASES)[number];

const LINES: ReadonlyMap<string, SetLines> = new Map([SET_810, SET_855, SET_856].map((lines) => [lines.id, lines]));
const compiled = new Map<string, SetDefinition>();

/** `undefined`: the set is recognised and kept flat. */
export function definitionOf(set: string): SetDefinition | undefined {
  const known = compiled.get(set);
  if (known !== undefined) return known;
  const lines = LINES.get(set);
  if (lines === undefined) return undefined;
  const definition = defineSet(lines);
  compiled.set(set, definition);
  return definition;
}

/** GS08 as `version`: the release whose name it begins with, else the one before it; `undefined` when GS08 names none. */
export function releaseFor(version: string): { readonly release: Release; readonly exact: boolean } | undefined {
  for (const release of RELEASES) if (version.startsWith(release)) return { release, exact: true };
  if (!/^00[1-9]\d{3}/.test(version)) return undefined;
  return { release: version < '005010' ? '004010' : '005010', exact: false };
}
