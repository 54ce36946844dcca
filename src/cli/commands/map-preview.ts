/** `quayside map preview`. */

import type { LineageEntry } from '../../core/canonical.ts';
import { elementName } from '../../core/place.ts';
import { hasErrors } from '../../core/problem.ts';
import { addCoverage, beginCoverage, unexplainedIn } from '../../mapping/coverage.ts';
import { inFile, type MapOptions, type MappedSource, mapSource, openPartner } from '../map-source.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTable, printProblems } from '../terminal.ts';

/** Each document as it would become, with the source of every value; also what is unexplained. */
export async function preview({ terminal, application }: Commands, [file = '']: readonly string[], options: MapOptions): Promise<number> {
  const app = await application();
  const sources = await mapSource(app, openPartner(app, options, terminal), file, options, terminal);
  for (const source of sources) {
    const { document, mapping, mapped } = source;
    printProblems(terminal, inFile(file, mapped.problems));
    const coverage = coverageOf(source);
    if (options.json) {
      const { type, body, lineage } = mapped.documents[0] ?? {};
      terminal.out(
        JSON.stringify({ document: document.ordinal, source: document.type, mapping: mapping?.name, type, body, lineage, unexplained: coverage }),
      );
      continue;
    }
    terminal.out(
      `document ${document.ordinal}: ${document.type} with ${mapping?.name ?? 'no mapping'}${mapped.documents.length === 0 ? ', not mapped' : ''}`,
    );
    for (const { lineage } of mapped.documents)
      for (const line of formatTable(['FIELD', 'VALUE', 'FROM', 'RULE'], lineage.map(cellsOf))) terminal.out(line);
    if (coverage.length > 0) terminal.out(`unexplained: ${coverage.map(({ key, count }) => (count === 1 ? key : `${key} ×${count}`)).join(', ')}`);
  }
  return sources.length === 0 || sources.some(({ mapped }) => hasErrors(mapped.problems)) ? EXIT.inputAtFault : EXIT.done;
}

function coverageOf({ document, mapping, mapped }: MappedSource) {
  const coverage = beginCoverage();
  if (mapping !== undefined && mapped.reads !== undefined) addCoverage(coverage, mapping, document, mapped.reads);
  return unexplainedIn(coverage).map(({ key, count, example }) => ({ key, count, example }));
}

const cellsOf = ({ target, value, source, rule }: LineageEntry): string[] => [
  target,
  JSON.stringify(value),
  source === undefined ? '-' : `${elementName({ kind: 'segment', ...source })} "${source.text}" segment ${source.segment}`,
  rule,
];
