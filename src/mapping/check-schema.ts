/** How a check is written, apart from what it does: the file's schema and the editors' are made from it. */
import { Type } from '@sinclair/typebox';
import { StringEnum } from '../core/schema-check.ts';
import { INPUTS } from './rule-keys.ts';

const text = (description: string) => Type.String({ minLength: 1, description });

export const CHECK_SCHEMA = Type.Object(
  {
    name: text('what is checked; no other check has this name'),
    that: text('what must hold, in CEL: of the inputs, and of out, the mapped document'),
    with: Type.Optional(INPUTS),
    say: text('what to tell people when it does not hold'),
    else: StringEnum(['error', 'warn'], { description: 'error: the document is held; warn: it is sent, and the problem is kept with it' }),
  },
  { additionalProperties: false },
);
