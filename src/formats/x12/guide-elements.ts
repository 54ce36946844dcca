/** Changes elements as a guide says: required, not used, other lengths, fewer or more codes. */
import { RELEASES } from './definitions.ts';
import type { SegmentLines } from './read-segments.ts';
import { allowCodes, type Dictionary, dictionaryOf, type SegmentTable } from './segment-table.ts';

export interface ElementRule {
  readonly use?: 'required' | 'optional' | 'forbidden';
  readonly length?: string;
  readonly codes?: readonly string[];
  readonly alsoCodes?: Readonly<Record<string, string>>;
}

const split = (name: string): { id: string; element: number } => ({ id: name.slice(0, -2), element: Number(name.slice(-2)) });

/** What is wrong with a rule; undefined: nothing. */
export function wrongElement(name: string, rule: ElementRule, own: readonly SegmentLines[]): string | undefined {
  const { id, element } = split(name);
  const size = own.find((lines) => lines.id === id)?.elements.length ?? dictionaryOf(RELEASES[RELEASES.length - 1] ?? '').get(id)?.size;
  if (size === undefined) return `expected a segment that Quayside or this guide defines, found ${id}`;
  if (element < 1 || element > size) return `expected an element of ${id} from 01 to ${size}, found ${name}`;
  if (rule.codes !== undefined && rule.alsoCodes !== undefined) return 'expected codes or alsoCodes, found both';
  const [least = 0, most = least] = (rule.length ?? '0').split('-').map(Number);
  return least > most ? `expected a length from the least to the most, found ${rule.length}` : undefined;
}

export function changeElements(dictionary: Dictionary, rules: Readonly<Record<string, ElementRule>>): Dictionary {
  const changed = new Map(dictionary);
  for (const [name, rule] of Object.entries(rules)) {
    const { id, element } = split(name);
    const table = changed.get(id);
    // An element that this release does not have yet.
    if (table === undefined || element > table.size) continue;
    changed.set(id, changeElement(table, element - 1, rule));
  }
  return changed;
}

function changeElement(table: SegmentTable, index: number, { use, length, codes, alsoCodes }: ElementRule): SegmentTable {
  const bit = 1 << index;
  const [least, most = least] = length?.split('-').map(Number) ?? [];
  const meanings = [...table.meanings];
  const allowed = [...table.allowed];
  if (codes !== undefined) allowed[index] = allowCodes(codes);
  if (alsoCodes !== undefined) {
    meanings[index] = { ...meanings[index], ...alsoCodes };
    const listed = allowed[index];
    if (listed !== undefined) allowed[index] = allowCodes([...listed.words, ...Object.keys(alsoCodes)]);
  }
  return {
    ...table,
    mandatory: use === undefined ? table.mandatory : use === 'required' ? table.mandatory | bit : table.mandatory & ~bit,
    forbidden: use === 'forbidden' ? table.forbidden | bit : table.forbidden,
    least: least === undefined ? table.least : table.least.with(index, least),
    most: most === undefined ? table.most : table.most.with(index, most),
    allowed,
    meanings,
  };
}
