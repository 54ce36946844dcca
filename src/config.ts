/**
 * The environment, read once and checked whole: the only place that knows process.env.
 *
 * Every variable is in one table, from which docs/operations.md has its own. No value is ever repeated in a message,
 * because it may hold a password.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseSize } from './core/byte-size.ts';
import type { Secrets } from './core/context.ts';
import { GatewayError } from './core/errors/errors.ts';
import { FAILPOINTS, type Failpoint } from './core/failpoints.ts';
import type { Problem } from './core/problem.ts';
import { SECRET_LENGTH } from './core/secret-reference.ts';
import { suggest } from './core/suggest.ts';

/** Where the gateway listens when PORT is not set. */
export const DEFAULT_PORT = 8080;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface Config {
  /** Undefined: the embedded server. */
  readonly databaseUrl: string | undefined;
  /** Undefined: a server from PATH, else BullMQ's PostgreSQL backend. */
  readonly redisUrl: string | undefined;
  /** Absolute; holds partners/, mappings/, queues/. */
  readonly home: string;
  /** Absolute; where embedded stores live. */
  readonly data: string;
  /** Bytes of its disk that intake leaves free. */
  readonly diskReserve: number;
  /** Bytes of database from which on nothing is taken in. */
  readonly databaseLimit: number | undefined;
  /** Absolute; undefined: `file:` references are refused. */
  readonly secretsDirectory: string | undefined;
  /** 0: any free port. Undefined: the default of what listens. */
  readonly port: number | undefined;
  readonly host: string;
  /** Of a process without the api role. Undefined: it does not listen. */
  readonly healthPort: number | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly eventPrefix: string;
  /** Origin under which others reach the gateway, without a trailing slash. Undefined: where it listens. */
  readonly publicUrl: string | undefined;
  readonly tenant: string;
  readonly failpoint: Failpoint | undefined;
  /** Undefined: no traces. */
  readonly tracing: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined;
  /** Where programs are looked for. */
  readonly path: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  readonly what: string;
  readonly default: string;
  /** What a value must be; only called with text that is not empty. */
  readonly expected: string;
  accepts(value: string): boolean;
}

const anyText = () => true;
const urlOf =
  (...schemes: readonly string[]) =>
  (value: string) =>
    URL.canParse(value) && schemes.includes(new URL(value).protocol);
const isPort = (value: string) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535;
const directory = (value: string) => statSync(value, { throwIfNoEntry: false })?.isDirectory() === true;

