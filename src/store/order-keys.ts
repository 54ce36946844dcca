/**
 * Places in the order of each order key (one counter per key for all endpoints; gaps are legal).
 *
 * Locking rule: whoever opens places (T2) or closes them (an outcome, a skip) locks the rows of `order_key` first, in the
 * order of the keys. So nobody can close a place while another computes who waits behind it, and no two can deadlock.
 */
import { OPEN_STATES } from '../core/lifecycle.ts';
import type { Db } from './database.ts';

/** Allocates `count` consecutive numbers for each key; returns each key's first. Locks the keys until the commit. */
export async function allocateSequences(db: Db, tenant: string, counts: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  const keys = [...counts.keys()].sort();
  const { rows } = await db.query<{ key: string; last: number }>(
    `insert into order_key as o (tenant, key, last_seq)
     select $1, key, n from unnest($2::text[], $3::bigint[]) as wanted (key, n) order by key collate "C"
     on conflict (tenant, key) do update set last_seq = o.last_seq + excluded.last_seq
     returning key, last_seq as last`,
    [tenant, keys, keys.map((key) => counts.get(key) ?? 0)],
  );
  return new Map(rows.map((row) => [row.key, row.last - (counts.get(row.key) ?? 0) + 1]));
}

/** Locks the order keys of these deliveries until the commit, in the order of the keys. */
export async function lockOrderKeys(db: Db, deliveryIds: readonly string[]): Promise<void> {
  await db.query(
    `select 1 from order_key o
     where (o.tenant, o.key) in (select k.tenant, k.order_key from delivery_key k where k.delivery_id = any($1::uuid[]) and k.open)
     order by o.tenant collate "C", o.key collate "C" for update`,
    [deliveryIds],
  );
}

/**
 * Closes the places of these deliveries and makes the next open one of each key its head. Call under `lockOrderKeys`.
 * A delivery that becomes the head of a key waits for one key less; with none left it may be sent.
 */
export async function closePlaces(db: Db, deliveryIds: readonly string[]): Promise<void> {
  await db.query(
    `with closed as (
       update delivery_key set open = false, active = false where delivery_id = any($1::uuid[]) and open
       returning tenant, endpoint, order_key
     ), head as (
       select h.delivery_id, h.order_key from (select distinct tenant, endpoint, order_key from closed) c
       cross join lateral (
         select k.delivery_id, k.order_key, k.active from delivery_key k
         where k.tenant = c.tenant and k.endpoint = c.endpoint and k.order_key = c.order_key and k.open and k.delivery_id <> all($1::uuid[])
         order by k.seq limit 1
       ) h
       where not h.active
     ), place as (
       update delivery_key k set active = true from head where k.delivery_id = head.delivery_id and k.order_key = head.order_key
     )
     update delivery d set waiting = d.waiting - h.keys from (select delivery_id, count(*)::int as keys from head group by delivery_id) h
     where d.id = h.delivery_id`,
    [deliveryIds],
  );
}

/** Which of these (endpoint, key) pairs have an open place now, as `endpoint key` strings. Call under the keys' locks. */
export async function openPlaces(db: Db, tenant: string, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ endpoint: string; key: string }>(
    `select distinct endpoint, order_key as key from delivery_key where tenant = $1 and order_key = any($2::text[]) and open`,
    [tenant, keys],
  );
  return new Set(rows.map((row) => placeOf(row.endpoint, row.key)));
}

export const placeOf = (endpoint: string, key: string): string => `${endpoint} ${key}`;

/** Deliveries whose count of keys to wait for is not what their keys say: always empty, checked by doctor and by tests. */
export async function misplacedDeliveries(db: Db, tenant: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select d.id from delivery d
     where d.tenant = $1 and d.state = any($2::text[]) and d.replay_of is null
       and (d.waiting, d.waiting) <> (
         select count(*) filter (where exists (
                  select from delivery_key p
                  where p.tenant = k.tenant and p.endpoint = k.endpoint and p.order_key = k.order_key and p.open and p.seq < k.seq)),
                count(*) filter (where not k.active)
         from delivery_key k where k.delivery_id = d.id and k.open)`,
    [tenant, OPEN_STATES],
  );
  return rows.map((row) => row.id);
}
