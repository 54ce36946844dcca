import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../core/errors/errors.ts';
import { compileSchema } from '../../core/schema-check.ts';
import { parsePin } from '../../ssh/host-key.ts';
import { sftpChannel } from './channel.ts';
import { SftpOptions, settingsOf } from './options.ts';
import { generateKeys } from './peer.ts';

const check = compileSchema(SftpOptions);
const key = generateKeys().host.public;
const options = { host: 'H.example', username: 'me', auth: { privateKey: 'file:key' }, hostKey: key, directory: '/in/' };

describe('what a partner file may say', () => {
  test('a host key line as ssh-keyscan prints it is accepted, with and without a comment', () => {
    expect(check(options)).toEqual([]);
    expect(check({ ...options, hostKey: `${key} root@host` })).toEqual([]);
  });

  test.each<[string, object]>([
    ['no pinned host key', { hostKey: undefined }],
    ['a host key that is none', { hostKey: 'trust me' }],
    ['no way to log in', { auth: {} }],
    ['a passphrase without a key', { auth: { password: 'file:p', passphrase: 'file:q' } }],
    ['a secret written out', { auth: { password: 'hunter2hunter2' } }],
    ['a secret out of the gateway itself', { auth: { password: 'env:DATABASE_URL' } }],
    ['a path as a secret file', { auth: { password: 'file:../../etc/passwd' } }],
    ['a bare number as a duration', { poll: '30' }],
    ['an unknown key', { hostkey: key }],
    ['a trailer of another format', { trailer: 'UNZ' }],
    ['a port that is none', { port: 0 }],
  ])('%s is refused', (_what, change) => {
    const changed = JSON.parse(JSON.stringify({ ...options, ...change })) as unknown;
    expect(check(changed)).not.toEqual([]);
  });
});

describe('settings', () => {
  test('defaults are what the schema says', () => {
    expect(settingsOf(options)).toMatchObject({
      port: 22,
      directory: '/in',
      archive: '/in/archive',
      include: '*',
      pollMs: 30_000,
      minimumAgeMs: 10_000,
      trailer: 'IEA',
      maxBytes: 200_000_000,
      legacyAlgorithms: false,
      connectTimeoutMs: 20_000,
      operationTimeoutMs: 30_000,
    });
  });

  test('two ways to write one drop have one name; a relative and an absolute path have two', () => {
    const dropOf = (change: object) => sftpChannel.dropOf({ ...options, ...change });
    expect(dropOf({ host: 'h.EXAMPLE', directory: '//in/./', port: 22 })).toBe(dropOf({}));
    expect(dropOf({ directory: 'in' })).not.toBe(dropOf({ directory: '/in' }));
    expect(dropOf({ username: 'you' })).not.toBe(dropOf({}));
    expect(sftpChannel.pollIntervalMs({ ...options, poll: '200ms' })).toBe(200);
  });

  test('an archive that is the drop is refused', () => {
    expect(() => settingsOf({ ...options, archive: '/in/.' })).toThrow(GatewayError);
  });
});

test('a pin whose type and key disagree is refused', () => {
  const [, base64 = ''] = key.split(' ');
  expect(() => parsePin(`ssh-rsa ${base64}`, false)).toThrow(/cannot be read/);
  expect(() => parsePin('ssh-ed25519 AAAA', false)).toThrow(/cannot be read/);
});

test('SHA-1 host key signatures are accepted only where old algorithms are', () => {
  const fingerprint = `SHA256:${'A'.repeat(43)}`;
  expect(parsePin(fingerprint, false).algorithms).not.toContain('ssh-rsa');
  expect(parsePin(fingerprint, true).algorithms).toContain('ssh-rsa');
});
