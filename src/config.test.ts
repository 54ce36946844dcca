import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENVIRONMENT, makeSecrets, readConfig } from './config.ts';
import { formatProblem } from './core/problem.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'quayside-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the environment', () => {
  it('may be empty: everything has a default', () => {
    expect(readConfig({})).toEqual({
      config: {
        databaseUrl: undefined,
        redisUrl: undefined,
        home: process.cwd(),
        data: path.join(process.cwd(), '.quayside'),
        diskReserve: 512 * 1024 * 1024,
        databaseLimit: undefined,
        secretsDirectory: undefined,
        port: undefined,
        publicUrl: undefined,
        host: '127.0.0.1',
        healthPort: undefined,
        logLevel: 'info',
        eventPrefix: 'dev.quayside',
        tenant: 'default',
        failpoint: undefined,
        tracing: undefined,
        path: '',
      },
      problems: [],
    });
  });

  it('is read as it says, and a command line overrides it', () => {
    const env = {
      DATABASE_URL: 'postgresql://u:p@db/q',
      REDIS_URL: 'rediss://cache:6379',
      QUAYSIDE_HOME: folder,
      QUAYSIDE_SECRETS_DIR: folder,
      QUAYSIDE_DISK_RESERVE: '2GB',
      QUAYSIDE_DATABASE_LIMIT: '200GB',
      PORT: '9000',
      HOST: '::1',
      LOG_LEVEL: 'debug',
      QUAYSIDE_EVENT_PREFIX: 'com.example',
      QUAYSIDE_TENANT: 'north',
      QUAYSIDE_FAILPOINT: 'receive.read',
      QUAYSIDE_SECRET_ANY: 'whatever it is',
      PATH: '/usr/bin',
      HOME: '/root',
    };
    const { config, problems } = readConfig(env, { PORT: '0' });
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      databaseUrl: 'postgresql://u:p@db/q',
      redisUrl: 'rediss://cache:6379',
      home: folder,
      data: path.join(folder, '.quayside'),
      diskReserve: 2 * 1024 ** 3,
      databaseLimit: 200 * 1024 ** 3,
    });
    expect(config).toMatchObject({
      port: 0,
      host: '::1',
      logLevel: 'debug',
      eventPrefix: 'com.example',
      tenant: 'north',
      failpoint: 'receive.read',
      path: '/usr/bin',
    });
  });

  it.each([
    ['DATABASE_URL', 'mysql://u:hunter2@db/q'],
    ['REDIS_URL', 'hunter2'],
    ['QUAYSIDE_HOME', '/no/such/hunter2'],
    ['QUAYSIDE_SECRETS_DIR', '/no/such/hunter2'],
    ['QUAYSIDE_DISK_RESERVE', '12gb'],
    ['QUAYSIDE_DATABASE_LIMIT', '1.5TB'],
    ['PORT', '65536'],
    ['PORT', '80a'],
    ['QUAYSIDE_HEALTH_PORT', '-1'],
    ['HOST', 'a b'],
    ['LOG_LEVEL', 'loud'],
    ['QUAYSIDE_EVENT_PREFIX', 'Com Example'],
    ['QUAYSIDE_TENANT', '../x'],
    ['QUAYSIDE_FAILPOINT', 'receive.reed'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization: Bearer hunter2'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=%hunter2'],
  ])('refuses %s=%s, and does not repeat the value', (name, value) => {
    const { problems } = readConfig({ [name]: value });
    expect(problems).toMatchObject([{ code: 'ERR_CONFIG_ENV', severity: 'error' }]);
    expect(problems[0]?.message).toContain(name);
    expect(JSON.stringify(problems)).not.toContain(value);
  });

  it.each(Object.keys(ENVIRONMENT))('refuses an empty %s rather than fall back to the default', (name) => {
    expect(readConfig({ [name]: '' }).problems).toMatchObject([{ severity: 'error', hint: `unset ${name}, or give it a value` }]);
  });

  it('sends traces where the OpenTelemetry variables say, and nowhere without them', () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/';
    const OTEL_EXPORTER_OTLP_HEADERS = 'Authorization=Bearer%20t-1, x-team=edi';
    expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS }).config.tracing).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: { authorization: 'Bearer t-1', 'x-team': 'edi' },
    });
    const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'https://traces.example.com/in';
    expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }).config.tracing?.url).toBe('https://traces.example.com/in');
  });

  it('warns of a variable that it does not know, with the one that was probably meant', () => {
    expect(readConfig({ QUAYSIDE_HOEM: folder, QUAYSIDE_SECRET_X: 'x' }).problems.map(formatProblem)).toEqual([
      'warning ERR_CONFIG_ENV QUAYSIDE_HOEM is not a variable of this version and is ignored · hint: did you mean QUAYSIDE_HOME?',
    ]);
  });

  it('has a table that says of each variable what it is', () => {
    for (const variable of Object.values(ENVIRONMENT)) {
      expect(variable.what.length * variable.default.length * variable.expected.length).toBeGreaterThan(0);
    }
  });
});

