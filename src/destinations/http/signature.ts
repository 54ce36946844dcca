/**
 * Standard Webhooks (standardwebhooks.com, spec 1.0): HMAC-SHA256 over `id.timestamp.body` on the raw bytes.
 *
 * Every secret signs, newest first; an endpoint accepts a request when one signature fits, so secrets rotate without a gap.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { GatewayError } from '../../core/errors/errors.ts';
import { SIGNING_SECRET_LENGTH } from '../../core/secret-reference.ts';
import type { SecretOf } from './secrets-at-hand.ts';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes; 16 is what we insist on. */
const MINIMUM_KEY_BYTES = SIGNING_SECRET_LENGTH;

/** Those in force now; throws ERR_CONFIG_SECRET. */
export type SigningKeys = () => readonly KeyObject[];

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

export function signatureHeaders(id: string, timestampSeconds: number, body: Uint8Array, keys: readonly KeyObject[]): SignedHeaders {
  const timestamp = String(timestampSeconds);
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** A key is made anew only when its secret has changed. */
export function signingKeys(references: readonly string[], secretOf: SecretOf): SigningKeys {
  const made = new Map<string, { readonly secret: string; readonly key: KeyObject }>();
  const keyOf = (reference: string): KeyObject => {
    const secret = secretOf(reference, SIGNING_SECRET_LENGTH);
    const known = made.get(reference);
    if (known?.secret === secret) return known.key;
    const key = createSecretKey(signingKey(secret, reference));
    made.set(reference, { secret, key });
    return key;
  };
  return () => references.map(keyOf);
}

/** `whsec_<base64>` is decoded; any other text is the key itself. Throws ERR_CONFIG_SECRET, naming only the reference. */
function signingKey(secret: string, reference: string): Buffer {
  if (!secret.startsWith(PREFIX)) return Buffer.from(secret, 'utf8');
  const encoded = secret.slice(PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  if (key.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    throw new GatewayError('ERR_CONFIG_SECRET', `${reference}: expected base64 after whsec_`);
  if (key.length < MINIMUM_KEY_BYTES)
    throw new GatewayError('ERR_CONFIG_SECRET', `${reference}: expected a signing key of at least ${MINIMUM_KEY_BYTES} bytes, found ${key.length}`);
  return key;
}
