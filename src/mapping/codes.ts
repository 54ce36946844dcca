/** Tables of codes: how a file writes them, and whether their values fit the fields that use them. */
import type { Json } from '../core/canonical.ts';
import { formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { CodeEntry, MappingFile } from './mapping-file.ts';
import { type Alternative, faultAt, type Rule } from './rule-syntax.ts';
import { COUNTRY } from './tables/country.ts';
import { CURRENCY } from './tables/currency.ts';
import { UOM } from './tables/uom.ts';
import { misfitOf, type TargetFields } from './target-fields.ts';

export type CodeTable = ReadonlyMap<string, CodeEntry>;
export type CodeTables = ReadonlyMap<string, CodeTable>;

const builtIn = (name: string, table: Readonly<Record<string, string>>): CodeTable =>
  new Map(Object.entries(table).map(([code, value]) => [code, { value, at: `built-in codes.${name}` }]));

/** Tables that every mapping has and may add to. */
export const BUILT_IN_TABLES: CodeTables = new Map(
  Object.entries({ uom: UOM, currency: CURRENCY, country: COUNTRY }).map(([name, table]) => [name, builtIn(name, table)]),
);

/** The tables of one file alone. A code such as 00 must stand in quotes: YAML would read a number. */
export function readCodes(mapping: MappingFile, report: (problem: Problem) => void): CodeTables {
  const { yaml } = mapping;
  const tables = new Map<string, CodeTable>();
  const written = (yaml.value as { codes?: Record<string, Record<string, unknown>> }).codes ?? {};
  const lines = yaml.text.split('\n');
  for (const [name, table] of Object.entries(written)) {
    const entries = new Map<string, CodeEntry>();
    for (const [code, value] of Object.entries(table)) {
      const path = ['codes', name, code];
      const place = yaml.placeOf(path, 'key');
      const source = /^[^\s:,{}]*/.exec(lines[place.line - 1]?.slice(place.column - 1) ?? '')?.[0] ?? '';
      if (/^[-+.\d]/.test(source) && source !== code)
        report({
          ...faultAt(yaml, path, 'ERR_MAPPING_VALUE', `codes.${name}: expected the code in quotes, found the number ${source}`, 'key'),
          hint: `write "${source}"`,
        });
      if (value === null)
        report({
          ...faultAt(yaml, path, 'ERR_MAPPING_VALUE', `codes.${name}: expected a value for "${code}", found nothing`, 'key'),
          expected: 'a value',
        });
      else entries.set(code, { value: value as Json, place, at: formatPlace(place) });
    }
    tables.set(name, entries);
  }
  return tables;
}

/** Codes that a rule's target cannot take. */
export function checkCodes(rule: Rule, tables: CodeTables, fields: TargetFields, report: (problem: Problem) => void): void {
  for (const alternative of rule.alternatives) {
    if (alternative.codes === undefined) continue;
    for (const [code, entry] of tables.get(alternative.codes) ?? []) {
      const { place } = entry;
      if (place === undefined) continue;
      const refuse = (what: string, expected: string, found: unknown, hint?: string): void =>
        report({
          code: 'ERR_MAPPING_VALUE',
          severity: 'error',
          message: `codes.${alternative.codes}.${code}: expected ${expected} for ${what}, found ${JSON.stringify(found)}`,
          at: place,
          expected,
          found: JSON.stringify(found),
          hint,
        });
      if (rule.target.kind !== 'object') {
        const misfit = misfitOf(rule.target, entry.value);
        if (misfit !== undefined) refuse(rule.target.path, misfit.expected, entry.value, misfit.hint);
        continue;
      }
      for (const part of partsOf(entry.value)) {
        if (part === undefined) refuse(rule.target.path, 'an object of fields or a list of them', entry.value);
        else
          for (const [key, value] of Object.entries(part)) {
            const isList = Array.isArray(value);
            const path = `${rule.target.path}.${key}${isList ? '[]' : ''}`;
            const field = fields.find(path);
            if (field === undefined || field.kind === 'object') {
              const near = fields.suggest(path);
              refuse(path, 'a field of the document', key, near === undefined ? undefined : `did you mean "${near.split('.').at(-1)}"?`);
            } else
              for (const one of isList ? value : [value]) {
                const misfit = misfitOf(field, one);
                if (misfit !== undefined) refuse(path, misfit.expected, one, misfit.hint);
              }
          }
      }
    }
  }
}

type Part = Readonly<Record<string, Json>>;

/** The objects that a code of a list of objects stands for; undefined for what is no object. */
export function partsOf(value: Json): (Part | undefined)[] {
  const list = (Array.isArray(value) ? value : [value]) as readonly Json[];
  return list.map((one) => (typeof one === 'object' && one !== null && !Array.isArray(one) ? (one as Part) : undefined));
}

/** The table that translates what a rule reads: of codes, or of answers to look up. */
export const tableOf = (
  { codes, lookup }: Pick<Alternative, 'codes' | 'lookup'>,
  tables: { readonly codes: CodeTables; readonly lookups: CodeTables },
): CodeTable | undefined => (codes !== undefined ? tables.codes.get(codes) : lookup === undefined ? undefined : tables.lookups.get(lookup));

/** The table by which units are translated, those that a guide fixes too. */
const UNITS = 'uom';

export const unitOf = ({ unit }: Pick<Alternative, 'unit'>, codes: CodeTables): Json | undefined =>
  unit === undefined ? undefined : codes.get(UNITS)?.get(unit)?.value;

/** The tables of codes that a rule uses. */
export const codesUsedBy = ({ alternatives }: Rule): string[] =>
  alternatives.flatMap(({ codes, unit }) => [...(codes === undefined ? [] : [codes]), ...(unit === undefined ? [] : [UNITS])]);

/** A unit that the guide fixes must be one that would be understood if it were sent. */
export function checkUnits(rule: Rule, codes: CodeTables, report: (problem: Problem) => void): void {
  for (const { unit, place } of rule.alternatives) {
    if (unit === undefined || codes.get(UNITS)?.has(unit) === true) continue;
    const near = suggest(unit, [...(codes.get(UNITS)?.keys() ?? [])]);
    report({
      code: 'ERR_MAPPING_VALUE',
      severity: 'error',
      message: `${rule.target.path}: expected an X12 unit of codes.uom, found "${unit}"`,
      at: place,
      expected: 'an X12 unit of codes.uom',
      found: unit,
      hint: `${near === undefined ? '' : `did you mean "${near}"? Else `}add it: codes: { uom: { ${unit}: … } }; a unit of UN/ECE Rec 20 itself is a const`,
    });
  }
}
