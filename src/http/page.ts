/**
 * Lists in pages: so many items, and an opaque cursor for those after them.
 *
 * A cursor says only where a page ended, never what may be seen: what it leads to is scoped by the key like everything else. It is
 * checked like any input, because it comes back from outside.
 */
import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox';
import { GatewayError } from '../core/errors/errors.ts';
import { compileSchema } from '../core/schema-check.ts';
import { closedObject, OrNull } from './shapes.ts';

export interface Cursors<T extends TObject> {
  readonly encode: (place: Static<T> | undefined) => string | null;
  /** Throws ERR_API_CURSOR for a text that `encode` did not make. */
  readonly decode: (text: string | undefined) => Static<T> | undefined;
}

/** `kind` tells the cursors of one list from those of another. */
export function cursorsOf<T extends TObject>(kind: string, place: T): Cursors<T> {
  const check = compileSchema(place);
  const keys = Object.keys(place.properties);
  return {
    encode(at) {
      if (at === undefined) return null;
      const values = keys.map((key) => (at as Record<string, unknown>)[key]);
      return Buffer.from(JSON.stringify([kind, ...values])).toString('base64url');
    },
    decode(text) {
      if (text === undefined) return undefined;
      const [found, ...values] = readValues(text);
      const at = Object.fromEntries(keys.map((key, i) => [key, values[i]]));
      if (found === kind && values.length === keys.length && check(at).length === 0) return at as Static<T>;
      throw new GatewayError('ERR_API_CURSOR', 'after: expected next of a page before, found something else');
    },
  };
}

function readValues(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Never larger than what PostgreSQL takes as int8 and JavaScript holds. */
export const Position = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const TransactionId = Type.String({ pattern: '^\\d{1,19}$' });

export const pageQuery = (most: number) => ({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: most, description: `how many at most; ${usual(most)} if not said` })),
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description: 'next of the page before' })),
});

export const usual = (most: number): number => Math.min(most, 50);

export const pageOf = <T extends TSchema>(item: T) =>
  closedObject({
    items: Type.Array(item),
    next: OrNull(Type.String({ description: 'after of the next page; null: that was all. A page may be short, even empty, and still have one' })),
  });

/** Of rows that were asked for with one more than shown. */
export function pageFrom<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Shown,
  next: (last: Row) => string | null,
): { items: Shown[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(show), next: rows.length > limit && last !== undefined ? next(last) : null };
}

/** The usual case: a row is shown as it is, but for its place, which only the cursor tells. */
export const placedPageFrom = <T extends TObject, Row extends { readonly place: Static<T> }>(
  rows: readonly Row[],
  limit: number,
  places: Cursors<T>,
) =>
  pageFrom(
    rows,
    limit,
    ({ place: _, ...row }) => row,
    ({ place }) => places.encode(place),
  );
