/**
 * The deliver role: a dispatcher that fills each endpoint's window with due heads, and a worker per endpoint that sends them.
 *
 * Any number of processes may run it: the endpoint's row lock makes one dispatcher at a time serve an endpoint. Liveness is judged from
 * PostgreSQL: a hint that nobody takes while workers are free is handed out again; a worker that sleeps through it twice is rebuilt, and its
 * queue is passed by for a while.
 */
import { setMaxListeners } from 'node:events';
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import { deliver, settleExpired } from '../pipeline/deliver.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { surveyEndpoints } from '../store/dispatch.ts';
import { registerEndpoints } from '../store/endpoints.ts';
import { unqueueLost, unqueueUntaken } from '../store/unqueue.ts';
import type { Carrier, Hint, HintWorker } from './carrier.ts';
import { dispatch, isWorthwhile, type Job } from './dispatch.ts';
import { createHandOver } from './hand-over.ts';
import { queueOf } from './shards.ts';
import type { Role } from './translate-role.ts';
import { startLoop } from './wakeable-loop.ts';

const POLL_MS = 1000;
/** A shard's worker serves several endpoints; each endpoint's window is kept by the dispatcher. */
const SHARD_CONCURRENCY = 64;
/** How long a hint may lie untaken while workers are free. */
const UNTAKEN_MS = 5_000;
const LOOK_FOR_UNTAKEN_MS = 2_000;
const STRIKES_BEFORE_REBUILD = 2;
const PASS_BY_MS = 60_000;

interface Lane {
  readonly worker: HintWorker;
  readonly endpoints: string[];
  /** How often hints lay untaken since it took the last one. */
  strikes: number;
  taken: number;
  /** The queue does not do its work: hints go past it until then (monotonic). */
  passedByUntil: number;
}

export function startDeliverRole(gateway: Gateway, carrier: Carrier): Role {
  const { database, tenant, context } = gateway;
  const shutdown = new AbortController();
  setMaxListeners(0, shutdown.signal); // one for each attempt under way
  const handOver = createHandOver(context.log);
  const lanes = new Map<string, Lane>();
  let known = '';
  let lookedAt = performance.now();

  const work = async (data: unknown): Promise<void> => {
    const { endpoint, hints } = data as Job;
    await Promise.all(hints.map(([deliveryId, generation]) => deliver(gateway, endpoint, { deliveryId, generation }, shutdown.signal)));
  };

  const give = async (endpoint: Endpoint, hints: readonly Hint[], endpoints: number): Promise<void> => {
    if (hints.length === 0) return;
    const { queue } = queueOf(endpoint.name, endpoints, carrier.backend);
    if ((lanes.get(queue)?.passedByUntil ?? 0) > performance.now()) handOver.direct(hints, work);
    else await handOver.give(carrier.queue(queue), hints, work);
  };

  /** Endpoints come and go with the files: each needs its row and a worker on its queue, as wide as its window. */
  const serve = async (endpoints: readonly Endpoint[]): Promise<void> => {
    const wanted = endpoints.map(({ name, maxInFlight }) => `${name} ${maxInFlight}`).join();
    if (known === wanted) return;
    await registerEndpoints(
      database,
      tenant,
      endpoints.map((endpoint) => endpoint.name),
    );
    for (const lane of lanes.values()) lane.endpoints.length = 0;
    for (const endpoint of endpoints) {
      const { queue, shared } = queueOf(endpoint.name, endpoints.length, carrier.backend);
      const concurrency = shared ? SHARD_CONCURRENCY : endpoint.maxInFlight;
      const lane = lanes.get(queue) ?? { worker: carrier.work(queue, concurrency, work), endpoints: [], strikes: 0, taken: 0, passedByUntil: 0 };
      lane.worker.widen(concurrency);
      lane.endpoints.push(endpoint.name);
      lanes.set(queue, lane);
    }
    known = wanted;
  };

  const recover = async (): Promise<void> => {
    const lost = await unqueueLost(database, tenant, 'expired');
    if (lost > 0) context.log.warn({ deliveries: lost }, 'hints were not taken in time, handed out again');
    await settleExpired(gateway);
    if (performance.now() - lookedAt < LOOK_FOR_UNTAKEN_MS) return;
    lookedAt = performance.now();
    for (const [queue, lane] of lanes) {
      const untaken = lane.worker.isFree() ? await unqueueUntaken(database, tenant, lane.endpoints, UNTAKEN_MS) : 0;
      if (lane.worker.taken() !== lane.taken) lane.strikes = 0;
      lane.taken = lane.worker.taken();
      if (untaken === 0) continue;
      lane.strikes++;
      context.log.warn({ queue, deliveries: untaken }, 'hints lay untaken beside a free worker, handed out again');
      if (lane.strikes < STRIKES_BEFORE_REBUILD) continue;
      context.log.error({ queue }, 'the worker does not take its hints: rebuilt, and meanwhile worked directly from PostgreSQL');
      lane.worker.rebuild();
      lane.passedByUntil = performance.now() + PASS_BY_MS;
      lane.strikes = 0;
    }
  };

  const loop = startLoop({ name: 'deliver', pollMs: POLL_MS, log: context.log }, async (polled) => {
    const endpoints = gateway.catalog().endpoints;
    await serve([...endpoints.values()]);
    if (polled) await recover();
    const surveys = await surveyEndpoints(database, tenant);
    const waits = surveys.flatMap(({ nextDueMs }) => (nextDueMs === null ? [] : [nextDueMs]));
    const wanted = surveys.flatMap((survey) => {
      const endpoint = endpoints.get(survey.name);
      return endpoint !== undefined && isWorthwhile(endpoint, survey) ? [endpoint] : [];
    });
    const { jobs, lookAgainMs } = await dispatch(gateway, wanted);
    // Side by side: a queue that is slow to answer holds up no other endpoint.
    await Promise.all([...jobs].map(([endpoint, hints]) => give(endpoint, hints, endpoints.size)));
    return Math.min(POLL_MS, lookAgainMs ?? POLL_MS, ...waits);
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
      await Promise.all([handOver.close(), ...[...lanes.values()].map(({ worker }) => worker.close())]);
      clearTimeout(cut);
    },
  };
}
