/**
 * What a dispatcher does to one endpoint: fill its window with due heads, take back what was lost on the way.
 *
 * The endpoint's row lock makes one dispatcher at a time serve an endpoint, so the window cannot be overfilled.
 */
import { randomUUID } from 'node:crypto';
import { stateAfter, statesBefore } from '../core/lifecycle.ts';
import type { Db } from './database.ts';

export interface DeliveryHint {
  readonly deliveryId: string;
  readonly generation: number;
}

/** How long a hint may stay untaken before its delivery gets a new one. */
const HINT_LIFE = `interval '60 seconds'`;

/**
 * Inside a transaction: locks an active endpoint. False: another dispatcher has it, or it is parked.
 * NO KEY UPDATE: T2's new deliveries refer to the row and must not wait for it, nor make it look taken.
 */
export async function lockEndpoint(db: Db, tenant: string, endpoint: string): Promise<boolean> {
  const { rowCount } = await db.query(`select 1 from endpoint where tenant = $1 and name = $2 and state = 'active' for no key update skip locked`, [
    tenant,
    endpoint,
  ]);
  return rowCount === 1;
}

/** Under the endpoint's lock: due heads → queued, as many as the window has room for. Returns their hints, to be sent after the commit. */
export async function queueDueHeads(db: Db, tenant: string, endpoint: string, maxInFlight: number): Promise<DeliveryHint[]> {
  const { rows } = await db.query<DeliveryHint>(
    `with room as (
       select greatest(0, $3::int - count(*)::int) as n from delivery where tenant = $1 and endpoint = $2 and state in ('queued', 'in_flight')
     ), head as (
       select id from delivery
       where tenant = $1 and endpoint = $2 and state in ('pending', 'retry_wait') and waiting = 0 and next_attempt_at <= now()
       order by next_attempt_at, position limit (select n from room) for update
     )
     update delivery d set state = $4, generation = d.generation + 1, queued_until = now() + ${HINT_LIFE}
     from head where d.id = head.id and d.state = any($5::text[])
     returning d.id as "deliveryId", d.generation`,
    [tenant, endpoint, maxInFlight, stateAfter('dispatch'), statesBefore('dispatch')],
  );
  return rows;
}

/** Hints that nobody took in time (or, after the queue was emptied, all of them) → pending again, under a new generation. */
export async function unqueueLost(db: Db, tenant: string, scope: 'expired' | 'all'): Promise<number> {
  const { rowCount } = await db.query(
    `with lost as (
       select id from delivery where tenant = $1 and state = 'queued' and ($2 or queued_until < now()) for update skip locked
     )
     update delivery d set state = $3, queued_until = null from lost where d.id = lost.id and d.state = any($4::text[])`,
    [tenant, scope === 'all', stateAfter('unqueue'), statesBefore('unqueue')],
  );
  return rowCount ?? 0;
}

/** Hints that could not be handed over: pending again at once, instead of when their time is over. */
export async function unqueue(db: Db, hints: readonly DeliveryHint[]): Promise<void> {
  await db.query(
    `with unsent as (
       select d.id from delivery d join unnest($1::uuid[], $2::int[]) as h (id, generation) on h.id = d.id and h.generation = d.generation
       where d.state = any($4::text[]) for update of d
     )
     update delivery d set state = $3, queued_until = null from unsent where d.id = unsent.id`,
    [hints.map((hint) => hint.deliveryId), hints.map((hint) => hint.generation), stateAfter('unqueue'), statesBefore('unqueue')],
  );
}

export interface ExpiredLease {
  readonly deliveryId: string;
  readonly endpoint: string;
  readonly leaseToken: string;
  readonly attempts: number;
  readonly attemptCount: number;
  readonly createdAt: Date;
}

/** Deliveries whose worker died: taken over under a new token, so that the old worker's outcome can no longer be committed. */
export async function takeOverExpired(db: Db, tenant: string, limit: number): Promise<ExpiredLease[]> {
  const { rows } = await db.query<ExpiredLease>(
    `with expired as (
       select id from delivery where tenant = $1 and state = 'in_flight' and lease_until < now() limit $2 for update skip locked
     )
     update delivery d set lease_token = gen_random_uuid(), lease_until = now() + interval '30 seconds' from expired where d.id = expired.id
     returning d.id as "deliveryId", d.endpoint, d.lease_token as "leaseToken", d.attempts, d.attempt_count as "attemptCount", d.created_at as "createdAt"`,
    [tenant, limit],
  );
  return rows;
}

/** When the next delivery that waits for its time becomes due; what is due already waits for room, and an outcome wakes the dispatcher. */
export async function nextDueInMs(db: Db, tenant: string): Promise<number | undefined> {
  const { rows } = await db.query<{ ms: number | null }>(
    `select (extract(epoch from min(d.next_attempt_at) - now()) * 1000)::float8 as ms
     from endpoint e cross join lateral (
       select next_attempt_at from delivery
       where tenant = e.tenant and endpoint = e.name and state in ('pending', 'retry_wait') and waiting = 0 and next_attempt_at > now()
       order by next_attempt_at limit 1
     ) d
     where e.tenant = $1 and e.state = 'active'`,
    [tenant],
  );
  return rows[0]?.ms ?? undefined;
}

export const newLeaseToken = (): string => randomUUID();
