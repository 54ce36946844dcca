/** What both sides of a benchmark run against: one durable PostgreSQL, one Redis, one endpoint in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { silentLog } from '../src/core/context.ts';
import { launchRedis } from '../src/queue/redis-launcher.ts';
import { launchPostgres } from '../src/store/embedded/launch-postgres.ts';
import { acquire, findRedis, REDIS } from '../test/support/acquire.ts';

export interface Site {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly endpoint: Endpoint;
  /** Memory that Redis uses for its data. */
  redisBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly url: string;
  /** When each id was answered first: milliseconds since the epoch. */
  readonly answeredAt: Map<string, number>;
  /** Resolves once so many ids in all have been answered. */
  reached(count: number): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const binary = findRedis() ?? (await acquire(REDIS));
  const directory = mkdtempSync(join(tmpdir(), 'quayside-bench-'));
  const postgres = await launchPostgres({ dataDirectory: join(directory, 'postgres'), log: silentLog });
  const redis = await launchRedis({ binary, dataDirectory: join(directory, 'redis'), log: silentLog });
  const child = fork(fileURLToPath(new URL('erp-process.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const endpoint = await openEndpoint(child);
  return {
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    endpoint,
    async redisBytes() {
      const client = new Redis(redis.url);
      const used = /^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1];
      client.disconnect();
      return Number(used);
    },
    async close() {
      child.kill();
      await redis.stop();
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function openEndpoint(child: ChildProcess): Promise<Endpoint> {
  const answeredAt = new Map<string, number>();
  const waiting: { count: number; resolve: () => void }[] = [];
  const settle = () => {
    for (const entry of waiting) if (answeredAt.size >= entry.count) entry.resolve();
  };
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the endpoint ended with ${code}`)));
    child.on('message', (message: { port?: number; answered?: [string, number][] }) => {
      for (const [id, at] of message.answered ?? []) if (!answeredAt.has(id)) answeredAt.set(id, at);
      settle();
      if (message.port === undefined) return;
      resolve({
        url: `http://127.0.0.1:${message.port}/events`,
        answeredAt,
        reached: (count) =>
          new Promise((reached) => {
            waiting.push({ count, resolve: reached });
            settle();
          }),
      });
    });
  });
}
