/** `quayside x12`: a file as the reader sees it, without a database. */

import type { CompiledGuide } from '../../formats/x12/guide.ts';
import { writeInspection } from '../../formats/x12/inspect-json.ts';
import { readingFor, type X12Options } from '../../formats/x12/options.ts';
import { findPartner } from '../find-partner.ts';
import { openInput } from '../input.ts';
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';
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

/** As this partner's documents are read: its leniencies, levels and guide. Without a partner: as the standard says. */
async function partnerReading(
  { application, terminal }: Commands,
  name: string | undefined,
): Promise<{ said: X12Options; guide?: CompiledGuide | undefined }> {
  if (name === undefined) return { said: {} };
  const { partner } = findPartner(await application(), name, terminal);
  const { encoding, leniencies, formats } = partner;
  // The loader has held both against the schema of the format.
  const said = { ...formats.x12?.options, encoding, leniencies } as X12Options;
  return { said, guide: formats.x12?.guide?.rules as CompiledGuide | undefined };
}
