/** `quayside map mutate`. */
import { GatewayError } from '../../core/errors/errors.ts';
import { hasErrors } from '../../core/problem.ts';
import { type CompiledMapping, compileMapping } from '../../mapping/compiled-mapping.ts';
import type { EffectiveMapping } from '../../mapping/effective.ts';
import { differencesIn, type GoldenCase, goldenCasesOf, isPartial, mapGolden } from '../../mapping/golden-case.ts';
import { type Mutant, mutantsOf } from '../../mapping/mutants.ts';
import type { Catalog } from '../../pipeline/catalog.ts';
import type { Application } from '../application.ts';
import { chooseMappings, readGolden, runGolden } from '../goldens.ts';
import type { ParsedSource } from '../map-source.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';

/** Each document is read once; each mutant is compiled once for every mapping that it changes, until a test notices it. */
export async function mutate({ terminal, application }: Commands, wanted: readonly string[], { json }: { json?: boolean }): Promise<number> {
  const app = await application();
  const { catalog, problems } = app.loadCatalog(app.home);
  printProblems(terminal, problems);
  if (hasErrors(problems)) throw new GatewayError('ERR_CONFIG_FILES', 'expected files without faults', { hint: 'run: quayside lint' });
  const chosen = chooseMappings(app, catalog, wanted);
  const suite = await openSuite(app, catalog);
  let [mutants, survived] = [0, 0];
  for (const mapping of chosen) {
    const { bases, major, name, file } = mapping.effective;
    const tested = [mapping, ...catalog.mappings.mappings.filter((one) => one.effective.bases.includes(`${name}@${major}`))];
    if (!tested.some((one) => suite.has(one))) terminal.error(`${file}: no test runs it, so none can notice anything`);
    for (const mutant of mutantsOf(mapping.effective, catalog.mappings.find(bases[0] ?? '')?.effective)) {
      mutants++;
      if (tested.some((one) => notices(suite.get(one) ?? [], one, mutant))) continue;
      survived++;
      const { at, target, dropped } = mutant;
      terminal.out(json ? JSON.stringify({ mapping: name, at, target, dropped }) : `survived ${at} ${target}: without ${dropped}`);
    }
  }
  if (json) terminal.out(JSON.stringify({ mappings: chosen.length, mutants, noticed: mutants - survived, survived }));
  else terminal.out(`${mutants} mutants of ${chosen.length} mappings, ${mutants - survived} noticed, ${survived} survived`);
  return survived === 0 ? EXIT.done : EXIT.inputAtFault;
}

interface ReadCase {
  readonly golden: GoldenCase;
  readonly source: ParsedSource;
  /** What the mapping makes of it as it is. */
  readonly outcome: string;
}

/** The tests of every mapping. Throws where one fails already: it would notice everything. */
async function openSuite(app: Application, catalog: Catalog): Promise<ReadonlyMap<CompiledMapping, readonly ReadCase[]>> {
  const suite = new Map<CompiledMapping, ReadCase[]>();
  for (const mapping of catalog.mappings.mappings) {
    const cases: ReadCase[] = [];
    for (const golden of goldenCasesOf(mapping)) {
      const source = await readGolden(app, catalog, mapping, golden);
      const { outcome, differences } = runGolden(mapping, golden, source);
      if (typeof source === 'string' || differences.length > 0)
        throw new GatewayError('ERR_FILE_REFERENCE', `expected tests that pass, found ${mapping.name} ${golden.name} failing`, {
          hint: `quayside map test ${mapping.name}`,
        });
      cases.push({ golden, source, outcome: JSON.stringify(outcome) });
    }
    if (cases.length > 0) suite.set(mapping, cases);
  }
  return suite;
}

/** A mutant that would not load is noticed by lint. */
function notices(cases: readonly ReadCase[], mapping: CompiledMapping, mutant: Mutant): boolean {
  const mutated: EffectiveMapping | undefined = cases.length === 0 ? undefined : mutant.applyTo(mapping.effective);
  if (mutated === undefined) return false;
  let loads = true;
  const compiled = compileMapping(mutated, ({ severity }) => {
    loads &&= severity !== 'error';
  });
  if (!loads) return true;
  return cases.some(({ golden, source, outcome }) => {
    const made = mapGolden(compiled, source.documents, source.faults);
    return isPartial(golden) ? differencesIn(golden, made).length > 0 : JSON.stringify(made) !== outcome;
  });
}
