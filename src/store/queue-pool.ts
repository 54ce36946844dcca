/** The pool that BullMQ's PostgreSQL backend runs on: the gateway's database, in a schema of its own, outside the drift check. */
import { Pool } from 'pg';
import type { Log } from '../core/context.ts';

export function openQueuePool(url: string, log: Log): Pool {
  const pool = new Pool({ connectionString: url, max: 24, options: '-c search_path=bullmq', keepAlive: true, application_name: 'quayside queue' });
  pool.on('error', (error) => log.warn({ err: error.message }, 'queue store fault'));
  return pool;
}
