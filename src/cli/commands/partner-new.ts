/** `quayside partner new`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';
import { hasErrors, type Problem } from '../../core/problem.ts';
import { goldenCasesOf, outFileOf, textOf } from '../../mapping/golden-case.ts';
import { partnerOf } from '../../partners/resolve-partner.ts';
import type { Application } from '../application.ts';
import { readGolden, runGolden } from '../goldens.ts';
import { findMapping } from '../map-source.ts';
import { SAMPLE_SETS } from '../partner/sample-set.ts';
import { exampleFolder, mappingOf, type NewFile, type NewPartner, scaffold } from '../partner/scaffold.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';

interface NewOptions {
  readonly title?: string;
  readonly qualifier?: string;
  readonly id?: string;
  readonly sets: string;
  readonly channel: 'sftp' | 'none';
  readonly json?: boolean;
}

/** Asks nothing and overwrites nothing; what it has written lints, and its tests pass. */
export async function create({ terminal, application }: Commands, [name = '']: readonly string[], options: NewOptions): Promise<number> {
  const app = await application();
  const partner = describePartner(app, name, options);
  const files = [...scaffold(partner), ...schemasFor(app, partner)];
  refuseExisting(app, [...files.map(({ path }) => path), join('mappings', name)]);
  for (const { path, text } of files) writeNew(app.home, path, text);
  const outcomes = await writeOutcomes(app, partner);
  const written = [...files.map(({ path }) => path), ...outcomes.files];
  printProblems(terminal, outcomes.problems);
  if (options.json) terminal.out(JSON.stringify({ partner: name, files: written }));
  else {
    for (const path of written) terminal.out(`wrote ${path}`);
    terminal.out(`next: quayside map draft SAMPLES --partner ${name}, then quayside map test ${name} and quayside partner check ${name}`);
  }
  return hasErrors(outcomes.problems) ? EXIT.inputAtFault : EXIT.done;
}

function describePartner(app: Application, name: string, { title, qualifier = 'ZZ', id, sets, channel }: NewOptions): NewPartner {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
    throw new GatewayError('ERR_USAGE', `expected a name of lower-case letters, digits and -, found "${name}"`);
  const identity = { qualifier, id: id ?? name.replaceAll('-', '').toUpperCase().slice(0, 15) };
  if (!/^[A-Z0-9]{2}$/.test(identity.qualifier))
    throw new GatewayError('ERR_USAGE', `--qualifier: expected two capitals or digits such as ZZ or 01 (ISA05), found "${qualifier}"`);
  if (!/^[!-~]([ -~]{0,13}[!-~])?$/.test(identity.id))
    throw new GatewayError('ERR_USAGE', `--id: expected 1 to 15 characters without blanks around them (ISA06), found "${id}"`);
  const wanted = [...new Set(sets.split(',').map((set) => set.trim()))];
  const unknown = wanted.find((set) => !SAMPLE_SETS.includes(set));
  if (unknown !== undefined) throw new GatewayError('ERR_USAGE', `--sets: expected some of ${SAMPLE_SETS.join(',')}, found "${unknown}"`);
  // The first partner of all makes the folder a home.
  mkdirSync(join(app.home, 'partners'), { recursive: true });
  const { catalog } = app.loadCatalog(app.home);
  const other = partnerOf(identity, catalog.partners);
  if (other !== undefined)
    throw new GatewayError('ERR_FILE_CONFLICT', `${identity.qualifier}/${identity.id} is the identity of ${other.name} already (${other.file})`, {
      hint: 'say with --qualifier and --id as whom the new partner sends (ISA05 and ISA06)',
    });
  const bases = wanted.map((set) => {
    const { effective } = findMapping(catalog.mappings, `std/x12-${set}`);
    return [set, `${effective.name}@${effective.major}`] as const;
  });
  return { name, title: title ?? titleOf(name), identity, bases: new Map(bases), channel };
}

/** `northwind-eu` → `Northwind Eu`: to be corrected by whoever cares. */
const titleOf = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash && ' '}${letter.toUpperCase()}`);

/** Editors look for the schemas that the first lines name; a home that has none yet gets those of this version. */
function schemasFor({ home, schemas }: Application, { bases }: NewPartner): NewFile[] {
  return ['partner', ...[...bases.keys()].map((set) => `mapping.x12-${set}`)].flatMap((name): NewFile[] => {
    const path = join('schemas', `${name}.json`);
    return existsSync(join(home, path)) ? [] : [{ path, text: readFileSync(join(schemas, `${name}.json`), 'utf8') }];
  });
}

function refuseExisting({ home }: Application, paths: readonly string[]): void {
  const there = paths.find((path) => existsSync(join(home, path)));
  if (there === undefined) return;
  throw new GatewayError('ERR_FILE_EXISTS', `expected nothing at ${there}, found something; nothing was written`, {
    hint: 'choose another name, or remove it if nobody needs it',
  });
}

function writeNew(home: string, path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text, { flag: 'wx' });
}

/** What the mappings make of their examples, by the files as they now are. */
async function writeOutcomes(app: Application, { name, bases }: NewPartner): Promise<{ files: string[]; problems: readonly Problem[] }> {
  const { catalog, problems } = app.loadCatalog(app.home);
  const files: string[] = [];
  for (const set of bases.keys()) {
    const mapping = catalog.mappings.find(mappingOf(name, set));
    if (mapping === undefined) continue;
    for (const golden of goldenCasesOf(mapping)) {
      const { outcome } = runGolden(mapping, golden, await readGolden(app, catalog, mapping, golden));
      if (outcome !== undefined) writeFileSync(outFileOf(golden), textOf(outcome), { flag: 'wx' });
      files.push(join(exampleFolder(name, set), 'out.json'));
    }
  }
  return { files, problems };
}
