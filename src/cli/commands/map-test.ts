/** `quayside map test`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';
import { hasErrors } from '../../core/problem.ts';
import { suggest } from '../../core/suggest.ts';
import type { CompiledMapping } from '../../mapping/compiled-mapping.ts';
import {
  differencesIn,
  type GoldenCase,
  type GoldenOutcome,
  goldenCasesOf,
  isPartial,
  mapGolden,
  outFileOf,
  textOf,
} from '../../mapping/golden-case.ts';
import type { Catalog } from '../../pipeline/catalog.ts';
import type { Application } from '../application.ts';
import { openInput } from '../input.ts';
import { parseSource } from '../map-source.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';

interface TestOptions {
  readonly update?: boolean;
  readonly json?: boolean;
}

/** Each case on the effective mapping; those of mappings that extend a chosen one run too. */
export async function test({ terminal, application }: Commands, wanted: readonly string[], options: TestOptions): Promise<number> {
  const app = await application();
  const { catalog, problems } = app.loadCatalog(app.home);
  printProblems(terminal, problems);
  let failed = hasErrors(problems) ? 1 : 0;
  let passed = 0;
  let updated = 0;
  for (const { mapping, cases } of choose(app, catalog, wanted)) {
    // A mapping whose examples do not hold is not loaded: its faults are printed above.
    if (mapping.examples > 0) {
      passed++;
      if (options.json) terminal.out(JSON.stringify({ mapping: mapping.name, case: 'examples', state: 'passed', differences: [] }));
      else terminal.out(`passed ${mapping.name} examples of its rules (${mapping.examples})`);
    }
    for (const golden of cases) {
      const result = await runCase(app, catalog, mapping, golden, options.update === true);
      if (result.state === 'failed') failed++;
      else if (result.state === 'updated') updated++;
      else passed++;
      if (options.json) terminal.out(JSON.stringify({ mapping: mapping.name, case: golden.name, ...result }));
      else terminal.out(`${result.state === 'failed' ? 'FAILED' : result.state} ${mapping.name} ${golden.name}`);
      if (!options.json) for (const line of result.differences) terminal.error(`  ${line}`);
    }
  }
  if (!options.json) terminal.out(`${passed} passed, ${failed} failed${updated > 0 ? `, ${updated} updated` : ''}`);
  if (passed + updated + failed === 0)
    throw new GatewayError('ERR_FILE_REFERENCE', 'there is no test: no golden folder lies beside these mappings', {
      hint: 'put a document into mappings/<partner>/855.tests/<case>/in.edi, then quayside map test --update',
    });
  return failed > 0 ? EXIT.inputAtFault : EXIT.done;
}

interface Chosen {
  readonly mapping: CompiledMapping;
  readonly cases: readonly GoldenCase[];
}

/** A partner's mappings, or those of files and folders; of a single golden folder only that case, on every mapping that has it below. */
function choose(app: Application, catalog: Catalog, wanted: readonly string[]): Chosen[] {
  const all = catalog.mappings.mappings.map((mapping): Chosen => ({ mapping, cases: goldenCasesOf(mapping) }));
  if (wanted.length === 0) return all;
  const chosen = new Map<CompiledMapping, readonly GoldenCase[]>();
  for (const name of wanted) {
    const found = existsSync(name) ? byPath(all, path.resolve(name)) : byPartner(app, catalog, all, name);
    for (const { mapping, cases } of found) chosen.set(mapping, [...new Set([...(chosen.get(mapping) ?? []), ...cases])]);
  }
  return [...chosen].map(([mapping, cases]) => ({ mapping, cases }));
}

function byPartner(app: Application, catalog: Catalog, all: readonly Chosen[], name: string): Chosen[] {
  const partner = catalog.partners.get(name);
  const names = new Set(Object.values(partner?.documents ?? {}).map((one) => one.split('@')[0]));
  const own = all.filter(({ mapping }) => names.has(mapping.name) || mapping.name.startsWith(`${name}/`) || mapping.name === name);
  if (own.length > 0) return own;
  const near = suggest(name, [...catalog.partners.keys(), ...all.map(({ mapping }) => mapping.name)]);
  throw new GatewayError('ERR_FILE_REFERENCE', `expected a partner, a mapping, a file or a folder in ${app.home}, found "${name}"`, {
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
  });
}

function byPath(all: readonly Chosen[], target: string): Chosen[] {
  const within = (location: string | undefined): boolean =>
    location !== undefined && (location === target || location.startsWith(`${target}${path.sep}`));
  const own = all.filter(({ mapping }) => within(path.resolve(mapping.effective.location ?? '')));
  const bases = new Set(own.map(({ mapping }) => `${mapping.name}@${mapping.version.split('.')[0]}`));
  const children = all.filter((one) => !own.includes(one) && one.mapping.effective.bases.some((base) => bases.has(base)));
  const folders = all.flatMap(({ mapping, cases }) => {
    const named = cases.filter(({ folder }) => within(path.resolve(folder)) || target.startsWith(`${path.resolve(folder)}${path.sep}`));
    return named.length === 0 || own.some((one) => one.mapping === mapping) ? [] : [{ mapping, cases: named }];
  });
  return [...own, ...children, ...folders];
}

interface Result {
  readonly state: 'passed' | 'failed' | 'updated';
  readonly differences: readonly string[];
}

async function runCase(app: Application, catalog: Catalog, mapping: CompiledMapping, golden: GoldenCase, update: boolean): Promise<Result> {
  const outcome = await outcomeOf(app, catalog, mapping, golden);
  if (Array.isArray(outcome)) return { state: 'failed', differences: outcome };
  const differences = differencesIn(golden, outcome);
  if (differences.length === 0) return { state: 'passed', differences };
  if (!update || isPartial(golden)) return { state: 'failed', differences };
  const file = outFileOf(golden);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== textOf(outcome)) writeFileSync(file, textOf(outcome));
  return { state: 'updated', differences };
}

async function outcomeOf(app: Application, catalog: Catalog, mapping: CompiledMapping, { input }: GoldenCase): Promise<GoldenOutcome | string[]> {
  if (input === undefined) return ['there is no document: expected a file such as in.edi'];
  const partner = [...catalog.partners.values()].find(({ documents }) =>
    Object.values(documents).some((name) => name.split('@')[0] === mapping.name),
  );
  const opened = await openInput(input);
  try {
    const { documents, faults } = await parseSource(app.extensions.formats, opened.source, input, partner?.encoding);
    const outcome = mapGolden(mapping, documents, faults);
    return outcome.documents.length + outcome.problems.length === 0 ? ['it gave neither a document nor a problem'] : outcome;
  } finally {
    await opened.close();
  }
}
