/** What ssh2 is told before it connects: only strong algorithms, unless the partner file says that the server is too old for them. */
import type { ConnectConfig } from 'ssh2';
import type { Context } from '../core/context.ts';
import type { ConnectionSettings } from './connection.ts';
import type { HostKeyPin } from './host-key.ts';

/** Keeps the way open while a document is being stored, and notices a dead peer between two requests. */
const KEEPALIVE = { keepaliveInterval: 10_000, keepaliveCountMax: 3 } as const;

/** Resolves the secrets; throws ERR_CONFIG_SECRET. */
export function connectConfig(
  settings: ConnectionSettings,
  pin: HostKeyPin,
  verifyHost: (presented: Buffer) => boolean,
  context: Context,
): ConnectConfig {
  const { privateKey, passphrase, password } = settings.auth;
  if (settings.legacyAlgorithms) context.log.warn({ drop: settings.drop }, 'legacyAlgorithms is on: weak algorithms are offered to this server');
  return {
    username: settings.username,
    ...(privateKey === undefined ? {} : { privateKey: context.secrets.resolve(privateKey) }),
    ...(passphrase === undefined ? {} : { passphrase: context.secrets.resolve(passphrase) }),
    // Many servers ask for the password by keyboard-interactive only (RFC 4256).
    ...(password === undefined ? {} : { password: context.secrets.resolve(password), tryKeyboard: true }),
    hostVerifier: verifyHost,
    algorithms: { serverHostKey: pin.algorithms, ...(settings.legacyAlgorithms ? legacy() : {}) },
    // The session has a deadline of its own, which also covers the login and the opening of SFTP.
    readyTimeout: 0,
    ...KEEPALIVE,
  };
}

const legacy = () =>
  ({
    kex: appended(['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1']),
    cipher: appended(['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc']),
    hmac: appended(['hmac-md5', 'hmac-sha1-96']),
  }) as const;

const appended = <const T extends string>(append: T[]) => ({ append, prepend: [], remove: [] });
