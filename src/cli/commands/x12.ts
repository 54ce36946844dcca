/** `quayside x12`: a file as the reader sees it, without a partner or a database. */
import { type Inspection, inspectX12 } from '../../formats/x12/inspect.ts';
import { writeInspection } from '../../formats/x12/inspect-json.ts';
import { openInput } from '../input.ts';
import type { Commands } from '../program.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { renderInspect } from '../x12-inspect.ts';

export async function inspect({ terminal }: Commands, [file = '']: readonly string[], options: { json?: boolean }): Promise<number> {
  const input = await openInput(file);
  try {
    const faults = options.json
      ? await writeInspection(input.source, (text) => terminal.write(text))
      : await show(terminal, await inspectX12(input.source));
    return faults.some((fault) => fault.severity === 'error') ? EXIT.inputAtFault : EXIT.done;
  } finally {
    await input.close();
  }
}

async function show(terminal: Terminal, report: Inspection): Promise<Inspection['faults']> {
  await terminal.write(renderInspect(report, { colour: terminal.colours.isColorSupported }));
  return report.faults;
}
