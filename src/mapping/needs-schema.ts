/** How `needs:` is written: the file's schema and the editors' are made from it. */
import { Type } from '@sinclair/typebox';

export const NEEDS_SCHEMA = Type.Record(
  Type.String({ pattern: '^[a-z][a-zA-Z0-9_-]{0,39}$' }),
  Type.Object(
    {
      file: Type.Optional(
        Type.String({
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.csv$',
          description: 'a CSV file in the same folder: the first line names the columns, the first column is the key',
        }),
      ),
      url: Type.Optional(Type.String({ description: 'not carried out: an answer over HTTP would not be the same tomorrow' })),
    },
    { additionalProperties: false },
  ),
  { description: 'tables that rules look up, by a name of their own' },
);
