/** Carries out the faults of a schedule, each at its time, and counts those that really happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { unpauseEndpoint } from '../../src/pipeline/pause-endpoint.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { lateOutcome } from './late-outcome.ts';
import type { Fault } from './schedule.ts';
import type { ChaosSite } from './site.ts';
import { addStaleHints } from './stale-hints.ts';

export interface Injector {
  /** Kind (and what tells one from another) → how often it happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** Resolves when the last fault is over. */
  readonly done: Promise<void>;
}

/** `endMs`: when the run is healed; what waits for a failpoint waits until then. */
export function inject(site: ChaosSite, schedule: readonly Fault[], endMs: number, say: (line: string) => void): Injector {
  const counts: Record<string, number> = {};
  // Of its own, so that faults do not wait for the connections that they break.
  const admin = openDatabase(site.postgres.url, { max: 4, applicationName: 'chaos' });
  const began = performance.now();
  // A store takes its time to come back on a busy machine: what is next for it waits until it is there.
  const stores = new Map<string, Promise<unknown>>();
  const inTurn = (store: string, what: () => Promise<boolean>): Promise<boolean> => {
    const turn = (stores.get(store) ?? Promise.resolve()).then(what);
    stores.set(
      store,
      turn.catch(() => {}),
    );
    return turn;
  };
  const play = (fault: Fault): Promise<boolean> =>
    fault.kind === 'failpoint' ? dieAt(site, admin, fault, endMs - (performance.now() - began)) : act(site, admin, fault);
  const carryOut = async (fault: Fault) => {
    await sleep(Math.max(0, fault.atMs - (performance.now() - began)));
    const name = nameOf(fault);
    say(`${(fault.atMs / 1000).toFixed(1).padStart(6)} s  ${name} ${detailOf(fault)}`);
    try {
      const store = STORE_OF[fault.kind];
      const happened = store === undefined ? play(fault) : inTurn(store, () => play(fault));
      if (await happened) counts[name] = (counts[name] ?? 0) + 1;
    } catch (error) {
      // A fault that another one kept from happening is none: it is not counted.
      say(`          ${name} did not happen: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const done = Promise.all(schedule.map(carryOut)).then(() => admin.close());
  return { counts, done };
}

/** As ops does it, for the audit. */
export const BY = { actor: 'chaos', reason: 'the fault is over' };

/** Which store a fault stops, breaks or needs. */
const STORE_OF: Partial<Record<Fault['kind'], string>> = {
  'redis-flush': 'redis',
  'redis-outage': 'redis',
  'stale-hints': 'redis',
  'postgres-crash': 'postgres',
  'postgres-outage': 'postgres',
  'exhaust-connections': 'postgres',
  lock: 'postgres',
};

function nameOf(fault: Fault): string {
  switch (fault.kind) {
    case 'redis-outage':
    case 'postgres-outage':
      return `${fault.kind}-${fault.forMs / 1000}s`;
    case 'failpoint':
      return `failpoint-${fault.name}`;
    case 'lock':
      return `lock-${fault.what}`;
    case 'endpoint':
      return `endpoint-${fault.behaviour}`;
    default:
      return fault.kind;
  }
}

function detailOf({ atMs: _, kind: __, ...detail }: Fault): string {
  return Object.entries(detail)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

type FailpointFault = Extract<Fault, { kind: 'failpoint' }>;

/** Whether it happened. */
async function act(site: ChaosSite, admin: Database, fault: Exclude<Fault, FailpointFault>): Promise<boolean> {
  switch (fault.kind) {
    case 'kill':
      site.crew.member(fault.gateway).kill(fault.downMs);
      return true;
    case 'pause':
      site.crew.member(fault.gateway).signal('SIGSTOP');
      await sleep(fault.forMs);
      site.crew.member(fault.gateway).signal('SIGCONT');
      return true;
    case 'clock-jump':
      site.crew.member(fault.gateway).kill(0, { clockShiftMs: fault.byMs });
      return true;
    case 'redis-flush':
      await site.redis.flush();
      return true;
    case 'redis-outage':
      await site.redis.stop();
      await sleep(fault.forMs);
      await site.redis.start({ emptied: fault.emptied });
      return true;
    case 'postgres-crash':
      await site.postgres.stop('immediate');
      await site.postgres.start();
      return true;
    case 'postgres-outage':
      await site.postgres.stop(fault.immediate ? 'immediate' : 'fast');
      await sleep(fault.forMs);
      await site.postgres.start();
      return true;
    case 'terminate-backends':
      return (await terminateBackends(admin, fault.count)) > 0;
    case 'exhaust-connections':
      return exhaustConnections(site.postgres.url, fault.forMs);
    case 'lock':
      await holdLock(admin, LOCKS[fault.what], fault.forMs);
      return true;
    case 'stale-hints':
      return (await addStaleHints(site, admin, fault.count)) > 0;
    case 'late-outcome':
      return lateOutcome(site, admin, fault.endpoint, fault.gateway, fault.forMs);
    case 'endpoint':
      site.receiver.behave(fault.endpoint, fault.behaviour);
      await sleep(fault.forMs);
      site.receiver.behave(fault.endpoint, 'healthy');
      if (fault.behaviour === 'unauthorised') await resume(site, fault.endpoint);
      return true;
  }
}

/** A gateway that is not the poller of a drop never reads a file: for that the drops change hands until it is its turn. */
async function dieAt(site: ChaosSite, admin: Database, { gateway, name }: FailpointFault, withinMs: number): Promise<boolean> {
  let over = false;
  const dying = site.crew
    .member(gateway)
    .dieAt(name, withinMs)
    .finally(() => {
      over = true;
    });
  while (name.startsWith('receive.') && !over) {
    await admin.query('delete from drop_lease').catch(() => {});
    await sleep(400);
  }
  return dying;
}

/** Whichever the server hands out first: gateways', listeners', the feed's. */
async function terminateBackends(admin: Database, count: number): Promise<number> {
  const { rows } = await admin.query<{ gone: boolean }>(
    `select pg_terminate_backend(pid) as gone from pg_stat_activity
     where datname = current_database() and application_name <> 'chaos' and backend_type = 'client backend' order by md5(pid::text) limit $1`,
    [count],
  );
  return rows.filter((row) => row.gone).length;
}

const MOST_CONNECTIONS = 250;

/** Takes connections until the server has none left, and keeps them. */
async function exhaustConnections(url: string, forMs: number): Promise<boolean> {
  const taken: Database[] = [];
  let refused = false;
  while (taken.length < MOST_CONNECTIONS && !refused) {
    const one = openDatabase(url, { max: 1, applicationName: 'chaos' });
    taken.push(one);
    refused = await one.query('select 1').then(
      () => false,
      () => true,
    );
  }
  await sleep(forMs);
  await Promise.all(taken.map((one) => one.close()));
  return refused;
}

const LOCKS = {
  endpoint: 'select 1 from endpoint for update',
  'order-keys': 'select 1 from order_key order by tenant, key for update',
  deliveries: 'lock table delivery in access exclusive mode',
} as const;

/** As a person in psql who went for a coffee. */
function holdLock(admin: Database, statement: string, forMs: number): Promise<void> {
  return admin.withConnection(async (db) => {
    await db.query('begin');
    try {
      await db.query(statement);
      await sleep(forMs);
    } finally {
      await db.query('rollback');
    }
  });
}

/** As often as PostgreSQL is away; what is still parked at the end of all faults is resumed then. */
async function resume(site: ChaosSite, endpoint: string): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const resumed = await unpauseEndpoint(site.office.gateway, endpoint, BY).catch(() => undefined);
    if (resumed !== undefined) return;
    await sleep(1_000);
  }
}
