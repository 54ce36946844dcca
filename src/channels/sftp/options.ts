/**
 * What a partner file may say of an SFTP drop, and the same with defaults filled in.
 *
 * A pinned host key is required: SFTP without one hands the password and the documents to whoever answers.
 */
import { type Static, Type } from '@sinclair/typebox';
import { durationText, parseDuration } from '../../core/duration.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { StringEnum } from '../../core/schema-check.ts';
import { secretReference } from '../../core/secret-reference.ts';

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

export const SftpOptions = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, description: 'Name or address of the SFTP server' }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, default: 22 })),
    username: Type.String({ minLength: 1, maxLength: 255 }),
    auth: Auth,
    hostKey: Type.String({
      pattern: '^((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}( .*)?|SHA256:[A-Za-z0-9+/]{43}=?)$',
      description:
        'Pinned host key: a line as ssh-keyscan prints it, without the host ("ssh-ed25519 AAAA…"), or "SHA256:…" as ssh-keygen -l prints it',
    }),
    directory: Type.String({ minLength: 1, maxLength: 1024, description: 'The drop; relative paths start in the login directory' }),
    archive: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        description: 'Where taken files are moved; default: archive in the drop. On the same file system',
      }),
    ),
    include: Type.Optional(Type.String({ minLength: 1, maxLength: 255, default: '*', description: 'File names to take; * and ? as in a shell' })),
    poll: Type.Optional(durationText('Time between two polls; default 30s', '30s')),
    minimumAge: Type.Optional(durationText('How long a file must have been watched unchanged before it is taken; default 10s', '10s')),
    trailer: Type.Optional(
      StringEnum(['IEA', 'none'], {
        default: 'IEA',
        description: 'IEA: take a file only when it ends in an IEA segment. none: for other formats than X12',
      }),
    ),
    maxBytes: Type.Optional(Type.Integer({ minimum: 1, default: 200_000_000, description: 'Larger files are left where they are and reported' })),
    legacyAlgorithms: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Also offer SHA-1 key exchange, ssh-rsa, CBC and HMAC-MD5, for old servers. Weak; warned at each poll',
      }),
    ),
    connectTimeout: Type.Optional(durationText('Deadline for connection, handshake and login together; default 20s', '20s')),
    operationTimeout: Type.Optional(durationText('Deadline for each answer of the server; default 30s', '30s')),
  },
  { additionalProperties: false },
);

export type SftpOptions = Static<typeof SftpOptions>;

export interface SftpSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly auth: Static<typeof Auth>;
  readonly hostKey: string;
  /** Normalised, without a slash at its end (but `/` itself). */
  readonly directory: string;
  readonly archive: string;
  readonly include: string;
  readonly pollMs: number;
  readonly minimumAgeMs: number;
  readonly trailer: 'IEA' | 'none';
  readonly maxBytes: number;
  readonly legacyAlgorithms: boolean;
  readonly connectTimeoutMs: number;
  readonly operationTimeoutMs: number;
  /** `sftp://user@host:port/directory`: names the drop in leases, keys and messages. */
  readonly drop: string;
}

/** Throws ERR_SFTP_DIRECTORY when the archive is the drop itself: what was taken would be taken again. */
export function settingsOf(options: SftpOptions): SftpSettings {
  const port = options.port ?? 22;
  const directory = normalise(options.directory);
  const archive = normalise(options.archive ?? `${directory}/archive`);
  const slash = directory.startsWith('/') ? '' : '/./';
  const drop = `sftp://${encodeURIComponent(options.username)}@${options.host.toLowerCase()}:${port}${slash}${directory}`;
  if (archive === directory)
    throw new GatewayError('ERR_SFTP_DIRECTORY', `${drop}: expected an archive other than the drop, found ${archive} for both`, {
      hint: 'name another directory under archive, on the same file system',
    });
  return {
    host: options.host,
    port,
    username: options.username,
    auth: options.auth,
    hostKey: options.hostKey,
    directory,
    archive,
    include: options.include ?? '*',
    pollMs: milliseconds('poll', options.poll ?? '30s'),
    minimumAgeMs: milliseconds('minimumAge', options.minimumAge ?? '10s'),
    trailer: options.trailer ?? 'IEA',
    maxBytes: options.maxBytes ?? 200_000_000,
    legacyAlgorithms: options.legacyAlgorithms ?? false,
    connectTimeoutMs: milliseconds('connectTimeout', options.connectTimeout ?? '20s'),
    operationTimeoutMs: milliseconds('operationTimeout', options.operationTimeout ?? '30s'),
    drop,
  };
}

/** `a//b/./c/` and `a/b/c` are one drop. `..` stays: on the server it may lead through a link. */
function normalise(path: string): string {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  const joined = steps.join('/');
  if (path.startsWith('/')) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

function milliseconds(option: string, text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new GatewayError('ERR_FILE_SCHEMA', `${option}: expected a duration such as 30s, found ${JSON.stringify(text)}`);
  return parsed;
}
