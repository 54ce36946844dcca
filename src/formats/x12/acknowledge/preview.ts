/** What would be sent for a source, without a partner's sequence or a clock: the same for the same bytes. */
import type { AcknowledgmentKind, AnswerDelimiters, AnswerPolicy, InterchangeReading } from '../../../core/acknowledgment.ts';
import type { RawSource } from '../../../core/contracts.ts';
import type { Problem } from '../../../core/problem.ts';
import { x12Format } from '../format.ts';
import type { X12Options } from '../options.ts';
import { acknowledging } from './acknowledging.ts';

export interface PreviewedAnswer {
  readonly kind: AcknowledgmentKind;
  /** ISA13 and GS06 that it answers; GS06 is null for a TA1. */
  readonly interchange: string;
  readonly group: string | null;
  /** GS01 that it answers. */
  readonly functionalId: string | null;
  /** ISA13 of the acknowledgment. */
  readonly control: string;
  readonly text: string;
}

export interface Preview {
  readonly answers: readonly PreviewedAnswer[];
  readonly interchanges: number;
  /** Of no document. */
  readonly faults: readonly Problem[];
}

/** Control numbers count from 1; date and time are those of the interchange that is answered (its ISA09 and ISA10). */
export async function previewAnswers(
  source: RawSource,
  options: X12Options,
  policy: AnswerPolicy,
  { delimiters, guide }: { readonly delimiters?: Partial<AnswerDelimiters> | undefined; readonly guide?: unknown } = {},
): Promise<Preview> {
  const readings: InterchangeReading[] = [];
  const faults: Problem[] = [];
  for await (const parsed of x12Format.parse(source, options, { guide, onInterchange: (reading) => void readings.push(reading) }))
    if (parsed.kind === 'fault') faults.push(parsed.fault);
  let control = 0;
  const answers = readings.flatMap((reading) =>
    acknowledging.owed(reading, policy).map((owed): PreviewedAnswer => {
      const sending = { control: ++control, date: `20${digits(reading.date, 6)}`, time: digits(reading.time, 4), delimiters };
      const group = owed.group === undefined ? undefined : reading.groups[owed.group];
      return {
        kind: owed.kind,
        interchange: reading.control,
        group: group?.control ?? null,
        functionalId: group?.functionalId ?? null,
        control: String(control).padStart(9, '0'),
        text: Buffer.from(acknowledging.write(reading, owed, sending)).toString('utf8'),
      };
    }),
  );
  return { answers, interchanges: readings.length, faults };
}

const digits = (text: string, size: number): string => (text.length === size && /^\d+$/.test(text) ? text : '0'.repeat(size));
