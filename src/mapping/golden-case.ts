/**
 * Golden folders beside a mapping: `855.tests/<case>/in.edi` with `out.json` (all of it) or `case.yaml` (some of it).
 *
 * They run on the effective mapping, so that a changed base is tested by all that extend it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import type { Json, JsonObject } from '../core/canonical.ts';
import type { ParsedDocument } from '../core/contracts.ts';
import { formatProblem, type Problem } from '../core/problem.ts';
import { readYamlFile } from '../core/read-yaml-file.ts';
import { compileSchema, problemsIn } from '../core/schema-check.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { mapDocument } from './map-document.ts';

export interface GoldenCase {
  readonly name: string;
  readonly folder: string;
  /** Where its document lies; undefined: there is none. */
  readonly input: string | undefined;
}

/** What a mapping made of a case; `out.json` holds just this. */
export interface GoldenOutcome {
  readonly documents: readonly JsonObject[];
  readonly problems: readonly string[];
}

export function goldenCasesOf(mapping: CompiledMapping): GoldenCase[] {
  const root = mapping.effective.location?.replace(/\.yaml$/, '.tests');
  if (root === undefined || !existsSync(root)) return [];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }): GoldenCase => {
      const folder = join(root, name);
      const input = readdirSync(folder).find((file) => file.startsWith('in.'));
      return { name, folder, input: input === undefined ? undefined : join(folder, input) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A document that the gateway would reject gives none; what the mapping makes of it is said all the same. */
export function mapGolden(mapping: CompiledMapping, documents: readonly ParsedDocument[], faults: readonly Problem[]): GoldenOutcome {
  const mapped = documents.map((document) => {
    const made = mapDocument(mapping, document);
    return document.verdict === 'rejected' ? { documents: [], problems: [...document.faults, ...made.problems] } : made;
  });
  return {
    documents: mapped.flatMap((one) => one.documents.map((document) => document.body)),
    problems: [...faults, ...mapped.flatMap((one) => one.problems)].map(formatProblem),
  };
}

const outFile = (folder: string): string => join(folder, 'out.json');
const caseFile = (folder: string): string => join(folder, 'case.yaml');

export const isPartial = ({ folder }: GoldenCase): boolean => existsSync(caseFile(folder));
export const outFileOf = ({ folder }: GoldenCase): string => outFile(folder);
export const textOf = (outcome: GoldenOutcome): string => `${JSON.stringify(outcome, null, 2)}\n`;

/** What differs, a line each; none: the case passes. */
export function differencesIn({ folder, name }: GoldenCase, outcome: GoldenOutcome): string[] {
  if (existsSync(caseFile(folder))) return differencesFromCase(readCase(folder, name), outcome);
  if (!existsSync(outFile(folder))) return ['there is neither out.json nor case.yaml: quayside map test --update writes out.json'];
  let expected: Json;
  try {
    expected = JSON.parse(readFileSync(outFile(folder), 'utf8')) as Json;
  } catch (thrown) {
    return [`out.json is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
  }
  return compareLeaves(leavesOf(expected, ''), leavesOf(outcome as unknown as Json, ''));
}

const VALUES = Type.Record(Type.String(), Type.Unknown());
const CASE_SCHEMA = Type.Object(
  {
    note: Type.Optional(Type.String()),
    expect: Type.Optional(VALUES),
    absent: Type.Optional(Type.Array(Type.String())),
    documents: Type.Optional(Type.Integer({ minimum: 0 })),
    problems: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  },
  { additionalProperties: false },
);
const checkCase = compileSchema(CASE_SCHEMA);

interface PartialCase {
  readonly expect?: Readonly<Record<string, unknown>>;
  readonly absent?: readonly string[];
  readonly documents?: number;
  readonly problems?: readonly string[];
}

function readCase(folder: string, name: string): PartialCase | string[] {
  const { file, problems } = readYamlFile(caseFile(folder), `${name}/case.yaml`);
  const faults = file === undefined ? problems : problemsIn(file, checkCase(file.value));
  return file === undefined || faults.length > 0 ? faults.map(formatProblem) : (file.value as PartialCase);
}

/** Paths are of the first document; `2:lines[0].ref` is of the second. Every problem must be expected, and every expected one must be there. */
function differencesFromCase(expected: PartialCase | string[], outcome: GoldenOutcome): string[] {
  if (Array.isArray(expected)) return expected;
  const { expect = {}, absent = [], documents, problems = [] } = expected as PartialCase;
  const leaves = outcome.documents.map((body) => new Map(leavesOf(body, '')));
  const find = (path: string): Json | undefined => {
    const [, nth = '1', rest = path] = /^(\d+):(.*)$/.exec(path) ?? [];
    return leaves[Number(nth) - 1]?.get(rest);
  };
  const differences: string[] = [];
  if (documents !== undefined && documents !== outcome.documents.length)
    differences.push(`documents: expected ${documents}, found ${outcome.documents.length}`);
  for (const [path, value] of Object.entries(expect)) {
    const found = find(path);
    if (found !== value) differences.push(differs(path, value, found));
  }
  const paths = leaves.flatMap((one, index) => [...one.keys()].map((path) => (index === 0 ? path : `${index + 1}:${path}`)));
  for (const path of absent) {
    const there = paths.find((one) => one === path || one.startsWith(`${path}.`) || one.startsWith(`${path}[`));
    if (there !== undefined) differences.push(differs(path, undefined, find(there)));
  }
  const open = [...problems];
  for (const line of outcome.problems) {
    const index = open.findIndex((wanted) => wanted.split(/\s+/).every((word) => line.includes(word)));
    if (index < 0) differences.push(`unexpected problem: ${line}`);
    else open.splice(index, 1);
  }
  return [...differences, ...open.map((wanted) => `expected a problem "${wanted}", found none`)];
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
const differs = (path: string, expected: unknown, found: unknown): string => `${path}: expected ${shown(expected)}, found ${shown(found)}`;

function compareLeaves(expected: readonly [string, Json][], found: readonly [string, Json][]): string[] {
  const [left, right] = [new Map(expected), new Map(found)];
  return [
    ...expected.filter(([path, value]) => right.get(path) !== value).map(([path, value]) => differs(path, value, right.get(path))),
    ...found.filter(([path]) => !left.has(path)).map(([path, value]) => differs(path, undefined, value)),
  ];
}

/** Every plain value with its path: `lines[0].ref.lineNumber`. An empty list is one too, as its presence can be wrong. */
export function leavesOf(value: Json, path: string): [string, Json][] {
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return items.length === 0 ? [[path, '[]']] : items.flatMap((item, index) => leavesOf(item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value as JsonObject).flatMap(([key, item]) => leavesOf(item, path === '' ? key : `${path}.${key}`));
}
