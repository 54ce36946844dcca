/**
 * Who is calling: the holder of a key, or nobody.
 *
 * Whatever is wrong with a key, the caller learns only that it was not accepted; the log learns why. An unknown id costs the same
 * question to the database and the same comparison as a known one.
 */
import type { Log } from '../core/context.ts';
import { recordUse, secretOfKey } from '../store/api-keys.ts';
import type { Db } from '../store/database.ts';
import { matchesHash, parseKey } from './api-key.ts';
import { isScope, type Scope } from './scopes.ts';

export interface Caller {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Undefined: every partner. Of any other it must look as if it did not exist. */
  readonly partners: readonly string[] | undefined;
}

export type Refusal = 'malformed' | 'unknown' | 'wrong secret' | 'expired' | 'revoked';

export async function authenticateKey(
  db: Db,
  tenant: string,
  text: string,
  log: Log,
): Promise<Caller | { readonly refused: Refusal; keyId?: string }> {
  const presented = parseKey(text);
  if (presented === undefined) return { refused: 'malformed' };
  const stored = await secretOfKey(db, tenant, presented.id);
  const matches = matchesHash(presented.secret, stored?.secretHash);
  if (stored === undefined) return { refused: 'unknown', keyId: presented.id };
  if (!matches) return { refused: 'wrong secret', keyId: stored.id };
  if (stored.state !== 'live') return { refused: stored.state, keyId: stored.id };
  if (!stored.usedLately) {
    // A store that cannot write (its disk is full) still answers questions.
    await recordUse(db, tenant, stored.id).catch((error: unknown) => log.warn({ err: error, keyId: stored.id }, 'use of a key was not recorded'));
  }
  return { keyId: stored.id, name: stored.name, scopes: new Set(stored.scopes.filter(isScope)), partners: stored.partners ?? undefined };
}

/** As the audit names whoever changes something with a key. */
export const actorOf = ({ keyId, name }: Caller): string => `key:${keyId} (${name})`;
