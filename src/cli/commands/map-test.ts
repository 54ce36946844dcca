/** `quayside map test`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { GatewayError } from '../../core/errors/errors.ts';
import { hasErrors } from '../../core/problem.ts';
import type { CompiledMapping } from '../../mapping/compiled-mapping.ts';
import { type GoldenCase, isPartial, outFileOf, textOf } from '../../mapping/golden-case.ts';
import type { Catalog } from '../../pipeline/catalog.ts';
import type { Application } from '../application.ts';
import { chooseGoldens, readGolden, runGolden } from '../goldens.ts';
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
  for (const { mapping, cases } of chooseGoldens(app, catalog, wanted)) {
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

interface Result {
  readonly state: 'passed' | 'failed' | 'updated';
  readonly differences: readonly string[];
}

async function runCase(app: Application, catalog: Catalog, mapping: CompiledMapping, golden: GoldenCase, update: boolean): Promise<Result> {
  const { outcome, differences } = runGolden(mapping, golden, await readGolden(app, catalog, mapping, golden));
  if (differences.length === 0) return { state: 'passed', differences };
  if (outcome === undefined || !update || isPartial(golden)) return { state: 'failed', differences };
  const file = outFileOf(golden);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== textOf(outcome)) writeFileSync(file, textOf(outcome));
  return { state: 'updated', differences };
}
