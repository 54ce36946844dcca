/** `quayside translate`. */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import type { Format, RawSource } from '../../core/contracts.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { hasErrors, type Problem } from '../../core/problem.ts';
import { draftEvent, makeEvent } from '../../pipeline/make-event.ts';
import { translate as translateSource } from '../../pipeline/translate.ts';
import type { Application } from '../application.ts';
import { findPartner } from '../find-partner.ts';
import { openInput } from '../input.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';

interface TranslateOptions {
  partner: string;
  lineage?: boolean;
  mapping?: string;
  format?: string;
}

/** Offline: the same reading, mapping and validation as in the gateway, without a store. Good sets come out whatever their neighbours are. */
export async function translate({ terminal, application }: Commands, [file = '']: readonly string[], options: TranslateOptions): Promise<number> {
  // The old heap may grow by half of what lives in it before it is collected, not fourfold: the largest file stays in little memory.
  setFlagsFromString('--heap-growing-percent=50');
  const app = await application();
  const { catalog, partner, problems: fileProblems } = findPartner(app, options.partner, terminal);
  printProblems(terminal, fileProblems);
  const input = await openInput(file);
  try {
    const format = await formatOf(app, input.source, options.format, file);
    const rawSha256 = await digest(input.source);
    let failed = hasErrors(fileProblems);
    const complain = (problems: readonly Problem[]) => {
      printProblems(
        terminal,
        problems.map((problem) => (problem.at?.kind === 'segment' ? { ...problem, at: { ...problem.at, file } } : problem)),
      );
      failed ||= hasErrors(problems);
    };
    for await (const item of translateSource(input.source, {
      partner,
      mappings: catalog.mappings,
      format,
      mapping: options.mapping,
      checkSender: true,
    })) {
      if (item.kind === 'fault') {
        complain([item.fault]);
        continue;
      }
      complain(item.problems);
      const around = {
        tenant: app.tenant,
        eventPrefix: app.eventPrefix,
        publicUrl: app.publicUrl,
        partner: partner.name,
        channel: 'offline',
        channelType: 'manual',
        rawSha256,
        time: app.now(),
      } as const;
      for (const output of item.outputs) {
        const event = makeEvent(item, draftEvent(item, output, around), around, undefined);
        await terminal.write(`${JSON.stringify(options.lineage ? { ...event, lineage: output.lineage } : event)}\n`);
      }
    }
    return failed ? EXIT.inputAtFault : EXIT.done;
  } finally {
    await input.close();
  }
}

async function formatOf(app: Application, source: RawSource, name: string | undefined, file: string): Promise<Format> {
  const { formats } = app.extensions;
  for await (const head of source.open()) {
    const format = name === undefined ? [...formats.values()].find((candidate) => candidate.detect(head.subarray(0, 4096))) : formats.get(name);
    if (format !== undefined) return format;
    break;
  }
  throw new GatewayError(
    'ERR_FORMAT_UNKNOWN',
    `${file}: expected a document in one of the formats ${[...formats.keys()].join(', ')}, found none of them`,
  );
}

async function digest(source: RawSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source.open()) hash.update(chunk);
  return hash.digest('hex');
}
