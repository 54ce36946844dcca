/**
 * The pinned host key: who the server must be before anything is said to it.
 *
 * A whole key line also fixes the key's type, so that a server with several keys presents the pinned one; a fingerprint cannot.
 */
import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { GatewayError } from '../core/errors/errors.ts';

export interface HostKeyPin {
  readonly algorithms: ServerHostKeyAlgorithm[];
  /** Of the raw key that the server presents (RFC 4253 §6.6). */
  matches(presented: Buffer): boolean;
  /** For messages. */
  readonly expected: string;
}

/** RFC 8332: an ssh-rsa key signs with SHA-2; the SHA-1 signature of the same name is for old servers only. */
const RSA: ServerHostKeyAlgorithm[] = ['rsa-sha2-512', 'rsa-sha2-256'];
const LEGACY_RSA: ServerHostKeyAlgorithm[] = [...RSA, 'ssh-rsa'];
const ELLIPTIC: ServerHostKeyAlgorithm[] = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'];

/** Throws ERR_SFTP_HOST_KEY for a pin that cannot be read. */
export function parsePin(pin: string, legacyAlgorithms: boolean): HostKeyPin {
  const rsa = legacyAlgorithms ? LEGACY_RSA : RSA;
  const text = pin.trim();
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) {
    const expected = text.replace(/=$/, '');
    return { algorithms: [...ELLIPTIC, ...rsa], matches: (presented) => fingerprintOf(presented) === expected, expected };
  }
  const [type = '', base64 = ''] = text.split(/\s+/);
  const pinned = Buffer.from(base64, 'base64');
  const elliptic = ELLIPTIC.filter((algorithm) => algorithm === type);
  if ((elliptic.length === 0 && type !== 'ssh-rsa') || typeOf(pinned) !== type)
    throw new GatewayError('ERR_SFTP_HOST_KEY', 'the pinned host key cannot be read: expected "ssh-ed25519 AAAA…" or "SHA256:…"', {
      hint: 'pin a line of ssh-keyscan without the host name, after checking it with the partner',
    });
  return {
    algorithms: elliptic.length > 0 ? elliptic : rsa,
    matches: (presented) => presented.equals(pinned),
    expected: `${type} ${fingerprintOf(pinned)}`,
  };
}

export const describeKey = (presented: Buffer): string => `${typeOf(presented) ?? 'a key of unknown type'} ${fingerprintOf(presented)}`;

const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The first string of the key's wire form names its type (RFC 4253 §6.6). */
function typeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? undefined : key.toString('latin1', 4, 4 + length);
}