describe('secrets', () => {
  const resolving = (reference: string, env: Record<string, string> = {}, minimumLength?: number) =>
    makeSecrets(folder, env).resolve(reference, ...(minimumLength === undefined ? [] : [minimumLength]));

  it('come from variables made for them, or from files in the folder of secrets, without the line end', () => {
    writeFileSync(path.join(folder, 'erp.key'), 'a file of secrets\n');
    expect(resolving('env:QUAYSIDE_SECRET_ERP', { QUAYSIDE_SECRET_ERP: 'from the environment' })).toBe('from the environment');
    expect(resolving('file:erp.key')).toBe('a file of secrets');
  });

  it('of a file are taken anew when the file is rotated', () => {
    writeFileSync(path.join(folder, 'erp'), 'the first one');
    const secrets = makeSecrets(folder, {});
    expect(secrets.resolve('file:erp')).toBe('the first one');
    writeFileSync(path.join(folder, 'erp'), 'the second one');
    expect(secrets.resolve('file:erp')).toBe('the second one');
  });

  it.each([
    'env:DATABASE_URL',
    'env:QUAYSIDE_SECRET_',
    'env:QUAYSIDE_SECRET_x',
    'file:../outside',
    'file:/etc/passwd',
    'file:..',
    'file:.hidden',
    'file:a/b',
    'file:a\\b',
    'file:',
    'file:folder',
    'file:missing',
    'env:QUAYSIDE_SECRET_UNSET',
    'plain-text-secret',
    '',
  ])('are not read through %j', (reference) => {
    mkdirSync(path.join(folder, 'folder'));
    writeFileSync(path.join(folder, '.hidden'), 'a hidden secret');
    expect(() => resolving(reference, { DATABASE_URL: 'postgres://u:p@db/q', QUAYSIDE_SECRET_x: 'lower case' })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_SECRET' }),
    );
  });

  it('are refused when empty or short, shorter still for signing, and are never repeated', () => {
    for (const [secret, minimumLength] of [
      ['', 8],
      ['   \n', 8],
      ['hunter2', 8],
      ['hunter2hunter2', 16],
    ] as const) {
      const attempt = () => resolving('env:QUAYSIDE_SECRET_A', { QUAYSIDE_SECRET_A: secret }, minimumLength);
      expect(attempt).toThrow(/^env:QUAYSIDE_SECRET_A: expected/);
      expect(attempt).not.toThrow(/hunter2/);
    }
    expect(resolving('env:QUAYSIDE_SECRET_A', { QUAYSIDE_SECRET_A: 'hunter2hunter2' })).toBe('hunter2hunter2');
    expect(() => resolving('hunter2-hunter2')).not.toThrow(/hunter2/);
  });

  it('from files need the folder to be named', () => {
    expect(() => makeSecrets(undefined, {}).resolve('file:erp')).toThrow('QUAYSIDE_SECRETS_DIR is not set');
  });
});