/** Every variable there is, besides the secrets `QUAYSIDE_SECRET_<NAME>` that files refer to. */
export const ENVIRONMENT = {
  DATABASE_URL: {
    what: 'PostgreSQL',
    default: 'unset: the embedded server',
    expected: 'a url postgres://…',
    accepts: urlOf('postgres:', 'postgresql:'),
  },
  REDIS_URL: {
    what: 'Redis or Valkey',
    default: 'unset: a server from PATH, else a queue in PostgreSQL',
    expected: 'a url redis://… or rediss://…',
    accepts: urlOf('redis:', 'rediss:'),
  },
  QUAYSIDE_HOME: {
    what: 'The folder that holds partners/, mappings/ and queues/',
    default: 'the working directory',
    expected: 'a directory that exists',
    accepts: directory,
  },
  QUAYSIDE_DATA: { what: 'Where embedded stores live', default: '.quayside in QUAYSIDE_HOME', expected: 'a path', accepts: anyText },
  QUAYSIDE_DISK_RESERVE: {
    what: 'Embedded stores: with less than this free on the disk of QUAYSIDE_DATA, nothing is taken in',
    default: '512MB',
    expected: 'a size such as 500MB or 2GB',
    accepts: (value) => parseSize(value) !== undefined,
  },
  QUAYSIDE_DATABASE_LIMIT: {
    what: 'With a database larger than this, nothing is taken in; delivery goes on',
    default: 'unset: no limit',
    expected: 'a size such as 500MB or 200GB',
    accepts: (value) => parseSize(value) !== undefined,
  },
  QUAYSIDE_SECRETS_DIR: {
    what: 'The folder of the secrets that files name as file:<name>',
    default: 'unset: file: is refused',
    expected: 'a directory that exists',
    accepts: directory,
  },
  PORT: {
    what: 'Port of the HTTP server; 0 is any free one, which the demo takes where this is unset',
    default: String(DEFAULT_PORT),
    expected: 'a number from 0 to 65535',
    accepts: isPort,
  },
  QUAYSIDE_HEALTH_PORT: {
    what: 'Port where a process without the api role answers /livez, /readyz and /metrics',
    default: 'unset: it does not listen',
    expected: 'a number from 0 to 65535',
    accepts: isPort,
  },
  HOST: {
    what: 'Address of the HTTP server',
    default: '127.0.0.1',
    expected: 'an address or a name',
    accepts: (value) => /^[0-9A-Za-z.:_-]+$/.test(value),
  },
  LOG_LEVEL: {
    what: 'The least important lines that are logged',
    default: 'info',
    expected: `one of ${LOG_LEVELS.join(', ')}`,
    accepts: (value) => isOneOf(LOG_LEVELS, value),
  },
  QUAYSIDE_EVENT_PREFIX: {
    what: 'What event types begin with',
    default: 'dev.quayside',
    expected: 'a domain name in reverse, such as com.example',
    accepts: (value) => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(value),
  },
  QUAYSIDE_PUBLIC_URL: {
    what: 'Where others reach this gateway; the schemas that events name are there',
    default: 'where it listens',
    expected: 'a url http://… or https://…',
    accepts: urlOf('http:', 'https:'),
  },
  QUAYSIDE_TENANT: {
    what: 'Whose tables, ids and keys these are',
    default: 'default',
    expected: 'lower-case letters, digits, - and _',
    accepts: (value) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(value),
  },
  QUAYSIDE_FAILPOINT: {
    what: 'Where a test of crash recovery kills the process; never set it otherwise',
    default: 'unset',
    expected: `one of ${FAILPOINTS.join(', ')}`,
    accepts: (value) => isOneOf(FAILPOINTS, value),
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    what: 'An OpenTelemetry collector (OTLP over HTTP); traces are posted to /v1/traces there',
    default: 'unset: no traces',
    expected: 'a url http://… or https://…',
    accepts: urlOf('http:', 'https:'),
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    what: 'Where exactly traces are posted to, in place of the former',
    default: 'unset',
    expected: 'a url http://… or https://…',
    accepts: urlOf('http:', 'https:'),
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    what: 'Headers for the collector, such as its credentials',
    default: 'unset',
    expected: 'name=value, several with a comma between them, values percent-encoded',
    accepts: (value) => headersOf(value) !== undefined,
  },
  PATH: { what: 'Where redis-server or valkey-server is looked for', default: "the system's", expected: 'a list of directories', accepts: anyText },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof ENVIRONMENT;

/** Of secrets that partner and queue files name. */
export const SECRET_PREFIX = 'QUAYSIDE_SECRET_';

/** `overrides` are what a command line says in place of the environment. With an error among the problems the config is not to be used: exit 78. */
export function readConfig(
  environment: Environment = process.env,
  overrides: Partial<Record<VariableName, string>> = {},
): { config: Config; problems: Problem[] } {
  const env: Environment = { ...environment, ...overrides };
  const problems = [...faultyValues(env), ...unknownNames(env)];
  const home = path.resolve(env.QUAYSIDE_HOME || '.');
  const secretsDirectory = env.QUAYSIDE_SECRETS_DIR;
  const config: Config = {
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    home,
    data: path.resolve(env.QUAYSIDE_DATA || path.join(home, '.quayside')),
    diskReserve: parseSize(env.QUAYSIDE_DISK_RESERVE ?? ENVIRONMENT.QUAYSIDE_DISK_RESERVE.default) ?? 0,
    databaseLimit: parseSize(env.QUAYSIDE_DATABASE_LIMIT ?? ''),
    secretsDirectory: secretsDirectory ? path.resolve(secretsDirectory) : undefined,
    port: env.PORT === undefined ? undefined : Number(env.PORT),
    host: env.HOST ?? ENVIRONMENT.HOST.default,
    healthPort: env.QUAYSIDE_HEALTH_PORT === undefined ? undefined : Number(env.QUAYSIDE_HEALTH_PORT),
    logLevel: isOneOf(LOG_LEVELS, env.LOG_LEVEL) ? env.LOG_LEVEL : ENVIRONMENT.LOG_LEVEL.default,
    eventPrefix: env.QUAYSIDE_EVENT_PREFIX ?? ENVIRONMENT.QUAYSIDE_EVENT_PREFIX.default,
    publicUrl: env.QUAYSIDE_PUBLIC_URL?.replace(/\/+$/, ''),
    tenant: env.QUAYSIDE_TENANT ?? ENVIRONMENT.QUAYSIDE_TENANT.default,
    failpoint: isOneOf(FAILPOINTS, env.QUAYSIDE_FAILPOINT) ? env.QUAYSIDE_FAILPOINT : undefined,
    tracing: tracingOf(env),
    path: env.PATH ?? '',
  };
  return { config, problems };
}

function tracingOf(env: Environment): Config['tracing'] {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact, OTEL_EXPORTER_OTLP_ENDPOINT: base } = env;
  const url = exact || (base ? `${base.replace(/\/+$/, '')}/v1/traces` : undefined);
  return url === undefined ? undefined : { url, headers: headersOf(env.OTEL_EXPORTER_OTLP_HEADERS ?? '') ?? {} };
}

