/** `quayside x12`: a file as the reader sees it, without a partner or a database. */
import { inspectX12 } from '../../formats/x12/inspect.ts';
import { openInput } from '../input.ts';
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';
import { renderInspect } from '../x12-inspect.ts';

export async function inspect({ terminal }: Commands, [file = '']: readonly string[], options: { json?: boolean }): Promise<number> {
  const input = await openInput(file);
  try {
    const report = await inspectX12(input.source);
    await terminal.write(options.json ? `${JSON.stringify(report)}\n` : renderInspect(report, { colour: terminal.colours.isColorSupported }));
    return report.faults.some((fault) => fault.severity === 'error') ? EXIT.inputAtFault : EXIT.done;
  } finally {
    await input.close();
  }
}
