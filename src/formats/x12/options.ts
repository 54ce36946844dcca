/** What a partner file may say about how its X12 is read. */
import { type Static, Type } from '@sinclair/typebox';
import { StringEnum } from '../../core/schema-check.ts';
import type { Encoding } from './delimiters.ts';
import type { CompiledGuide } from './guide.ts';
import { CHECKS, LENIENCIES, LEVELS, type Level, type SeverityOf, STRICT_CHECKS, severitiesFor, type X12Code } from './severity.ts';

const MEGABYTE = 1024 * 1024;

const choice = (level: Level, choices: readonly ('strict' | 'standard' | 'warn' | 'off')[]) =>
  Type.Optional(StringEnum(choices, { description: LEVELS[level] }));

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
    levels: Type.Optional(
      Type.Object(
        {
          envelope: choice('envelope', ['strict', 'standard']),
          structure: choice('structure', ['strict', 'standard', 'warn']),
          types: choice('types', ['strict', 'standard', 'warn']),
          codes: choice('codes', ['strict', 'standard', 'warn', 'off']),
          relations: choice('relations', ['strict', 'standard', 'warn', 'off']),
          semantics: choice('semantics', ['strict', 'standard', 'warn', 'off']),
        },
        {
          additionalProperties: false,
          description:
            'How strictly each level is checked: strict (all its faults reject), standard, warn (they all warn), off. A name under leniencies or strict outranks it.',
        },
      ),
    ),
    trailingSeparators: Type.Optional(
      StringEnum(['accept', 'warn', 'reject'] as const, { description: 'Separators behind the last element of a segment. Default accept.' }),
    ),
    footingTolerance: Type.Optional(
      Type.String({
        pattern: '^\\d{1,9}(\\.\\d{1,4})?$',
        description: 'By how much the total of an invoice may differ from its lines. Default 0.05.',
      }),
    ),
    crossCheck: Type.Optional(
      Type.Boolean({ description: 'Read every segment with the second reader too; a set on which the two disagree is rejected. Default false.' }),
    ),
    guide: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.yaml$',
        description: "A guide file beside partner.yaml: what this partner's sets have more or less.",
      }),
    ),
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
  /** Whether the partner wants to hear of it at all. */
  readonly isChecked: (code: X12Code) => boolean;
  readonly setLimitBytes: number;
  readonly footingTolerance: string;
  readonly crossCheck: boolean;
  readonly guide: CompiledGuide | undefined;
}

export function readingFor(options: X12Options, guide?: CompiledGuide): Reading {
  const { levels = {}, trailingSeparators: trailing = 'accept' } = options;
  const severityOf = severitiesFor(options.leniencies, options.strict, levels);
  return {
    encoding: options.encoding ?? 'utf-8',
    severityOf: trailing === 'reject' ? (code) => (code === 'ERR_X12_TRAILING_SEPARATOR' ? 'error' : severityOf(code)) : severityOf,
    isChecked: (code) => (code === 'ERR_X12_TRAILING_SEPARATOR' ? trailing !== 'accept' : levels[CHECKS[code].level] !== 'off'),
    setLimitBytes: options.setLimitBytes ?? 64 * MEGABYTE,
    footingTolerance: options.footingTolerance ?? '0.05',
    crossCheck: options.crossCheck === true,
    guide,
  };
}
