/** Golden folders as commands run them: those that were asked for, each read once as the partner's file has it read. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { GatewayError } from '../core/errors/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import { differencesIn, type GoldenCase, type GoldenOutcome, goldenCasesOf, mapGolden } from '../mapping/golden-case.ts';
import type { Catalog } from '../pipeline/catalog.ts';
import type { ParseMore } from '../pipeline/translate.ts';
import type { Application } from './application.ts';
import { openInput } from './input.ts';
import { type ParsedSource, parseSource } from './map-source.ts';

export interface ChosenGoldens {
  readonly mapping: CompiledMapping;
  readonly cases: readonly GoldenCase[];
}

/** A partner's mappings, or those of files and folders; of a single golden folder only that case, on every mapping that has it below. */
export function chooseGoldens(app: Pick<Application, 'home'>, catalog: Catalog, wanted: readonly string[]): ChosenGoldens[] {
  const all = catalog.mappings.mappings.map((mapping): ChosenGoldens => ({ mapping, cases: goldenCasesOf(mapping) }));
  if (wanted.length === 0) return all;
  const chosen = new Map<CompiledMapping, readonly GoldenCase[]>();
  for (const name of wanted) {
    const found = existsSync(name) ? byPath(all, path.resolve(name)) : byPartner(app, catalog, all, name);
    for (const { mapping, cases } of found) chosen.set(mapping, [...new Set([...(chosen.get(mapping) ?? []), ...cases])]);
  }
  return [...chosen].map(([mapping, cases]) => ({ mapping, cases }));
}

function byPartner(app: Pick<Application, 'home'>, catalog: Catalog, all: readonly ChosenGoldens[], name: string): ChosenGoldens[] {
  const partner = catalog.partners.get(name);
  const names = new Set(Object.values(partner?.documents ?? {}).map((one) => one.split('@')[0]));
  const own = all.filter(({ mapping }) => names.has(mapping.name) || mapping.name.startsWith(`${name}/`) || mapping.name === name);
  if (own.length > 0) return own;
  const near = suggest(name, [...catalog.partners.keys(), ...all.map(({ mapping }) => mapping.name)]);
  throw new GatewayError('ERR_FILE_REFERENCE', `expected a partner, a mapping, a file or a folder in ${app.home}, found "${name}"`, {
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
  });
}

function byPath(all: readonly ChosenGoldens[], target: string): ChosenGoldens[] {
  const own = all.filter(({ mapping }) => isWithin(mapping.effective.location, target));
  const bases = new Set(own.map(({ mapping }) => `${mapping.name}@${mapping.version.split('.')[0]}`));
  const children = all.filter((one) => !own.includes(one) && one.mapping.effective.bases.some((base) => bases.has(base)));
  const folders = all.flatMap(({ mapping, cases }) => {
    const named = cases.filter(({ folder }) => isWithin(folder, target) || target.startsWith(`${path.resolve(folder)}${path.sep}`));
    return named.length === 0 || own.some((one) => one.mapping === mapping) ? [] : [{ mapping, cases: named }];
  });
  return [...own, ...children, ...folders];
}

/** Of partners and mappings by their names, of files and folders: the mappings themselves, without those that extend them; all if none is named. */
export function chooseMappings(app: Pick<Application, 'home'>, catalog: Catalog, wanted: readonly string[]): CompiledMapping[] {
  const { mappings } = catalog.mappings;
  if (wanted.length === 0) return [...mappings];
  const all = mappings.map((mapping): ChosenGoldens => ({ mapping, cases: [] }));
  const chosen = wanted.flatMap((name) => {
    if (!existsSync(name)) return byPartner(app, catalog, all, name).map(({ mapping }) => mapping);
    const found = mappings.filter(({ effective }) => isWithin(effective.location, path.resolve(name)));
    if (found.length > 0) return found;
    throw new GatewayError('ERR_FILE_REFERENCE', `expected a mapping file or a folder with some, found ${name}`);
  });
  return [...new Set(chosen)];
}

const isWithin = (location: string | undefined, target: string): boolean =>
  location !== undefined && (path.resolve(location) === target || path.resolve(location).startsWith(`${target}${path.sep}`));

/** What its document is, by the files of the partner whose mapping this is; a string: why there is nothing to map. */
export async function readGolden(
  app: Pick<Application, 'extensions'>,
  catalog: Catalog,
  mapping: CompiledMapping,
  { input }: GoldenCase,
  more: ParseMore = {},
): Promise<ParsedSource | string> {
  if (input === undefined) return 'there is no document: expected a file such as in.edi';
  const partner = [...catalog.partners.values()].find(({ documents }) =>
    Object.values(documents).some((name) => name.split('@')[0] === mapping.name),
  );
  const opened = await openInput(input);
  try {
    return await parseSource(app.extensions.formats, opened.source, input, partner, more);
  } finally {
    await opened.close();
  }
}

/** What a mapping makes of a case, and how that differs from what is expected. */
export function runGolden(
  mapping: CompiledMapping,
  golden: GoldenCase,
  source: ParsedSource | string,
): { outcome?: GoldenOutcome; differences: readonly string[] } {
  if (typeof source === 'string') return { differences: [source] };
  const outcome = mapGolden(mapping, source.documents, source.faults);
  if (outcome.documents.length + outcome.problems.length === 0) return { differences: ['it gave neither a document nor a problem'] };
  return { outcome, differences: differencesIn(golden, outcome) };
}
