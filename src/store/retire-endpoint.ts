/**
 * Where the backlog of an endpoint goes that is taken out of service: to another endpoint, or nowhere.
 *
 * The endpoint's row keeps the rule, so that what still comes for it (a gateway may hold its file for some seconds more) goes the
 * same way. Order keys are locked first, then everything moves in one transaction: no order is ever half here, half there.
 */
import { OPEN_STATES, stateAfter, statesBefore } from '../core/lifecycle.ts';
import type { Db } from './database.ts';
import { closePlaces, lockOrderKeys } from './order-keys.ts';

export interface Backlog {
  readonly endpoint: string;
  /** Pending, queued, under way or waiting for a retry. */
  readonly open: number;
  readonly dead: number;
  /** Of the open ones: an attempt is under way. */
  readonly inFlight: number;
}

const COUNTS = `count(*) filter (where d.state <> 'dead') as open, count(*) filter (where d.state = 'dead') as dead,
  count(*) filter (where d.state = 'in_flight') as "inFlight"`;

/**
 * Whether an endpoint has open or dead deliveries, by three small indexes: one that waits has, at the end of those before it on its
 * orders, one that does not wait.
 */
const HAS_BACKLOG = `(
  exists (select from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('pending', 'retry_wait') and d.waiting = 0)
  or exists (select from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('queued', 'in_flight'))
  or exists (select from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state = 'dead'))`;

/** Endpoints without a file that have deliveries of which nobody said where they go. */
export async function strandedBacklogs(db: Db, tenant: string, withFile: readonly string[]): Promise<Backlog[]> {
  const { rows } = await db.query<{ name: string }>(
    `select e.name from endpoint e
     where e.tenant = $1 and e.name <> all($2::text[]) and (e.state <> 'disabled' or e.retired_reason is null) and ${HAS_BACKLOG} order by e.name`,
    [tenant, withFile],
  );
  return Promise.all(rows.map(({ name }) => backlogOf(db, tenant, name)));
}

export async function backlogOf(db: Db, tenant: string, endpoint: string): Promise<Backlog> {
  const { rows } = await db.query<Backlog>(
    `select $2 as endpoint, ${COUNTS} from delivery d where d.tenant = $1 and d.endpoint = $2 and d.state = any($3::text[])`,
    [tenant, endpoint, OPEN_STATES],
  );
  return rows[0] ?? { endpoint, open: 0, dead: 0, inFlight: 0 };
}

export interface Retirement {
  readonly endpoint: string;
  /** Null: discarded. */
  readonly to: string | null;
  readonly reason: string;
}

/** Takes it out of service and writes down where its backlog goes. */
export async function disableEndpoint(db: Db, tenant: string, { endpoint, to, reason }: Retirement, by: string): Promise<void> {
  await db.query(
    `update endpoint set state = 'disabled', parked_at = now(), park_reason = $3, retired_to = $4, retired_by = $5, retired_reason = $6
     where tenant = $1 and name = $2`,
    [tenant, endpoint, `retired, its backlog ${to === null ? 'discarded' : `to ${to}`}: ${reason}`, to, by, reason],
  );
}

/** Retired endpoints that have a backlog (again). */
export async function unsettledRetirements(db: Db, tenant: string): Promise<(Retirement & { readonly by: string })[]> {
  const { rows } = await db.query<Retirement & { by: string }>(
    `select e.name as endpoint, e.retired_to as "to", e.retired_reason as reason, e.retired_by as by from endpoint e
     where e.tenant = $1 and e.state = 'disabled' and e.retired_reason is not null and ${HAS_BACKLOG} order by e.name`,
    [tenant],
  );
  return rows;
}

export interface Settled {
  readonly moved: number;
  readonly discarded: number;
  /** Left where they are: an attempt is under way, and its outcome decides. */
  readonly underWay: number;
}

/** Deliveries of the other endpoint's events: one event is sent to an endpoint once. */
const HAS_IT = `exists (select from delivery o where o.tenant = d.tenant and o.endpoint = $3 and o.event_id = d.event_id and o.replay_of is null)`;

