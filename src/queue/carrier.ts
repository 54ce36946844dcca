/**
 * The carrier of hints: BullMQ, on Redis (or Valkey) or on its own PostgreSQL backend. The only file that knows which.
 *
 * A hint is a nudge to look into PostgreSQL. Losing one, doubling one or bringing one late changes nothing that matters
 * (docs/architecture.md): so jobs have one attempt, leave nothing behind, and carry an id that is unique per generation.
 */
import { createPostgresBackend, isPgPool, type Job, type JobsOptions, Queue, runMigrations, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Log } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { openQueuePool } from '../store/queue-pool.ts';

export interface Hint {
  /** Unique per generation; without ':', which BullMQ keeps for itself. */
  readonly id: string;
  readonly data: object;
}

export interface HintQueue {
  /** Fails fast when the store is away: PostgreSQL hands the hint out again later. */
  add(hints: readonly Hint[]): Promise<void>;
}

export interface HintWorker {
  /** It could take another hint now. */
  isFree(): boolean;
  /** How many hints it has taken so far. */
  taken(): number;
  widen(concurrency: number): void;
  /** Leaves the present worker to itself and makes a new one. */
  rebuild(): void;
  close(): Promise<void>;
}

export interface Carrier {
  readonly backend: 'redis' | 'postgres';
  queue(name: string): HintQueue;
  work(name: string, concurrency: number, handle: (data: unknown) => Promise<void>): HintWorker;
  /** Whether its store answers now; changes nothing in it. */
  answers(): Promise<boolean>;
  /** False once after the store was found empty: everything that was in it must be handed out again. */
  keptEpoch(): Promise<boolean>;
  close(): Promise<void>;
}

export interface CarrierOptions {
  /** Undefined: BullMQ's PostgreSQL backend on the gateway's database. */
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string;
  /** Keeps two gateways apart that share one Redis. */
  readonly installation: string;
  readonly log: Log;
}

/** Above the longest attempt: a job's lock must not expire under a delivery that is still within its deadline. */
const LOCK_MS = 180_000;
const PING_MS = 1000;
/** Attempts under way may finish; a store that is away finishes nothing. */
const CLOSE_MS = 30_000;
const CLOSE_AWAY_MS = 2_000;
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true, stackTraceLimit: 1 } as const;

export async function openCarrier(options: CarrierOptions): Promise<Carrier> {
  return options.redisUrl === undefined ? openPostgresCarrier(options) : openRedisCarrier(options, options.redisUrl);
}

/** What is used of BullMQ's classes, whose full types differ by backend. */
interface BulkQueue {
  addBulk(jobs: { name: string; data: object; opts: JobsOptions }[]): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}
interface JobWorker {
  concurrency: number;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

/** What both backends do alike: keep the queues and workers, log their faults, close them in order. */
function makeCarrier(
  log: Log,
  backend: Carrier['backend'],
  make: { queue(name: string): BulkQueue; worker(name: string, concurrency: number, process: (job: Job) => Promise<void>): JobWorker },
  rest: { ping(): Promise<unknown>; keptEpoch(): Promise<boolean>; close(): Promise<void> },
): Carrier {
  const queues = new Map<string, BulkQueue>();
  const workers: HintWorker[] = [];
  const gate = watchStore(rest.ping);
  const onError = (name: string) => (error: Error) => log.warn({ queue: name, err: error.message }, 'queue store fault');
  return {
    backend,
    queue(name) {
      let queue = queues.get(name);
      if (queue === undefined) {
        queue = make.queue(name);
        queue.on('error', onError(name));
        queues.set(name, queue);
      }
      const bulk = queue;
      return {
        add: (hints) =>
          gate.pass(() => bulk.addBulk(hints.map((hint) => ({ name: 'hint', data: hint.data, opts: { ...JOB_OPTIONS, jobId: hint.id } })))),
      };
    },
    work(name, concurrency, handle) {
      let width = concurrency;
      let taken = 0;
      let holding = 0;
      const start = () => {
        const worker = make.worker(name, width, async (job) => {
          taken++;
          holding++;
          try {
            await handle(job.data);
          } catch (error) {
            log.error({ queue: name, err: error }, 'hint failed; PostgreSQL will hand it out again');
          } finally {
            holding--;
          }
        });
        worker.on('error', onError(name));
        return worker;
      };
      let current = start();
      const worker: HintWorker = {
        isFree: () => holding < width,
        taken: () => taken,
        widen(wanted) {
          width = wanted;
          current.concurrency = wanted;
        },
        rebuild() {
          // Not waited for: what does not take hints may not end either.
          void current.close(true).catch(() => {});
          current = start();
        },
        // A worker whose store is away would wait for it; what it holds is fenced by PostgreSQL.
        close: () => within(gate.isAway() ? CLOSE_AWAY_MS : CLOSE_MS, current.close(gate.isAway())),
      };
      workers.push(worker);
      return worker;
    },
    answers: () =>
      rest.ping().then(
        () => true,
        () => false,
      ),
    keptEpoch: rest.keptEpoch,
    async close() {
      gate.close();
      await Promise.all(workers.map((worker) => worker.close()));
      await within(CLOSE_AWAY_MS, Promise.all([...queues.values()].map((queue) => queue.close())));
      await rest.close();
    },
  };
}

/** Waits for `ending`, but not for ever. */
async function within(ms: number, ending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([ending.catch(() => {}), late]);
  clearTimeout(timer);
}

/** After a fault the store is asked how it is, once a second, and nothing else is asked of it until it answers. */
function watchStore(ping: () => Promise<unknown>): { pass(ask: () => Promise<unknown>): Promise<void>; isAway(): boolean; close(): void } {
  let away: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      await ping();
      clearInterval(away);
      away = undefined;
    } catch {
      // Still away.
    }
  };
  return {
    async pass(ask) {
      if (away !== undefined) throw new GatewayError('ERR_STORE_UNAVAILABLE', 'the queue does not answer');
      try {
        await ask();
      } catch (error) {
        away ??= setInterval(look, PING_MS);
        throw error;
      }
    },
    isAway: () => away !== undefined,
    close: () => clearInterval(away),
  };
}

