/** The closed set of keys that a rule may have, with what each means: for the check of files and for the editors' schema alike. */
import { Type } from '@sinclair/typebox';
import { CLEANERS, DATE_FORMATS } from './convert.ts';
import { INPUT_TYPES } from './expression/expression.ts';

const oneOrMany = (description: string) =>
  Type.Unsafe<string | string[]>({ type: ['string', 'array'], items: { type: 'string' }, minLength: 1, minItems: 1, description });
const text = (description: string) => Type.String({ minLength: 1, description });
const flag = (description: string) => Type.Boolean({ description });
const given = (description: string) => Type.Unsafe<string | boolean | number>({ type: ['string', 'boolean', 'number'], description });

const cleanKey = Type.Unsafe<string | string[]>({
  type: ['string', 'array'],
  items: { type: 'string', enum: [...CLEANERS] },
  description: `what to do to the text first: ${CLEANERS.join(', ')}`,
});

/** Keys by which one value is read, in a rule and in an input of an expression alike. */
const FROM_KEYS = {
  from: oneOrMany('a selector, or a list of which the first that has a value is taken'),
  sum: text('the exact sum of every match of a selector'),
  default: given('the value to set when there is none'),
  format: Type.String({ enum: [...DATE_FORMATS], description: 'how dates are written' }),
  implied: Type.Integer({ minimum: 0, maximum: 9, description: 'implied decimals: 2 reads 9588 as 95.88' }),
  group: Type.String({ enum: [',', '.', ' ', "'"], description: 'the sign between groups of three digits' }),
  clean: cleanKey,
  pattern: Type.String({ minLength: 1, maxLength: 500, description: 'an RE2 pattern: its first group is taken, without groups the whole match' }),
};

export const INPUT_KEYS = {
  ...FROM_KEYS,
  as: Type.String({
    enum: [...INPUT_TYPES],
    description: 'what it is: text (unless said), dec (exact decimal), int (whole number) or date (2026-11-24)',
  }),
};

/** Each input is checked by itself, so that its faults have their own words. */
export const INPUTS = Type.Record(Type.String(), Type.Unknown(), {
  description: 'the inputs of the expression by name: a selector, or from or sum with as: dec | int | date | text',
});

const EXAMPLES = Type.Array(
  Type.Object(
    {
      in: Type.Unsafe<string | Record<string, string>>({
        type: ['string', 'object'],
        additionalProperties: { type: 'string' },
        description: 'the text that the document has; of a calc, or of a date with a time, each by its name; empty: it is not there',
      }),
      out: Type.Optional(
        Type.Unsafe<string | boolean | number | null>({
          type: ['string', 'boolean', 'number', 'null'],
          description: 'what the rule makes of it; null: no value',
        }),
      ),
      error: Type.Optional(Type.String({ description: 'the fault that it is, such as ERR_MAPPING_DECIMAL' })),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: 100, description: 'tests of this rule: whenever the file is read each must hold' },
);

export const RULE_KEYS = {
  ...FROM_KEYS,
  unit: Type.String({
    pattern: '^[A-Z0-9]{2,3}$',
    description:
      'of a uom: the X12 unit that the guide fixes where the document names none, such as CA; it is translated by codes.uom like one that was sent (XCS), and refused where that table does not know it',
  }),
  const: given('a value that is always set; put ids and decimals in quotes'),
  same: text('the value of another field of the document, such as currency'),
  all: oneOrMany('for a list of values: each selector that has a value gives one'),
  less: text('is subtracted from the value of from, exactly'),
  each: oneOrMany('for a list: one item for each loop or segment; of a list of selectors the first that finds any'),
  where: oneOrMany('of each only those that satisfy: REF02, ACK01 = IA|IB, N101 != ST; a list: all of them'),
  'group-by': oneOrMany('loops that agree in all of these make one item, and those that have none stay apart; sum adds over them'),
  when: oneOrMany('the rule counts only when this holds: REF(VN)02, BAK02 = AC|AD, BAK02 != AC; a list: all of them'),
  codes: text('the table of codes that translates the value'),
  lookup: Type.String({
    pattern: '^[a-z][a-zA-Z0-9_-]*\\..+$',
    description: 'table.column: the value of that column in the line whose key is the value of from; the table is one of needs',
  }),
  otherwise: given('for a code or key that is not in the table: error (default), keep, or a value'),
  required: flag('a document without it is refused'),
  time: text('the selector of the time that belongs to the date'),
  zone: text('the zone of the time: an offset such as -05:00, or a name such as America/Chicago'),
  hash: flag('the SHA-256 of the text in hex instead of the text, for what must not be passed on'),
  calc: text('a value that CEL makes of the inputs under with: exact decimals, no binary floats'),
  with: INPUTS,
  examples: EXAMPLES,
  as: Type.String({ enum: ['sscc'], description: 'what the text is, where the target only says text' }),
  note: text('for people'),
  guide: text("the page of the partner's guide"),
};

export const RULE_SCHEMA = Type.Partial(Type.Object(RULE_KEYS, { additionalProperties: false }));

/** Those that say where a value comes from; a rule has at most one. */
export const ORIGINS = ['from', 'const', 'same', 'all', 'sum', 'calc'] as const;
