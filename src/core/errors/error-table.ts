/**
 * What every error code promises to whoever meets it.
 *
 * `retry`: does doing the same again help? `http`: the status the API answers with.
 * `summary` and `remedy` are what docs/errors.md (generated) says of it.
 */
export interface ErrorEntry {
  readonly retry: 'never' | 'later';
  readonly http: number;
  readonly summary: string;
  readonly remedy: string;
}

export type ErrorTable = Readonly<Record<`ERR_${string}`, ErrorEntry>>;
