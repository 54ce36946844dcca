/** What a partner file may say about how its X12 is read. */
import { type Static, Type } from '@sinclair/typebox';
import { StringEnum } from '../../core/schema-check.ts';
import type { Encoding } from './delimiters.ts';
import { LENIENCIES, type SeverityOf, STRICT_CHECKS, severitiesFor } from './severity.ts';

const MEGABYTE = 1024 * 1024;

export const x12Options = Type.Object(
  {
    encoding: Type.Optional(
      StringEnum(['ascii', 'latin1', 'utf-8'] as const, {
        description: 'What bytes over 0x7f are. Never guessed: a byte that does not fit is a fault. Default utf-8.',
      }),
    ),
    leniencies: Type.Optional(
      Type.Array(StringEnum(LENIENCIES), {
        description: 'Faults that only warn, each still reported.',
        uniqueItems: true,
      }),
    ),
    strict: Type.Optional(Type.Array(StringEnum(STRICT_CHECKS), { description: 'Warnings that reject their set.', uniqueItems: true })),
    setLimitBytes: Type.Optional(
      Type.Integer({ minimum: 4096, maximum: 1024 * MEGABYTE, description: 'How much memory one transaction set may take. Default 64 MB.' }),
    ),
  },
  { additionalProperties: false },
);

export type X12Options = Static<typeof x12Options>;

/** The options as the reader uses them. */
export interface Reading {
  readonly encoding: Encoding;
  readonly severityOf: SeverityOf;
  readonly setLimitBytes: number;
}

export const readingFor = (options: X12Options): Reading => ({
  encoding: options.encoding ?? 'utf-8',
  severityOf: severitiesFor(options.leniencies, options.strict),
  setLimitBytes: options.setLimitBytes ?? 64 * MEGABYTE,
});
