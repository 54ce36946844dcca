/** PostgreSQL and Redis of a run: durable, killed and stopped at will, and always back under the same address. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { silentLog } from '../../src/core/context.ts';
import { freePort } from '../../src/core/free-port.ts';
import { type EmbeddedPostgres, launchPostgres } from '../../src/store/embedded/launch-postgres.ts';
import { type ServerProcess, SYSTEM_PATH, startServer, stopServer, tieToParent } from '../../src/store/embedded/programs.ts';
import { acquire, findRedis, REDIS } from '../support/acquire.ts';

const STOP_WAIT_MS = 20_000;

export interface PostgresStore {
  readonly url: string;
  /** `immediate`: as a crash, without a checkpoint; what was committed must be there after the recovery. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
}

export async function startPostgresStore(directory: string): Promise<PostgresStore> {
  const launch = () => launchPostgres({ dataDirectory: directory, log: silentLog });
  let server: EmbeddedPostgres | undefined = await launch();
  const { url } = server;
  return {
    url,
    async stop(how) {
      if (server === undefined) return;
      if (how === 'immediate') {
        const [pid] = readFileSync(join(directory, 'cluster', 'postmaster.pid'), 'utf8').split('\n');
        process.kill(Number(pid), 'SIGQUIT');
      }
      await server.stop();
      server = undefined;
    },
    async start() {
      if (server !== undefined) return;
      server = await launch();
      if (server.url !== url) throw new Error(`PostgreSQL came back as ${server.url}, it was ${url}`);
    },
  };
}

export interface RedisStore {
  readonly url: string;
  stop(): Promise<void>;
  /** `emptied`: it comes back without what it kept. */
  start(options?: { emptied: boolean }): Promise<void>;
  flush(): Promise<void>;
  /** How often commands of that name were carried out since it started. */
  calls(command: string): Promise<number>;
}

export async function startRedisStore(directory: string): Promise<RedisStore> {
  const binary = findRedis() ?? (await acquire(REDIS));
  const port = await freePort();
  const password = randomBytes(16).toString('hex');
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const settings = ['bind 127.0.0.1', `port ${port}`, `requirepass ${password}`, 'appendonly yes', 'save ""', 'maxmemory-policy noeviction'];
  let server: ServerProcess | undefined;
  const start = async ({ emptied }: { emptied: boolean } = { emptied: false }) => {
    if (server !== undefined) return;
    if (emptied) rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    server = startServer({
      words: [...tieToParent('TERM', SYSTEM_PATH), binary, '-'],
      environment: { LC_ALL: 'C', PATH: SYSTEM_PATH },
      directory,
      logFile: join(directory, '..', 'redis.log'),
      input: `${settings.join('\n')}\n`,
    });
    await answers(url);
  };
  await start();
  return {
    url,
    start,
    async calls(command) {
      let calls = 0;
      await once(url, async (redis) => {
        calls = Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(await redis.info('commandstats'))?.[1] ?? 0);
      });
      return calls;
    },
    async stop() {
      if (server === undefined) return;
      const stopping = server;
      server = undefined;
      await stopServer(stopping, [
        { signal: 'SIGTERM', waitMs: STOP_WAIT_MS },
        { signal: 'SIGKILL', waitMs: STOP_WAIT_MS },
      ]);
    },
    flush: () => once(url, async (redis) => void (await redis.flushall())),
  };
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + STOP_WAIT_MS;
  for (;;) {
    try {
      return await once(url, async (redis) => void (await redis.ping()));
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

/** One connection for one thing; fails at once where Redis is away. */
async function once(url: string, use: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null, connectTimeout: 2_000 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await use(redis);
  } finally {
    redis.disconnect();
  }
}
