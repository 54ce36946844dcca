/**
 * Secrets of one endpoint, read at most once a second: each delivery needs them, and a `file:` secret is read from the disk.
 *
 * A rotated secret is taken within that second. A secret that is missing is never remembered as such.
 */
import type { Secrets } from '../../core/context.ts';

const AT_HAND_MS = 1_000;

/** Throws ERR_CONFIG_SECRET. */
export type SecretOf = (reference: string, minimumLength?: number) => string;

export function secretsAtHand(secrets: Secrets): SecretOf {
  const read = new Map<string, { readonly secret: string; readonly until: number }>();
  return (reference, minimumLength) => {
    const now = performance.now();
    const known = read.get(reference);
    if (known !== undefined && now < known.until) return known.secret;
    const secret = secrets.resolve(reference, minimumLength);
    read.set(reference, { secret, until: now + AT_HAND_MS });
    return secret;
  };
}
