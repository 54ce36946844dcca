import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../core/context.ts';
import { openDatabase } from '../database.ts';
import { findBinaries } from './binaries.ts';
import { launchInProcess, siteFor } from './harness.ts';
import { launchPostgres } from './launch-postgres.ts';
import { SYSTEM_PATH } from './programs.ts';

const isRoot = process.getuid?.() === 0;
/** As root tests become an ordinary user; where the test is one already, it is that one. */
const user = isRoot ? nobody() : undefined;
const root = mkdtempSync(join(tmpdir(), 'quayside-user-'));
// Like the temporary directory itself: other users work in it too.
chmodSync(root, 0o1777);
afterAll(() => rmSync(root, { recursive: true, force: true }));
vi.stubEnv('TMPDIR', root);
vi.setConfig({ testTimeout: 60_000 });
const site = siteFor(user, root);

async function answers(url: string): Promise<boolean> {
  const database = openDatabase(url, { max: 1 });
  try {
    return (await database.query('SELECT 1 AS n')).rowCount === 1;
  } finally {
    await database.close();
  }
}

async function launchOnce(dataDirectory: string, pathVariable: string): Promise<string> {
  const server = await launchPostgres({ dataDirectory, log: silentLog, pathVariable, durable: false });
  try {
    expect(await answers(server.url)).toBe(true);
    return server.describe;
  } finally {
    await server.stop();
  }
}

/** A PATH on which the kernel seems to refuse user namespaces, as most containers do. */
function pathWithoutNamespaces(): string {
  const folder = join(root, 'refusing');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'unshare'), '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n', { mode: 0o755 });
  return `${folder}:${SYSTEM_PATH}`;
}

test('npm’s missing package is ERR_STORE_LAUNCH and says what to do', () => {
  expect(() => findBinaries('linux', 'riscv64')).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_LAUNCH', hint: expect.stringContaining('DATABASE_URL') }),
  );
});

describe.runIf(isRoot)('as root', () => {
  const directory = join(root, 'data');

  test('PostgreSQL runs in a user namespace, and its files stay root’s', async () => {
    const usable = canUnshare();
    const how = await launchOnce(directory, SYSTEM_PATH);
    expect(how).toContain(usable ? 'run in a user namespace' : 'run as uid');
    if (usable) expect(statSync(join(directory, 'cluster')).uid).toBe(0);
  });

  test('where namespaces are refused it runs as an unprivileged user, and the same directory goes back and forth', async () => {
    expect(await launchOnce(directory, pathWithoutNamespaces())).toMatch(/run as uid \d+$/);
    const owner = statSync(join(directory, 'cluster', 'PG_VERSION')).uid;
    expect(owner).toBeGreaterThan(0);
    expect(await launchOnce(directory, pathWithoutNamespaces())).toMatch(/run as uid \d+$/);
    expect(await launchOnce(directory, SYSTEM_PATH)).not.toBe('');
    if (canUnshare()) expect(statSync(join(directory, 'cluster', 'PG_VERSION')).uid).toBe(0);
  });

  test('where the directory lies below one that only root enters, it still runs', async () => {
    const closed = join(root, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    expect(await launchOnce(join(closed, 'data'), pathWithoutNamespaces())).toMatch(/run as uid \d+ with dac_/);
  });
});

describe('as an ordinary user', () => {
  const directory = join(root, 'ordinary');
  beforeAll(() => {
    mkdirSync(directory);
    if (user !== undefined) chownSync(directory, user.uid, user.gid);
  });

  test('PostgreSQL runs directly, the first time and the second', async () => {
    for (let round = 0; round < 2; round++) {
      const gateway = await launchInProcess(join(directory, 'data'), { user, site, durable: false });
      expect(gateway.describe).toContain('run directly');
      expect(statSync(join(directory, 'data', 'cluster')).uid).toBe(user?.uid ?? process.getuid?.());
      expect(await gateway.stop()).toBe(0);
    }
  });

  test('someone else’s directory is refused with the owner', async () => {
    const foreign = '/etc';
    if (isRoot) await expect(launchInProcess(foreign, { user, site })).rejects.toThrow(/belongs to uid 0/);
    else await expect(launchPostgres({ dataDirectory: foreign, log: silentLog })).rejects.toMatchObject({ code: 'ERR_STORE_LAUNCH' });
  });
});

/** initdb wants an account for its uid: a container started with some number as its user has none. */
test.runIf(isRoot && canUnshare())('a user without an account gets PostgreSQL through a user namespace', async () => {
  const directory = join(root, 'nameless');
  const nameless = { uid: 43_210, gid: 43_210 };
  mkdirSync(directory);
  chownSync(directory, nameless.uid, nameless.gid);
  const gateway = await launchInProcess(directory, { user: nameless, site, durable: false });
  expect(gateway.describe).toContain('run in a user namespace');
  expect(await gateway.stop()).toBe(0);
});

function nobody(): { uid: number; gid: number } {
  const [, , uid, gid] = execFileSync('getent', ['passwd', 'nobody'], { encoding: 'utf8' }).split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--user', '--map-user=65534', '--map-group=65534', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
