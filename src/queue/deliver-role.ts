/**
 * The deliver role: a dispatcher that fills each endpoint's window with due heads, and a worker per endpoint that sends them.
 *
 * Any number of processes may run it: the endpoint's row lock makes one dispatcher at a time serve an endpoint.
 */
import { setMaxListeners } from 'node:events';
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import { deliver, settleExpired } from '../pipeline/deliver.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { inTransaction } from '../store/database.ts';
import { type DeliveryHint, lockEndpoint, nextDueInMs, queueDueHeads, unqueue, unqueueLost } from '../store/dispatch.ts';
import { orphanedEndpoints, registerEndpoints } from '../store/endpoints.ts';
import type { Carrier, HintQueue, HintWorker } from './carrier.ts';
import { queueOf } from './shards.ts';
import type { Role } from './translate-role.ts';
import { startLoop } from './wakeable-loop.ts';

const POLL_MS = 1000;
/** A shard's worker serves several endpoints; each endpoint's window is kept by the dispatcher. */
const SHARD_CONCURRENCY = 32;

interface Job extends DeliveryHint {
  readonly endpoint: string;
}

export function startDeliverRole(gateway: Gateway, carrier: Carrier): Role {
  const { database, tenant, context } = gateway;
  const shutdown = new AbortController();
  setMaxListeners(0, shutdown.signal); // one for each attempt under way
  const workers = new Map<string, HintWorker>();
  let known = '';

  /** Endpoints come and go with the files: each needs its row and a worker on its queue. */
  const serve = async (endpoints: readonly Endpoint[]): Promise<void> => {
    const names = endpoints.map((endpoint) => endpoint.name);
    if (known === names.join()) return;
    await registerEndpoints(database, tenant, names);
    for (const endpoint of await orphanedEndpoints(database, tenant, names)) {
      context.log.warn({ endpoint }, 'deliveries wait for an endpoint that has no queue file any more: restore queues/<endpoint>.yaml');
    }
    for (const endpoint of endpoints) {
      const { queue, shared } = queueOf(endpoint.name, endpoints.length, carrier.backend);
      if (workers.has(queue)) continue;
      const concurrency = shared ? SHARD_CONCURRENCY : endpoint.maxInFlight;
      workers.set(
        queue,
        carrier.work(queue, concurrency, async (data) => {
          const { endpoint: name, ...hint } = data as Job;
          await deliver(gateway, name, hint, shutdown.signal);
        }),
      );
    }
    known = names.join();
  };

  const loop = startLoop({ name: 'deliver', pollMs: POLL_MS, log: context.log }, async (polled) => {
    const endpoints = [...gateway.catalog().endpoints.values()];
    await serve(endpoints);
    if (polled) {
      const lost = await unqueueLost(database, tenant, 'expired');
      if (lost > 0) context.log.warn({ deliveries: lost }, 'hints were not taken in time, handed out again');
      await settleExpired(gateway);
    }
    // Side by side, each for itself: one that fails or waits holds up no other.
    await Promise.all(
      endpoints.map(async (endpoint) => {
        const { queue } = queueOf(endpoint.name, endpoints.length, carrier.backend);
        await dispatch(gateway, endpoint, carrier.queue(queue)).catch((error: unknown) => {
          context.log.error({ endpoint: endpoint.name, err: error }, 'not dispatched, tried again');
        });
      }),
    );
    return nextDueInMs(database, tenant);
  });

  return {
    loop,
    async requeue() {
      const count = await unqueueLost(database, tenant, 'all');
      if (count > 0) context.log.warn({ deliveries: count }, 'the queue was emptied, handed out again');
    },
    async close() {
      await loop.close();
      // Attempts under way may finish within their deadline; only then are they cut.
      const cut = setTimeout(() => shutdown.abort(), 10_000);
      await Promise.all([...workers.values()].map((worker) => worker.close()));
      clearTimeout(cut);
    },
  };
}

/** One endpoint, one transaction; hints go out after its commit. */
async function dispatch(gateway: Gateway, endpoint: Endpoint, queue: HintQueue): Promise<void> {
  const hints = await inTransaction(gateway.database, async (db) => {
    if (!(await lockEndpoint(db, gateway.tenant, endpoint.name))) return [];
    return queueDueHeads(db, gateway.tenant, endpoint.name, endpoint.maxInFlight);
  });
  if (hints.length === 0) return;
  gateway.context.failpoint('dispatch.queued');
  try {
    await queue.add(
      hints.map((hint) => ({ id: `d-${hint.deliveryId}-${hint.generation}`, data: { ...hint, endpoint: endpoint.name } satisfies Job })),
    );
  } catch (error) {
    await unqueue(gateway.database, hints);
    throw error;
  }
}
