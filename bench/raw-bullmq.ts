/** The limit: BullMQ alone carrying the same bytes to the same endpoint. No archive, no order, no outcome, no retry. */
import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import type { Site } from './site.ts';

export interface RawCarrier {
  /** Adds one job; its id is what the endpoint is told. */
  send(): Promise<string>;
  /** Adds many at once. */
  sendMany(count: number): Promise<void>;
  close(): Promise<void>;
}

export function openRawCarrier(site: Site, body: string, concurrency = 50): RawCarrier {
  const connection = new Redis(site.redisUrl, { maxRetriesPerRequest: null });
  const url = new URL(site.endpoint.url);
  const pool = new Pool(url.origin, { connections: concurrency });
  const queue = new Queue('raw', { connection });
  const worker = new Worker(
    'raw',
    async (job) => {
      const response = await pool.request({
        method: 'POST',
        path: url.pathname,
        headers: { 'content-type': 'application/json', 'webhook-id': job.data.id },
        body: job.data.body,
      });
      await response.body.dump();
    },
    { connection, concurrency },
  );
  const options = { removeOnComplete: true, removeOnFail: true };
  const job = () => ({ name: 'post', data: { id: randomUUID(), body }, opts: options });
  return {
    async send() {
      const { name, data, opts } = job();
      await queue.add(name, data, opts);
      return data.id;
    },
    async sendMany(count) {
      for (let left = count; left > 0; left -= 500) await queue.addBulk(Array.from({ length: Math.min(left, 500) }, job));
    },
    async close() {
      await worker.close();
      await queue.close();
      await pool.close();
      connection.disconnect();
    },
  };
}