/** As the OpenTelemetry specification writes headers in a variable; undefined when the text is something else. */
function headersOf(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, name, value] = /^\s*([A-Za-z0-9-]+)=([^\s,]+)\s*$/.exec(pair) ?? [];
        if (name === undefined || value === undefined) throw new URIError('expected name=value');
        return [name.toLowerCase(), decodeURIComponent(value)];
      }),
    );
  } catch {
    return undefined;
  }
}

function faultyValues(env: Environment): Problem[] {
  return Object.entries<Variable>(ENVIRONMENT).flatMap(([name, variable]) => {
    const value = env[name];
    if (value === undefined || (value !== '' && variable.accepts(value))) return [];
    // An empty value is what an unset variable of a compose file becomes; to fall back to the default would hide that.
    const found = value === '' ? 'an empty value' : 'another value';
    const hint = value === '' ? `unset ${name}, or give it a value` : undefined;
    return [
      {
        code: 'ERR_CONFIG_ENV',
        severity: 'error',
        message: `${name}: expected ${variable.expected}, found ${found}`,
        expected: variable.expected,
        found,
        hint,
      },
    ];
  });
}

function unknownNames(env: Environment): Problem[] {
  const known = Object.keys(ENVIRONMENT).filter((name) => name.startsWith('QUAYSIDE_'));
  return Object.keys(env)
    .filter((name) => name.startsWith('QUAYSIDE_') && !known.includes(name) && !name.startsWith(SECRET_PREFIX))
    .sort()
    .map((name) => {
      const near = suggest(name, known);
      return {
        code: 'ERR_CONFIG_ENV',
        severity: 'warning',
        message: `${name} is not a variable of this version and is ignored`,
        hint: near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${near}?`,
      };
    });
}

function isOneOf<const T extends string>(values: readonly T[], value: string | undefined): value is T {
  return values.some((accepted) => accepted === value);
}

const MAX_SECRET_BYTES = 64 * 1024;

/**
 * Resolves the references that files may make, and nothing else: no file can read DATABASE_URL or leave the folder.
 *
 * A `file:` secret is read each time, so that a rotated one is taken without a restart.
 */
export function makeSecrets(secretsDirectory: string | undefined, environment: Environment = process.env): Secrets {
  return {
    resolve(reference, minimumLength = SECRET_LENGTH) {
      const secret = secretOf(reference, secretsDirectory, environment).replace(/\r?\n$/, '');
      if (secret.trim() === '') throw secretFault(reference, 'expected a secret, found an empty one');
      if (secret.length < minimumLength) throw secretFault(reference, `expected at least ${minimumLength} characters, found fewer`);
      return secret;
    },
  };
}

function secretOf(reference: string, secretsDirectory: string | undefined, environment: Environment): string {
  const variable = /^env:(QUAYSIDE_SECRET_[A-Z0-9_]+)$/.exec(reference)?.[1];
  if (variable !== undefined) {
    const value = environment[variable];
    if (value === undefined) throw secretFault(reference, `${variable} is not set`);
    return value;
  }
  const name = /^file:([A-Za-z0-9][A-Za-z0-9._-]*)$/.exec(reference)?.[1];
  // What is no reference may be the secret itself: it is not repeated.
  if (name === undefined) throw new GatewayError('ERR_CONFIG_SECRET', `expected env:${SECRET_PREFIX}<NAME> or file:<name>, found something else`);
  if (secretsDirectory === undefined) throw secretFault(reference, 'QUAYSIDE_SECRETS_DIR is not set');
  const location = path.join(secretsDirectory, name);
  try {
    if (statSync(location).size > MAX_SECRET_BYTES) throw secretFault(reference, `expected at most ${MAX_SECRET_BYTES} bytes, found more`);
    return readFileSync(location, 'utf8');
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    throw secretFault(reference, `the file cannot be read (${thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'})`);
  }
}

const secretFault = (reference: string, message: string): GatewayError => new GatewayError('ERR_CONFIG_SECRET', `${reference}: ${message}`);
