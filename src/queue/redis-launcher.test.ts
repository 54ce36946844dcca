import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, expect, inject, test } from 'vitest';
import { silentLog } from '../core/context.ts';
import { findRedisBinary, launchRedis } from './redis-launcher.ts';

const root = mkdtempSync(join(tmpdir(), 'quayside-redis-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(root, `data-${count++}`);
const launch = (dataDirectory: string) => launchRedis({ binary: inject('redisBinary'), dataDirectory, log: silentLog });

async function ask<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

test('Valkey is preferred to Redis, and what cannot be executed is not found', () => {
  const folder = join(root, 'programs');
  mkdirSync(folder);
  expect(findRedisBinary(folder)).toBeUndefined();
  writeFileSync(join(folder, 'redis-server'), '', { mode: 0o755 });
  writeFileSync(join(folder, 'valkey-server'), '', { mode: 0o644 });
  // Root may execute only what somebody may execute, so the mode counts for root too.
  expect(findRedisBinary(`/nowhere:${folder}`)).toBe(join(folder, 'redis-server'));
  rmSync(join(folder, 'valkey-server'));
  writeFileSync(join(folder, 'valkey-server'), '', { mode: 0o755 });
  expect(findRedisBinary(folder)).toBe(join(folder, 'valkey-server'));
  expect(findRedisBinary('')).toBeUndefined();
});

test('it keeps an append-only file, never evicts, and wants a password', async () => {
  const redis = await launch(fresh());
  const read = (name: string) => ask(redis.url, async (client) => (await client.config('GET', name)) as string[]);
  expect(await read('appendonly')).toEqual(['appendonly', 'yes']);
  expect(await read('appendfsync')).toEqual(['appendfsync', 'everysec']);
  expect(await read('maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  expect(await read('bind')).toEqual(['bind', '127.0.0.1']);
  const open = new URL(redis.url);
  open.password = '';
  await expect(ask(open.href, (client) => client.get('key'))).rejects.toThrow(/NOAUTH|closed/);
  await redis.stop();
});

test('its password is in no command line', async () => {
  const dataDirectory = fresh();
  const redis = await launch(dataDirectory);
  const pid = /Server initialized|pid=(\d+)/.exec(readFileSync(join(dataDirectory, 'server.log'), 'utf8'))?.[1];
  expect(pid).toBeDefined();
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(new URL(redis.url).password);
  await redis.stop();
});

test('what it holds is there after a stop and a second launch, and a second one at a time is refused', async () => {
  const dataDirectory = fresh();
  const first = await launch(dataDirectory);
  await ask(first.url, (client) => client.set('kept', 'yes'));
  await expect(launch(dataDirectory)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
  await first.stop();
  await first.stop();
  const second = await launch(dataDirectory);
  expect(await ask(second.url, (client) => client.get('kept'))).toBe('yes');
  await second.stop();
});

test('it ends with a gateway that is killed, and the next launch on its directory works at once', async () => {
  const dataDirectory = fresh();
  const gateway = await launchInProcess(dataDirectory);
  await ask(gateway.url, (client) => client.set('kept', 'yes'));
  await gateway.kill();
  const next = await launch(dataDirectory);
  expect(await ask(next.url, (client) => client.get('kept'))).toBe('yes');
  await expect(ask(gateway.url, (client) => client.ping())).rejects.toThrow();
  await next.stop();
});

test('the next launch ends one that did not hear of it, where setpriv is missing', async () => {
  const dataDirectory = fresh();
  const gateway = await launchInProcess(dataDirectory, '/nowhere');
  await ask(gateway.url, (client) => client.set('kept', 'yes'));
  await gateway.kill();
  expect(await ask(gateway.url, (client) => client.ping())).toBe('PONG');
  const next = await launch(dataDirectory);
  await expect(ask(gateway.url, (client) => client.ping())).rejects.toThrow();
  expect(await ask(next.url, (client) => client.get('kept'))).toBe('yes');
  await next.stop();
});

test('a stranger on the port of an earlier launch does not keep it from starting', async () => {
  const dataDirectory = fresh();
  mkdirSync(dataDirectory, { mode: 0o700 });
  const stranger = createServer((socket) => socket.resume().end('-ERR who are you\r\n'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  writeFileSync(join(dataDirectory, 'door.json'), JSON.stringify({ port: (stranger.address() as AddressInfo).port, password: 'old' }));
  const redis = await launch(dataDirectory);
  await redis.stop();
  await new Promise((resolve) => stranger.close(resolve));
});

test('a binary that does not start is ERR_STORE_LAUNCH with the path of its log', async () => {
  const dataDirectory = fresh();
  const binary = join(root, 'not-redis');
  writeFileSync(binary, '#!/bin/sh\necho out of memory\nexit 1\n', { mode: 0o755 });
  const fault = launchRedis({ binary, dataDirectory, log: silentLog });
  await expect(fault).rejects.toMatchObject({ code: 'ERR_STORE_LAUNCH', message: expect.stringContaining('out of memory') });
  expect(existsSync(join(dataDirectory, 'gateway.lock'))).toBe(false);
});

/** A process of its own that launches a server and keeps it. */
async function launchInProcess(dataDirectory: string, pathVariable?: string) {
  const module = fileURLToPath(new URL('./redis-launcher.ts', import.meta.url));
  const context = fileURLToPath(new URL('../core/context.ts', import.meta.url));
  const options = JSON.stringify({ binary: inject('redisBinary'), dataDirectory, pathVariable });
  const script = `import { launchRedis } from ${JSON.stringify(module)}; import { silentLog } from ${JSON.stringify(context)};
    console.log((await launchRedis({ ...${options}, log: silentLog })).url); setInterval(() => {}, 1000);`;
  const words = ['--import', 'tsx', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, words, { cwd: process.cwd(), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
    void ended.then(() => reject(new Error('the launcher ended')));
  });
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
