/** Which queue carries an endpoint's hints: its own while there are few, a hashed shard when there are many. */
import { createHash } from 'node:crypto';
import type { Carrier } from './carrier.ts';

/** Every queue on Redis costs each process a blocking connection. */
const MOST_OWN_QUEUES = 64;
const REDIS_SHARDS = 64;
/** On PostgreSQL every worker holds a LISTEN connection of one shared pool. */
const POSTGRES_SHARDS = 4;

export function queueOf(endpoint: string, endpoints: number, backend: Carrier['backend']): { queue: string; shared: boolean } {
  if (backend === 'redis' && endpoints <= MOST_OWN_QUEUES) return { queue: `deliver.${endpoint}`, shared: false };
  const shards = backend === 'redis' ? REDIS_SHARDS : POSTGRES_SHARDS;
  const hash = createHash('sha256').update(endpoint).digest().readUInt32BE(0);
  return { queue: `deliver.shard-${hash % shards}`, shared: true };
}
