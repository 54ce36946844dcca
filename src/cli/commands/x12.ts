/** `quayside x12`: a file as the reader sees it, without a database. */

import { previewAnswers } from '../../formats/x12/acknowledge/preview.ts';
import type { CompiledGuide } from '../../formats/x12/guide.ts';
import { writeInspection } from '../../formats/x12/inspect-json.ts';
import { readingFor, type X12Options } from '../../formats/x12/options.ts';
import { USUAL_ANSWERS } from '../../partners/acknowledgment-settings.ts';
import type { Partner } from '../../partners/partner-file.ts';
import { findPartner } from '../find-partner.ts';
import { openInput } from '../input.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';
import { ALL_SHOWN, renderInspect, SHOWN_AT_FIRST } from '../x12-inspect.ts';

interface InspectOptions {
  readonly json?: boolean;
  readonly crossCheck?: boolean;
  readonly partner?: string;
  readonly all?: boolean;
  readonly sets?: number;
}

export async function inspect(commands: Commands, [file = '']: readonly string[], options: InspectOptions): Promise<number> {
  const { terminal } = commands;
  const { said, guide } = await partnerReading(commands, options.partner);
  const asked: X12Options = options.crossCheck ? { ...said, crossCheck: true } : said;
  const input = await openInput(file);
  try {
    if (options.json) {
      const faults = await writeInspection(input.source, (text) => terminal.write(text), asked, guide);
      return faults.some((fault) => fault.severity === 'error') ? EXIT.inputAtFault : EXIT.done;
    }
    const limits = options.all ? ALL_SHOWN : { ...SHOWN_AT_FIRST, sets: options.sets ?? SHOWN_AT_FIRST.sets };
    const view = renderInspect(input.source, readingFor(asked, guide), { colour: terminal.colours.isColorSupported, limits });
    for (let next = await view.next(); ; next = await view.next()) {
      if (next.done) return next.value ? EXIT.inputAtFault : EXIT.done;
      await terminal.write(next.value);
    }
  } finally {
    await input.close();
  }
}

interface PartnerReading {
  readonly said: X12Options;
  readonly guide?: CompiledGuide | undefined;
}

/** As this partner's documents are read: its leniencies, levels and guide. Without a partner: as the standard says. */
async function partnerReading({ application, terminal }: Commands, name: string | undefined): Promise<PartnerReading> {
  return name === undefined ? { said: {} } : readingOf(findPartner(await application(), name, terminal).partner);
}

/** The loader has held both against the schema of the format. */
const readingOf = ({ encoding, leniencies, formats }: Partner): PartnerReading => ({
  said: { ...formats.x12?.options, encoding, leniencies } as X12Options,
  guide: formats.x12?.guide?.rules as CompiledGuide | undefined,
});

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
    const { said, guide } = partner === undefined ? { said: {} } : readingOf(partner);
    const { delimiters } = partner?.acknowledgments ?? {};
    const { answers, interchanges, faults } = await previewAnswers(input.source, said, policy, { delimiters, guide });
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
