/** Changes the parts of a set as a guide says: finds a part by its path, makes one for a qualifier, adds one. */
import { lineOf, type PartLines, type PartWords, readPart, writePart } from './grammar.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface EditablePart {
  words: Mutable<PartWords>;
  /** What is inside, when this is the trigger of a loop. */
  parts: EditablePart[] | undefined;
}

/** Says what of a guide cannot be followed. */
export class GuideFault extends Error {}

export const editable = (lines: readonly PartLines[]): EditablePart[] =>
  lines.map((line) => ({ words: readPart(lineOf(line)), parts: typeof line === 'string' ? undefined : editable(line.parts) }));

export const editedLines = (parts: readonly EditablePart[]): PartLines[] =>
  parts.map(({ words, parts: inner }) => (inner === undefined ? writePart(words) : { loop: writePart(words), parts: editedLines(inner) }));

/** `HL(S)/REF(BM)`: where no part has these qualifiers yet, one is made beside the part that has none, with all that is inside. */
export function partAt(parts: EditablePart[], path: string): EditablePart {
  let inside: EditablePart[] | undefined = parts;
  let found: EditablePart | undefined;
  for (const step of path.split('/')) {
    if (inside === undefined) throw new GuideFault(`${found?.words.id} is not a loop, so it has no ${step}`);
    found = findOrMake(inside, step);
    inside = found.parts;
  }
  if (found === undefined) throw new GuideFault(`there is no ${path}`);
  return found;
}

function findOrMake(parts: EditablePart[], step: string): EditablePart {
  const [, id = '', qualifiers] = /^([A-Z0-9]+)(?:\((.+)\))?$/.exec(step) ?? [];
  const wanted = qualifiers?.split('|') ?? [];
  const exact = parts.find(({ words }) => words.id === id && words.qualifiers.join('|') === wanted.join('|'));
  if (exact !== undefined) return exact;
  const at = parts.findIndex(({ words }) => words.id === id && words.qualifiers.length === 0);
  const general = parts[at];
  if (general === undefined)
    throw new GuideFault(`there is no ${step} here: expected one of ${[...new Set(parts.map(({ words }) => words.id))].join(', ')}`);
  const { same } = general.words;
  const special: EditablePart = {
    words: { ...general.words, qualifiers: wanted, mandatory: false },
    parts: general.parts === undefined ? undefined : editable(editedLines(general.parts)),
  };
  general.words.same = true;
  special.words.same = same;
  parts.splice(at, 0, special);
  return special;
}

export function addPart(parts: EditablePart[], line: string, loop: string | undefined, after: string | undefined): void {
  let words: PartWords;
  try {
    words = readPart(line);
  } catch (thrown) {
    throw new GuideFault(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const inside = loop === undefined ? parts : partAt(parts, loop).parts;
  if (inside === undefined) throw new GuideFault(`${loop} is not a loop`);
  const before = after === undefined ? inside.length - 1 : inside.findLastIndex((part) => part.words.id === after);
  if (before < 0 && after !== undefined) throw new GuideFault(`there is no ${after} in ${loop ?? 'the set'}`);
  inside.splice(before + 1, 0, { words: { ...words, same: false }, parts: undefined });
}
