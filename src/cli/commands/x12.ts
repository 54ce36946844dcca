/** `quayside x12`: a file as the reader sees it, without a partner or a database. */

import { previewAnswers } from '../../formats/x12/acknowledge/preview.ts';
import { inspectX12 } from '../../formats/x12/inspect.ts';
import { USUAL_ANSWERS } from '../../partners/acknowledgment-settings.ts';
import { findPartner } from '../find-partner.ts';
import { openInput } from '../input.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';
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

interface AckOptions {
  partner?: string;
  json?: boolean;
}

/** Exactly the bytes that would be sent, one acknowledgment after another. */
export async function ack({ terminal, application }: Commands, [file = '']: readonly string[], { partner: name, json }: AckOptions): Promise<number> {
  const partner = name === undefined ? undefined : findPartner(await application(), name, terminal).partner;
  const policy = partner?.acknowledgments ?? USUAL_ANSWERS;
  if (partner !== undefined && partner.acknowledgments === undefined)
    terminal.error(`${partner.file} says nothing of acknowledgments: none are sent; shown as if it said that they are`);
  const input = await openInput(file);
  try {
    const encoding = partner === undefined ? {} : { encoding: partner.encoding };
    const { answers, interchanges, faults } = await previewAnswers(input.source, encoding, policy, partner?.acknowledgments?.delimiters);
    for (const answer of answers) {
      if (json) terminal.out(JSON.stringify(answer));
      else await terminal.write(answer.text.endsWith('\n') ? answer.text : `${answer.text}\n`);
    }
    if (interchanges === 0) printProblems(terminal, faults);
    else if (answers.length === 0) terminal.error('nothing in it is acknowledged');
    return interchanges === 0 ? EXIT.inputAtFault : EXIT.done;
  } finally {
    await input.close();
  }
}
