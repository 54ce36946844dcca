/** Redis for tests: a logical database for each file that wants one, or a whole server for those that stop it or empty it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { silentLog } from '../../src/core/context.ts';
import { launchRedis } from '../../src/queue/redis-launcher.ts';

/** What every promise about queues is tested on. */
export const QUEUE_BACKENDS = ['redis', 'postgres'] as const;

let ofThisFile: Promise<string> | undefined;

/** The same empty logical database throughout a test file. Never FLUSHALL here: other files are on the same server. */
export function testRedisUrl(): Promise<string> {
  ofThisFile ??= nextLogicalDatabase();
  return ofThisFile;
}

async function nextLogicalDatabase(): Promise<string> {
  const url = inject('redisUrl');
  const redis = new Redis(url, { db: 0 });
  try {
    return `${url}/${await redis.incr('logical-databases-given')}`;
  } finally {
    redis.disconnect();
  }
}

export interface TestRedis {
  readonly url: string;
  /** Ends it and removes what it kept. */
  stop(): Promise<void>;
}

/** A server of one's own, which may be flushed, stopped and killed. */
export async function startTestRedis(): Promise<TestRedis> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'quayside-redis-'));
  const redis = await launchRedis({ binary: inject('redisBinary'), dataDirectory, log: silentLog });
  return {
    url: redis.url,
    async stop() {
      await redis.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
