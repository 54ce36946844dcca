/**
 * What a mapping needs besides the document (`needs:`): tables of the buyer's own, such as his item numbers by the supplier's.
 *
 * A table lies beside the mapping, in git, and is part of its hash: the same document mapped under the same hash gives the same answers,
 * and each answer stands in the lineage of its value.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256Hex } from '../core/identity.ts';
import { formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { CodeTable, CodeTables } from './codes.ts';
import type { MappingFile } from './mapping-file.ts';
import { faultAt, type Rule } from './rule-syntax.ts';
import { parseTable, type TableFile } from './table-file.ts';
import { misfitOf } from './target-fields.ts';

export type NeededTables = ReadonlyMap<string, TableFile>;
type Report = (problem: Problem) => void;

/** The tables of the base, and those of the file over them. */
export function readNeeds(file: MappingFile, inherited: NeededTables, report: Report): NeededTables {
  const tables = new Map(inherited);
  const { needs = {} } = file.yaml.value as { needs?: Readonly<Record<string, { file?: string; url?: string }>> };
  for (const [name, need] of Object.entries(needs)) {
    const path = ['needs', name];
    if (need.file === undefined) {
      const message = `needs.${name}: expected a file beside the mapping, found ${need.url === undefined ? 'none' : 'an address'}`;
      const hint = 'save its answers as a CSV file beside the mapping: a lookup over HTTP would make an old document mean something new';
      report({ ...faultAt(file.yaml, path, need.url === undefined ? 'ERR_FILE_SCHEMA' : 'ERR_MAPPING_UNSUPPORTED', message), hint });
      continue;
    }
    const text = file.beside?.(need.file);
    if (text === undefined) {
      report({
        ...faultAt(file.yaml, [...path, 'file'], 'ERR_FILE_REFERENCE', `needs.${name}: there is no file "${need.file}" beside the mapping`),
        found: need.file,
      });
      continue;
    }
    const folder = file.file.slice(0, file.file.lastIndexOf('/') + 1);
    const { table, problems } = parseTable(`${folder}${need.file}`, text);
    for (const problem of problems) report(problem);
    if (table !== undefined) tables.set(name, table);
  }
  return tables;
}

/** The columns that rules look up, each as a table of codes: `skus.buyerSku`. Faults of names, and of values that do not fit their fields. */
export function lookupsOf(file: MappingFile, rules: ReadonlyMap<string, Rule>, tables: NeededTables, report: Report): CodeTables {
  const lookups = new Map<string, CodeTable>();
  const used = new Set<string>();
  for (const rule of rules.values())
    for (const { lookup, place } of rule.alternatives) {
      if (lookup === undefined) continue;
      const [name = '', column = ''] = splitLookup(lookup);
      used.add(name);
      const table = tables.get(name);
      const names = table === undefined ? [...tables.keys()].map((one) => `${one}.${column}`) : table.columns.slice(1).map((one) => `${name}.${one}`);
      if (table === undefined || !names.includes(lookup)) {
        const near = suggest(lookup, names);
        report({
          code: 'ERR_FILE_REFERENCE',
          severity: 'error',
          message: `${rule.target.path}: ${table === undefined ? `needs has no table "${name}"` : `${table.file} has no column "${column}"`}`,
          at: place,
          expected: names.join(', '),
          found: lookup,
          hint: near === undefined ? 'write table.column, and the table under needs: { table: { file: … } }' : `did you mean "${near}"?`,
        });
        continue;
      }
      const answers = lookups.get(lookup) ?? columnOf(table, column);
      lookups.set(lookup, answers);
      checkAnswers(rule, answers, report);
    }
  for (const name of Object.keys((file.yaml.value as { needs?: object }).needs ?? {}))
    if (!used.has(name))
      report({ ...faultAt(file.yaml, ['needs', name], 'ERR_MAPPING_REDUNDANT', `no rule looks up in needs.${name}`, 'key'), found: name });
  return lookups;
}

const splitLookup = (lookup: string): [string, string] => [lookup.split('.')[0] ?? '', lookup.slice(lookup.indexOf('.') + 1)];

/** An empty cell is no answer: the key is as good as missing. */
function columnOf({ columns, rows }: TableFile, column: string): CodeTable {
  const index = columns.indexOf(column);
  const answers = [...rows].flatMap(([key, row]) => {
    const cell = row[index];
    return cell === undefined || cell.text.trim() === ''
      ? []
      : [[key, { value: cell.text, place: cell.place, at: formatPlace(cell.place) }] as const];
  });
  return new Map(answers);
}

function checkAnswers(rule: Rule, answers: CodeTable, report: Report): void {
  for (const { value, place } of answers.values()) {
    const misfit = misfitOf(rule.target, value);
    if (misfit === undefined) continue;
    const { expected, hint } = misfit;
    const message = `${rule.target.path}: expected ${expected}, found "${String(value)}"`;
    report({ code: 'ERR_MAPPING_VALUE', severity: 'error', message, at: place, expected, found: String(value), hint });
  }
}

/** Of the answers that rules can get. */
export const hashOfLookups = (lookups: CodeTables): Record<string, string> =>
  Object.fromEntries([...lookups].map(([name, answers]) => [name, sha256Hex(canonicalJson([...answers].map(([key, { value }]) => [key, value])))]));
