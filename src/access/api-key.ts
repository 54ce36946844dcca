/**
 * What a key looks like: `qsk_<id>_<secret>`. The prefix is for scanners of leaked secrets, the id for people and the audit.
 *
 * Only SHA-256 of the secret is stored. That is enough, because the secret is 32 random bytes: there is no dictionary to try, and
 * 2^256 guesses are as hopeless against a fast hash as against a slow one. A slow hash would only slow every request down.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'qsk';
const KEY = /^qsk_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/;
/** Without letters that are taken for others (Crockford). */
const ID_LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 12;

export interface PresentedKey {
  readonly id: string;
  readonly secret: string;
}

export function newKey(): PresentedKey & { readonly text: string } {
  const id = [...randomBytes(ID_LENGTH)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('');
  const secret = randomBytes(32).toString('base64url');
  return { id, secret, text: `${PREFIX}_${id}_${secret}` };
}

/** Undefined: it is not of this form, so it is no key of ours. */
export function parseKey(text: string): PresentedKey | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Of no secret that anybody has: what an unknown id is compared with. */
const NOBODY = randomBytes(32);

/** In constant time, whether or not there is something to compare with. */
export function matchesHash(secret: string, stored: Uint8Array | undefined): boolean {
  const same = timingSafeEqual(hashSecret(secret), stored ?? NOBODY);
  return same && stored !== undefined;
}
