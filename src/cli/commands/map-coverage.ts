/** `quayside map coverage`. */
import { GatewayError } from '../../core/errors/errors.ts';
import { hasErrors } from '../../core/problem.ts';
import { addCoverage, beginCoverage, type Coverage, type UnreadSource } from '../../mapping/coverage.ts';
import { inFile, type MapOptions, mapSource, openPartner } from '../map-source.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';
import { liveCoverage } from './map-coverage-live.ts';

/** Onboarding is done when nothing is unexplained: until then the status is 1. */
export async function coverage(commands: Commands, files: readonly string[], wanted: Partial<MapOptions> & { live?: true }): Promise<number> {
  if (wanted.live) return liveCoverage(commands, wanted);
  const { terminal, application } = commands;
  const options = { ...wanted, partner: wanted.partner ?? '' };
  if (files.length === 0 || options.partner === '')
    throw new GatewayError('ERR_USAGE', 'expected files and --partner, or --live', { hint: 'quayside map coverage samples/*.edi --partner acme' });
  const app = await application();
  const partner = openPartner(app, options, terminal);
  const byMapping = new Map<string, Coverage>();
  let faults = false;
  for (const file of files)
    for (const { document, mapping, mapped } of await mapSource(app, partner, file, options, terminal)) {
      printProblems(terminal, inFile(file, mapped.problems));
      faults ||= hasErrors(mapped.problems);
      if (mapping === undefined || mapped.reads === undefined) continue;
      const known = byMapping.get(mapping.name) ?? beginCoverage();
      byMapping.set(mapping.name, known);
      addCoverage(known, mapping, document, mapped.reads);
    }
  let unexplained = 0;
  for (const [mapping, { documents, elements, mapped, unread }] of byMapping) {
    const rows = [...unread.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
    const open = rows.filter((row) => row.ignored === undefined);
    const ignored = rows.filter((row) => row.ignored !== undefined);
    unexplained += open.length;
    const count = (some: readonly UnreadSource[]): number => some.reduce((sum, row) => sum + row.count, 0);
    if (options.json) {
      const totals = { mapping, documents, elements, mapped, ignored: count(ignored), unexplained: count(open) };
      terminal.out(
        JSON.stringify({ ...totals, sources: rows.map((row) => ({ status: row.ignored === undefined ? 'unexplained' : 'ignored', ...row })) }),
      );
      continue;
    }
    terminal.out(`${mapping}: ${documents} documents, ${elements} elements, ${mapped} mapped, ${count(ignored)} ignored, ${count(open)} unexplained`);
    for (const row of open) terminal.out(`  unexplained ${lineOf(row)}`);
    for (const row of ignored) terminal.out(`  ignored ${lineOf(row)}: ${row.ignored?.why} (${row.ignored?.at})`);
  }
  return faults || unexplained > 0 || byMapping.size === 0 ? EXIT.inputAtFault : EXIT.done;
}

const lineOf = ({ key, count, example }: UnreadSource): string => `${key} ×${count}, e.g. ${example.text}, segment ${example.segment}`;
