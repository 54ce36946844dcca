import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockDirectory, readLock } from './directory-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'quayside-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fresh = () => mkdtempSync(join(root, 'd-'));

test('of many who ask at once exactly one gets the directory, also over the socket of a dead holder', async () => {
  for (const prepare of [() => {}, leaveDeadSocket, leaveDeadTurn]) {
    const directory = fresh();
    await prepare(directory);
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => lockDirectory(directory)));
    const got = asked.filter((result) => result.status === 'fulfilled');
    expect(got).toHaveLength(1);
    for (const result of asked) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_STORE_LOCKED' });
    await got[0]?.value.release();
  }
});

test('a released directory can be locked again, and the note is the holder’s', async () => {
  const directory = fresh();
  const first = await lockDirectory(directory);
  first.publish({ url: 'postgresql://one' });
  expect(await readLock(directory)).toEqual({ pid: process.pid, url: 'postgresql://one' });
  await first.release();
  expect(await readLock(directory)).toBeUndefined();
  const second = await lockDirectory(directory);
  expect(await readLock(directory)).toEqual({ pid: process.pid });
  await second.release();
});

test('a file that is no socket does not keep anybody out', async () => {
  const directory = fresh();
  writeFileSync(join(directory, 'gateway.lock'), '4711\n');
  const lock = await lockDirectory(directory);
  expect((await readLock(directory))?.pid).toBe(process.pid);
  await lock.release();
});

test('a holder that is stopped, not dead, keeps the directory', async () => {
  const directory = fresh();
  const holder = await startHolder(directory);
  holder.kill('SIGSTOP');
  await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
  holder.kill('SIGKILL');
});

async function leaveDeadSocket(directory: string): Promise<void> {
  const holder = await startHolder(directory);
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await ended;
}

/** As of one that was killed while it was taking over. */
async function leaveDeadTurn(directory: string): Promise<void> {
  await leaveDeadSocket(directory);
  writeFileSync(join(directory, 'gateway.lock.takeover'), '');
}

/** Another process that holds the directory's socket. */
async function startHolder(directory: string) {
  const script = `require('net').createServer((s) => s.end('{}')).listen(${JSON.stringify(join(directory, 'gateway.lock'))}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}
