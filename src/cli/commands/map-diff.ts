/** `quayside map diff`. */
import { GatewayError } from '../../core/errors/errors.ts';
import type { MappingCatalog } from '../../mapping/load.ts';
import { mapDocument } from '../../mapping/map-document.ts';
import { diffArchive, differenceBetween, type MappingDifference } from '../../pipeline/diff-archive.ts';
import type { Application } from '../application.ts';
import { findPartner } from '../find-partner.ts';
import { withRevision } from '../git-revision.ts';
import { openInput } from '../input.ts';
import { parseLimit } from '../limit.ts';
import { findMapping, parseSource } from '../map-source.ts';
import { MappingDiff, type MappingReport } from '../mapping-diff.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, printProblems, type Terminal } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface DiffOptions {
  readonly since?: string;
  readonly limit: string;
  readonly files?: readonly string[];
  readonly against?: string;
  readonly json?: boolean;
}

/** Exit 1 while a document that was translated would not be any more. */
export async function diff({ terminal, application }: Commands, [partner]: readonly string[], options: DiffOptions): Promise<number> {
  const app = await application();
  const { files, against } = options;
  if ((files === undefined) !== (against === undefined))
    throw new GatewayError('ERR_USAGE', 'expected --files and --against together, or neither of them');
  const found =
    files === undefined || against === undefined
      ? await fromArchive(app, partner, options, terminal)
      : await fromFiles(app, partner, files, against, terminal);
  print(terminal, found, options.json);
  return found.reports.some(({ counts }) => counts.breaks > 0) ? EXIT.inputAtFault : EXIT.done;
}

async function fromArchive(app: Application, partner: string | undefined, { since, limit }: DiffOptions, terminal: Terminal): Promise<MappingDiff> {
  const most = parseLimit(limit);
  const { catalog, problems } = app.loadCatalog(app.home);
  printProblems(terminal, problems);
  const diffed = new MappingDiff(catalog.mappings);
  const filter = { partner, since: parseSince(since, app.now()) };
  await withGateway(app, async (gateway) => {
    for await (const difference of diffArchive({ ...gateway, catalog: () => catalog }, filter)) {
      diffed.add(difference);
      if (diffed.documents < most) continue;
      terminal.error(`the newest ${most} documents; more with --limit`);
      return;
    }
  });
  return diffed;
}

async function fromFiles(
  app: Application,
  name: string | undefined,
  files: readonly string[],
  revision: string,
  terminal: Terminal,
): Promise<MappingDiff> {
  if (name === undefined) throw new GatewayError('ERR_USAGE', 'expected the partner whose files these are');
  const { partner, catalog, problems } = findPartner(app, name, terminal);
  printProblems(terminal, problems);
  return withRevision(app.home, revision, async (home) => {
    const old = app.loadCatalog(home).catalog;
    const diffed = new MappingDiff(catalog.mappings, changedBases(old.mappings, catalog.mappings));
    for (const file of files) {
      const input = await openInput(file);
      try {
        for (const document of (await parseSource(app.extensions.formats, input.source, file, partner)).documents) {
          const mappingOf = (documents: Readonly<Record<string, string>> | undefined) => documents?.[document.type];
          const [wasName, isName] = [mappingOf(old.partners.get(name)?.documents ?? partner.documents), mappingOf(partner.documents)];
          const before = wasName === undefined ? undefined : old.mappings.find(wasName);
          const after = isName === undefined ? undefined : findMapping(catalog.mappings, isName);
          const [was, is] = [before, after].map((mapping) =>
            mapping === undefined || document.verdict === 'rejected' ? undefined : mapDocument(mapping, document),
          );
          const verdict = differenceBetween(was?.documents[0]?.body, is?.documents[0]?.body, is?.problems ?? document.faults);
          const difference: MappingDifference = { where: `${file}, document ${document.ordinal}`, before, after, ...verdict };
          diffed.add(difference);
        }
      } finally {
        await input.close();
      }
    }
    return diffed;
  });
}

function changedBases(before: MappingCatalog, { mappings }: MappingCatalog): string[] {
  const bases = new Set(mappings.flatMap(({ effective }) => effective.bases));
  return mappings.flatMap(({ effective: { name, major, hash } }) => {
    const base = `${name}@${major}`;
    const was = before.find(base);
    return bases.has(base) && was !== undefined && was.hash !== hash ? [base] : [];
  });
}

function print(terminal: Terminal, diffed: MappingDiff, json: boolean | undefined): void {
  for (const report of diffed.reports) {
    const fields = [...report.fields.values()].sort((a, b) => b.documents - a.documents);
    const failures = [...report.failures.values()].sort((a, b) => b.documents - a.documents);
    if (json) {
      const { mapping, before, after, counts, versionReused } = report;
      terminal.out(JSON.stringify({ mapping, before: [...before], after, ...counts, versionReused, fields, failures }));
      continue;
    }
    terminal.out(headline(report));
    const width = Math.max(0, ...fields.map(({ field }) => field.length));
    for (const { field, documents, before, after, where, rule } of fields)
      terminal.out(
        `  ${field.padEnd(width)}  ${documents} documents, e.g. ${shown(before)} → ${shown(after)} (${where})${rule === undefined ? ', no rule' : `, rule ${rule}`}`,
      );
    for (const { documents, problem, where } of failures) terminal.out(`  would fail: ${documents} documents, e.g. ${problem} (${where})`);
    if (report.versionReused)
      terminal.out(`  ${report.mapping} ${report.after} says something else than it did under this version: raise the version`);
  }
  for (const { base, changed, children } of diffed.bases) {
    if (json) terminal.out(JSON.stringify({ base, changed, children }));
    else terminal.out(`${changed ? `${base} changed` : `${base} has rules of these fields`}; it is extended by ${children.join(', ')}`);
  }
  if (!json) terminal.out(`${diffed.documents} documents, nothing delivered, nothing written`);
}

function headline({ mapping, before, after, counts }: MappingReport): string {
  const { same, changed, breaks, mends, fails } = counts;
  const versions = [...before].join(', ') || '-';
  const all = same + changed + breaks + mends + fails;
  const more = [
    [breaks, 'would fail'],
    [mends, 'would be translated now'],
    [fails, 'fail as before'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`, ${count} ${what}`]));
  return `${mapping} ${versions} → ${after ?? '-'}: ${all} documents, ${changed} change${more.join('')}`;
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
