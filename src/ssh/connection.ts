/**
 * What a file must say to reach an SSH server, and the same with defaults filled in.
 *
 * A pinned host key is required: without one the password and the documents go to whoever answers.
 */
import { type Static, Type } from '@sinclair/typebox';
import { durationText, parseDuration } from '../core/duration.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { secretReference } from '../core/secret-reference.ts';

const Auth = Type.Object(
  {
    privateKey: Type.Optional(secretReference('the private key (OpenSSH or PEM)')),
    passphrase: Type.Optional(secretReference('the passphrase of the private key')),
    password: Type.Optional(secretReference('the password')),
  },
  {
    additionalProperties: false,
    anyOf: [{ required: ['privateKey'] }, { required: ['password'] }],
    dependentRequired: { passphrase: ['privateKey'] },
    description: 'privateKey or password; both for a server that asks for both',
  },
);

/** Whom to reach. */
export const serverProperties = {
  host: Type.String({ minLength: 1, maxLength: 255, description: 'Name or address of the SFTP server' }),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, default: 22 })),
  username: Type.String({ minLength: 1, maxLength: 255 }),
  auth: Auth,
  hostKey: Type.String({
    pattern: '^((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}( .*)?|SHA256:[A-Za-z0-9+/]{43}=?)$',
    description: 'Pinned host key: a line as ssh-keyscan prints it, without the host ("ssh-ed25519 AAAA…"), or "SHA256:…" as ssh-keygen -l prints it',
  }),
};

/** How to talk to it. */
export const sessionProperties = {
  legacyAlgorithms: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Also offer SHA-1 key exchange, ssh-rsa, CBC and HMAC-MD5, for old servers. Weak; warned at each connection',
    }),
  ),
  connectTimeout: Type.Optional(durationText('Deadline for connection, handshake and login together; default 20s', '20s')),
  operationTimeout: Type.Optional(durationText('Deadline for each answer of the server; default 30s', '30s')),
};

export interface ConnectionOptions {
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly auth: Static<typeof Auth>;
  readonly hostKey: string;
  readonly legacyAlgorithms?: boolean;
  readonly connectTimeout?: string;
  readonly operationTimeout?: string;
}

export interface ConnectionSettings extends Pick<ConnectionOptions, 'host' | 'username' | 'auth' | 'hostKey'> {
  readonly port: number;
  readonly legacyAlgorithms: boolean;
  readonly connectTimeoutMs: number;
  readonly operationTimeoutMs: number;
  /** `sftp://user@host:port/directory`: names the place in leases, keys and messages. */
  readonly drop: string;
}

/** `directory` as `normalisePath` writes it. */
export function connectionSettings(options: ConnectionOptions, directory: string): ConnectionSettings {
  const port = options.port ?? 22;
  const slash = directory.startsWith('/') ? '' : '/./';
  return {
    host: options.host,
    port,
    username: options.username,
    auth: options.auth,
    hostKey: options.hostKey,
    legacyAlgorithms: options.legacyAlgorithms ?? false,
    connectTimeoutMs: milliseconds('connectTimeout', options.connectTimeout ?? '20s'),
    operationTimeoutMs: milliseconds('operationTimeout', options.operationTimeout ?? '30s'),
    drop: `sftp://${encodeURIComponent(options.username)}@${options.host.toLowerCase()}:${port}${slash}${directory}`,
  };
}

/** `a//b/./c/` and `a/b/c` are one directory. `..` stays: on the server it may lead through a link. */
export function normalisePath(path: string): string {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  const joined = steps.join('/');
  if (path.startsWith('/')) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

export function milliseconds(option: string, text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new GatewayError('ERR_FILE_SCHEMA', `${option}: expected a duration such as 30s, found ${JSON.stringify(text)}`);
  return parsed;
}