async function openRedisCarrier(options: CarrierOptions, url: string): Promise<Carrier> {
  const { log } = options;
  // Producers fail fast; workers wait for ever, as BullMQ demands.
  const producer = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2000, lazyConnect: true });
  const consumer = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
  for (const client of [producer, consumer]) client.on('error', (error) => log.warn({ err: error.message }, 'redis fault'));
  try {
    await Promise.all([producer.connect(), consumer.connect()]);
  } catch (cause) {
    producer.disconnect();
    consumer.disconnect();
    throw new GatewayError('ERR_STORE_UNAVAILABLE', 'Redis does not answer', { cause, hint: 'check REDIS_URL' });
  }
  await refuseEviction(producer);
  // Hash-tagged: all keys of an installation are on one node of a cluster.
  const prefix = `{quayside-${options.installation.slice(0, 8)}}`;
  const epochKey = `${prefix}:epoch`;
  return makeCarrier(
    log,
    'redis',
    {
      queue: (name) => new Queue(name, { connection: producer, prefix, skipWaitingForReady: true }),
      worker: (name, concurrency, process) => new Worker(name, process, { connection: consumer, prefix, concurrency, lockDuration: LOCK_MS }),
    },
    {
      ping: () => producer.ping(),
      async keptEpoch() {
        return (await producer.set(epochKey, new Date().toISOString(), 'NX')) === null;
      },
      async close() {
        await within(CLOSE_AWAY_MS, Promise.allSettled([producer.quit(), consumer.quit()]));
        producer.disconnect();
        consumer.disconnect();
      },
    },
  );
}

/** A Redis that may evict drops jobs at will: hints would come 60 s late at the moment of the highest load. */
export async function refuseEviction(redis: Redis): Promise<void> {
  const info = await redis.info('memory');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  throw new GatewayError('ERR_STORE_EVICTION', `expected maxmemory-policy noeviction, found ${policy}`, {
    hint: 'set maxmemory-policy noeviction on the Redis server',
  });
}

async function openPostgresCarrier(options: CarrierOptions): Promise<Carrier> {
  // One pool for all queues and workers: each worker keeps one of its connections for LISTEN.
  const pool: unknown = openQueuePool(options.databaseUrl, options.log);
  if (!isPgPool(pool)) throw new TypeError('BullMQ does not take this version of pg for a pool');
  const client = await pool.connect();
  try {
    await runMigrations(client, 'bullmq');
  } finally {
    client.release();
  }
  return makeCarrier(
    options.log,
    'postgres',
    {
      queue: (name) => new Queue(name, { connection: pool }, createPostgresBackend),
      worker: (name, concurrency, process) =>
        new Worker(name, process, { connection: pool, concurrency, lockDuration: LOCK_MS }, createPostgresBackend),
    },
    {
      ping: async () => {},
      // The queue lives and dies with the database that decides: what it lost, the decisions lost too.
      keptEpoch: async () => true,
      close: () => pool.end(),
    },
  );
}
