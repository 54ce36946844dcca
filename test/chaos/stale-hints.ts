/**
 * Hints that should not be there: of deliveries that are done, that wait, that another generation is under way for; and some twice.
 *
 * Their shape is that of the gateway's own. Whoever trusts a hint instead of PostgreSQL sends twice or out of order.
 */
import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Job } from '../../src/queue/dispatch.ts';
import type { Database } from '../../src/store/database.ts';
import { installationId } from '../../src/store/installation.ts';
import type { ChaosSite } from './site.ts';

const OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

interface Candidate {
  readonly deliveryId: string;
  readonly endpoint: string;
  readonly generation: number;
}

/** Returns how many were added. */
export async function addStaleHints(site: ChaosSite, admin: Database, count: number): Promise<number> {
  const prefix = `{quayside-${(await installationId(admin)).slice(0, 8)}}`;
  // Of each state some: the newest are those whose neighbours are under way.
  const { rows } = await admin.query<Candidate>(
    `select id as "deliveryId", endpoint, generation from (
       select *, row_number() over (partition by state, waiting > 0 order by position desc) as n from delivery) d
     order by n, position limit $1`,
    [count],
  );
  const connection = new Redis(site.redis.url, { enableOfflineQueue: true, maxRetriesPerRequest: 1, retryStrategy: () => null });
  connection.on('error', () => {});
  const queues = new Map<string, Queue>();
  const queueOf = (name: string) => {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = new Queue(name, { connection, prefix });
      queue.on('error', () => {});
      queues.set(name, queue);
    }
    return queue;
  };
  try {
    for (const { deliveryId, endpoint, generation } of rows) {
      const jobs = [generation, generation, Math.max(0, generation - 1)].map((of) => ({
        name: 'hint',
        data: { endpoint, hints: [[deliveryId, of]] } satisfies Job,
        opts: { ...OPTIONS, jobId: `chaos-${randomUUID()}` },
      }));
      await queueOf(`deliver.${endpoint}`).addBulk(jobs);
    }
    const lanes = await admin.query<{ partner: string; generation: number }>('select partner, generation from partner_lane');
    for (const lane of lanes.rows) await queueOf('translate').add('hint', lane, { ...OPTIONS, jobId: `chaos-${randomUUID()}` });
    return rows.length * 3 + lanes.rows.length;
  } finally {
    await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    connection.disconnect();
  }
}
