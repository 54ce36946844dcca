/** `quayside map explain`. */
import { GatewayError } from '../../core/errors/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { type Trace, traceValues } from '../../mapping/trace.ts';
import { inFile, type MapOptions, mapSource, openPartner } from '../map-source.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems, type Terminal } from '../terminal.ts';

/** The chain of every value at a path, in each document of the file that has it. */
export async function explain({ terminal, application }: Commands, [file = '', path = '']: readonly string[], options: MapOptions): Promise<number> {
  const app = await application();
  const sources = await mapSource(app, openPartner(app, options, terminal), file, options, terminal);
  let shown = 0;
  const targets = new Set<string>();
  for (const { document, mapping, mapped } of sources) {
    printProblems(terminal, inFile(file, mapped.problems));
    for (const { lineage } of mapped.documents) {
      if (mapping === undefined) continue;
      for (const { target } of lineage) targets.add(target);
      for (const trace of traceValues(mapping, lineage, path)) {
        shown++;
        if (options.json) terminal.out(JSON.stringify({ document: document.ordinal, ...trace }));
        else printTrace(terminal, trace);
      }
    }
  }
  if (shown > 0) return EXIT.done;
  const near = suggest(path, [...targets]);
  throw new GatewayError('ERR_NOT_FOUND', `${file}: no document of it has a value at "${path}"`, {
    hint: near === undefined ? 'see what there is: quayside map preview' : `did you mean "${near}"?`,
  });
}

function printTrace(terminal: Terminal, { target, value, steps, rule, overrides }: Trace): void {
  terminal.out(`${target} = ${JSON.stringify(value)}`);
  for (const { says, value: made, segment, offset, at } of steps) {
    const where = segment === undefined ? '' : `, segment ${segment}, offset ${offset}`;
    terminal.out(`  ${segment === undefined ? '→ ' : ''}${says} ${JSON.stringify(made)}${where}${at === undefined ? '' : ` (${at})`}`);
  }
  terminal.out(`  rule ${rule}${overrides.length === 0 ? '' : `, overrides ${overrides.join(', ')}`}`);
}
