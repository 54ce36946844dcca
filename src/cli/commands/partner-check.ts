/** `quayside partner check`. */
import { formatProblem, hasErrors } from '../../core/problem.ts';
import type { Catalog } from '../../pipeline/catalog.ts';
import type { ConnectionCheck } from '../../pipeline/check-connections.ts';
import type { Application } from '../application.ts';
import { findPartner } from '../find-partner.ts';
import { type ChosenGoldens, chooseGoldens, readGolden, runGolden } from '../goldens.ts';
import type { Commands } from '../program.ts';
import { EXIT, type Terminal } from '../terminal.ts';

type Check = Omit<ConnectionCheck, 'code'> & { readonly code?: string | undefined };

/**
 * Everything is tried, whatever failed before. 1: its files or its tests are at fault; 78: a secret is missing; 75: a server that it names
 * did not let us in.
 */
export async function check(commands: Commands, [name = '']: readonly string[], { json }: { json?: boolean }): Promise<number> {
  const { terminal, application } = commands;
  const app = await application();
  const { partner, catalog, problems } = findPartner(app, name, terminal);
  const used = [...new Set(Object.values(partner.documents))].map((mapping) => `mappings/${mapping.split('@')[0]}.yaml`);
  const faults = problems.filter(({ at }) => at?.kind === 'file' && (used.includes(at.file) || at.file.startsWith(`partners/${name}/`)));
  const files: Check = hasErrors(faults)
    ? { name: 'files', ok: false, detail: faults.map(formatProblem).join('; ') }
    : { name: 'files', ok: true, detail: [partner.file, ...used].join(', ') };
  const offline = [files, ...(await checkTests(app, catalog, name))];
  for (const one of offline) show(terminal, json, one);
  const online = await app.connect(partner);
  for (const one of online) show(terminal, json, one);
  if (online.length === 0) show(terminal, json, { name: 'channels', ok: true, detail: 'none is named: documents come by quayside receive' });
  if (offline.some(({ ok }) => !ok)) return EXIT.inputAtFault;
  const failed = online.filter(({ ok }) => !ok);
  if (failed.some(({ code }) => code === 'ERR_CONFIG_SECRET')) return EXIT.configurationAtFault;
  return failed.length > 0 ? EXIT.dependencyUnavailable : EXIT.done;
}

/** One line a mapping. Every segment is read by the second reader too: a new partner is when the two may disagree. */
async function checkTests(app: Application, catalog: Catalog, name: string): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { mapping, cases } of goldensOf(app, catalog, name)) {
    const differences: string[] = [];
    for (const golden of cases) {
      const found = runGolden(mapping, golden, await readGolden(app, catalog, mapping, golden, { options: { crossCheck: true } }));
      differences.push(...found.differences.map((difference) => `${golden.name}: ${difference}`));
    }
    const [first] = differences;
    const title = `tests of ${mapping.name}`;
    if (first !== undefined)
      checks.push({ name: title, ok: false, detail: `${differences.length} differences, first ${first}`, hint: `quayside map test ${mapping.name}` });
    else if (cases.length > 0) checks.push({ name: title, ok: true, detail: `${cases.length} passed` });
    else
      checks.push({
        name: title,
        ok: true,
        detail: 'there are none',
        hint: `put a sample into mappings/${mapping.name}.tests/<case>/in.edi, then quayside map test --update ${mapping.name}`,
      });
  }
  return checks;
}

/** Of mappings that load; `files` says why another does not. */
function goldensOf(app: Application, catalog: Catalog, name: string): ChosenGoldens[] {
  const wanted = Object.values(catalog.partners.get(name)?.documents ?? {}).filter((mapping) => catalog.mappings.find(mapping) !== undefined);
  return wanted.length === 0
    ? []
    : chooseGoldens(
        app,
        catalog,
        wanted.map((mapping) => mapping.replace(/@.*$/, '')),
      );
}

function show(terminal: Terminal, json: boolean | undefined, { name, ok, detail, hint, code }: Check): void {
  const { green, red } = terminal.colours;
  if (json) terminal.out(JSON.stringify({ name, ok, code, detail, hint }));
  else terminal.out(`${ok ? green('ok    ') : red('FAULT ')} ${name}: ${detail}${hint === undefined ? '' : ` · hint: ${hint}`}`);
}