/** How many deliveries `moveBacklog` would discard, because the other endpoint has their events. */
export async function countShared(db: Db, tenant: string, from: string, to: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from delivery d where d.tenant = $1 and d.endpoint = $2 and d.state = any($4::text[]) and d.replay_of is null and ${HAS_IT}`,
    [tenant, from, to, OPEN_STATES],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Inside a transaction: the backlog goes to another endpoint with its keys, its places and its order. What the other has already is
 * discarded with a note. An order with an attempt under way stays whole, until the next call.
 */
export async function moveBacklog(db: Db, tenant: string, { endpoint, to, reason }: Retirement & { readonly to: string }): Promise<Settled> {
  const { ids, underWay } = await lockBacklog(db, tenant, endpoint);
  if (ids.length === 0) return { moved: 0, discarded: 0, underWay };
  await unqueueThem(db, ids);
  const shared = await db.query<{ id: string }>(
    `select d.id from delivery d where d.tenant = $1 and d.endpoint = $2 and d.id = any($4::uuid[]) and d.replay_of is null and ${HAS_IT}`,
    [tenant, endpoint, to, ids],
  );
  const discarded = shared.rows.map((row) => row.id);
  await discardThem(db, discarded, `${to} has this event already; ${endpoint} was retired: ${reason}`);
  const left = new Set(discarded);
  const moving = ids.filter((id) => !left.has(id));
  await db.query('update delivery_key set endpoint = $2, active = false where delivery_id = any($1::uuid[])', [moving, to]);
  await db.query(
    `update delivery set endpoint = $2, note = $3, attempts = case when state = 'dead' then attempts else 0 end, next_attempt_at = now()
     where id = any($1::uuid[])`,
    [moving, to, `moved from ${endpoint}, which was retired: ${reason}`],
  );
  await reorder(db, tenant, [endpoint, to], moving);
  return { moved: moving.length, discarded: discarded.length, underWay };
}

/** Inside a transaction: the backlog is given up for good. */
export async function discardBacklog(db: Db, tenant: string, { endpoint, reason }: Retirement): Promise<Settled> {
  const { ids, underWay } = await lockBacklog(db, tenant, endpoint);
  await unqueueThem(db, ids);
  await discardThem(db, ids, `${endpoint} was retired: ${reason}`);
  return { moved: 0, discarded: ids.length, underWay };
}

/** Locks the order keys of the backlog, then its deliveries; without those that share an order with an attempt under way. What comes later is for the next call. */
async function lockBacklog(db: Db, tenant: string, endpoint: string): Promise<{ ids: string[]; underWay: number }> {
  const seen = await db.query<{ id: string }>('select id from delivery where tenant = $1 and endpoint = $2 and state = any($3::text[])', [
    tenant,
    endpoint,
    OPEN_STATES,
  ]);
  const ids = seen.rows.map((row) => row.id);
  await lockOrderKeys(db, ids);
  const { rows } = await db.query<{ id: string; busy: boolean }>(
    `with recursive backlog as materialized (
       select d.id, d.state from delivery d where d.id = any($1::uuid[]) and d.endpoint = $3 and d.state = any($4::text[]) order by d.id for update
     ), busy (id) as (
       select id from backlog where state = 'in_flight'
       union
       select other.delivery_id from busy join delivery_key mine on mine.delivery_id = busy.id and mine.open
         join delivery_key other on other.tenant = $2 and other.endpoint = $3 and other.order_key = mine.order_key and other.open
     )
     select b.id, busy.id is not null as busy from backlog b left join busy on busy.id = b.id`,
    [ids, tenant, endpoint, OPEN_STATES],
  );
  return { ids: rows.filter((row) => !row.busy).map((row) => row.id), underWay: rows.filter((row) => row.busy).length };
}

/** Their hints are stale from here on: a claim wants a queued delivery. */
async function unqueueThem(db: Db, ids: readonly string[]): Promise<void> {
  await db.query(`update delivery set state = $2, queued_until = null where id = any($1::uuid[]) and state = any($3::text[])`, [
    ids,
    stateAfter('unqueue'),
    statesBefore('unqueue'),
  ]);
}

async function discardThem(db: Db, ids: readonly string[], note: string): Promise<void> {
  if (ids.length === 0) return;
  await db.query(`update delivery set state = $2, note = $3, ended_at = now() where id = any($1::uuid[]) and state = any($4::text[])`, [
    ids,
    stateAfter('retire'),
    note,
    statesBefore('retire'),
  ]);
  await closePlaces(db, ids);
}

/** On every key of these deliveries, the lowest open place at each of the endpoints is the head again, and everybody waits for as many keys as it is not head of. */
async function reorder(db: Db, tenant: string, endpoints: readonly string[], ids: readonly string[]): Promise<void> {
  const places = `select p.* from delivery_key p
    where p.tenant = $1 and p.endpoint = any($2::text[]) and p.open and p.order_key in (select k.order_key from delivery_key k where k.delivery_id = any($3::uuid[]))`;
  const values = [tenant, endpoints, ids];
  // In two steps: two heads of one key must not exist even for a moment.
  await db.query(
    `update delivery_key k set active = false from (${places}) p where k.delivery_id = p.delivery_id and k.order_key = p.order_key and k.active`,
    values,
  );
  await db.query(
    `update delivery_key k set active = true
     from (select distinct on (endpoint, order_key) delivery_id, order_key from (${places}) p order by endpoint, order_key, seq) head
     where k.delivery_id = head.delivery_id and k.order_key = head.order_key`,
    values,
  );
  await db.query(
    `update delivery d set waiting = w.waiting
     from (select k.delivery_id, count(*) filter (where k.open and not k.active)::int as waiting from delivery_key k
           where k.delivery_id in (select delivery_id from (${places}) p) group by k.delivery_id) w
     where d.id = w.delivery_id and d.waiting <> w.waiting`,
    values,
  );
}
