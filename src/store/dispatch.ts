/**
 * What a dispatcher does to one endpoint: fill its window with due heads, take back what was lost on the way.
 *
 * The endpoint's row lock makes one dispatcher at a time serve an endpoint, so the window cannot be overfilled. Retries and
 * replays get at most half of it: a bad day does not delay what is new.
 */
import { randomUUID } from 'node:crypto';
import { stateAfter, statesBefore } from '../core/lifecycle.ts';
import type { Db } from './database.ts';

export interface DeliveryHint {
  readonly deliveryId: string;
  readonly generation: number;
}

/** How long a hint may stay untaken before its delivery gets a new one. */
export const HINT_LIFE = `interval '60 seconds'`;

export interface EndpointGate {
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** Not closed: the next probe may be made. */
  readonly probeDue: boolean;
  /** Failed since the breaker opened. */
  readonly probes: number;
  /** The window while it recovers; null: the full one. */
  readonly slowStart: number | null;
  /** Of its rate, what was left when tokens were counted last, and how long ago that was. */
  readonly tokens: number | null;
  readonly tokensAgeMs: number | null;
}

/**
 * Inside a transaction: locks those of these endpoints that are active and that no other dispatcher has.
 * NO KEY UPDATE: T2's new deliveries refer to the row and must not wait for it, nor make it look taken.
 */
export async function lockEndpoints(db: Db, tenant: string, names: readonly string[]): Promise<EndpointGate[]> {
  const { rows } = await db.query<EndpointGate>(
    `select name, breaker, coalesce(probe_at <= now(), true) as "probeDue", probes, slow_start as "slowStart", tokens,
            (extract(epoch from now() - tokens_at) * 1000)::float8 as "tokensAgeMs"
     from endpoint where tenant = $1 and name = any($2::text[]) and state = 'active' order by name for no key update skip locked`,
    [tenant, names],
  );
  return rows;
}

/** What an endpoint may be given: so many under way in all, and so many more at most. */
export interface Allowance {
  readonly endpoint: string;
  readonly window: number;
  readonly most: number;
}

export interface QueuedDelivery extends DeliveryHint {
  readonly endpoint: string;
}

/** Under the endpoints' locks: due heads → queued, as many as each window has room for. Hints are sent after the commit. */
export async function queueDueHeads(db: Db, tenant: string, allowances: readonly Allowance[]): Promise<QueuedDelivery[]> {
  const due = (again: boolean, limit: string) => `select * from (
           select id, next_attempt_at, position from delivery
           where tenant = $1 and endpoint = room.endpoint and state in ('pending', 'retry_wait') and waiting = 0 and again = ${again}
             and next_attempt_at <= now()
           order by next_attempt_at, position limit ${limit}) heads`;
  // No row lock on the heads: whoever else ends a delivery that waits (a person, a newer event) is seen by the condition of the update.
  const { rows } = await db.query<QueuedDelivery>(
    `with under_way as (
       select endpoint, count(*)::int as n, count(*) filter (where again)::int as again
       from delivery where tenant = $1 and endpoint = any($2::text[]) and state in ('queued', 'in_flight') group by endpoint
     ), room as (
       select a.endpoint, least(greatest(0, a.width - coalesce(u.n, 0)), a.most) as n, greatest(0, greatest(1, a.width / 2) - coalesce(u.again, 0)) as again
       from unnest($2::text[], $3::int[], $4::int[]) as a (endpoint, width, most) left join under_way u using (endpoint)
     ), head as (
       select due.id from room cross join lateral (
         select id from (${due(true, 'least(room.n, room.again)')} union all ${due(false, 'room.n')}) candidate
         order by next_attempt_at, position limit room.n
       ) due
     )
     update delivery d set state = $5, generation = d.generation + 1, queued_until = now() + ${HINT_LIFE}
     from head where d.id = head.id and d.state = any($6::text[]) and d.waiting = 0
     returning d.endpoint, d.id as "deliveryId", d.generation`,
    [
      tenant,
      allowances.map((allowance) => allowance.endpoint),
      allowances.map((allowance) => allowance.window),
      allowances.map((allowance) => allowance.most),
      stateAfter('dispatch'),
      statesBefore('dispatch'),
    ],
  );
  return rows;
}

/**
 * Under the lock of an endpoint whose breaker is not closed, when a probe is due: its oldest head → queued, as the one half-open probe.
 * The next one may be made after `nextProbeMs`, whatever becomes of this one. Empty: something is under way still, or nothing waits.
 */
export async function queueProbe(db: Db, tenant: string, endpoint: string, nextProbeMs: number): Promise<QueuedDelivery[]> {
  const { rows } = await db.query<QueuedDelivery>(
    `with head as (
       select id from delivery
       where tenant = $1 and endpoint = $2 and state in ('pending', 'retry_wait') and waiting = 0
         and not exists (select from delivery where tenant = $1 and endpoint = $2 and state in ('queued', 'in_flight'))
       order by position limit 1 for update
     ), half_open as (
       update endpoint set breaker = 'half_open', probe_at = now() + $3 * interval '1 millisecond'
       where tenant = $1 and name = $2 and exists (select from head)
     )
     update delivery d set state = $4, generation = d.generation + 1, queued_until = now() + ${HINT_LIFE}, probe = true
     from head where d.id = head.id and d.state = any($5::text[])
     returning d.endpoint, d.id as "deliveryId", d.generation`,
    [tenant, endpoint, nextProbeMs, stateAfter('dispatch'), statesBefore('dispatch')],
  );
  return rows;
}

/** Under the lock: what is left of the endpoint's rate. */
export async function spendTokens(db: Db, tenant: string, endpoint: string, left: number): Promise<void> {
  await db.query('update endpoint set tokens = $3, tokens_at = now() where tenant = $1 and name = $2', [tenant, endpoint, left]);
}

export interface ExpiredLease {
  readonly id: string;
  readonly endpoint: string;
  readonly leaseToken: string;
  readonly attempts: number;
  readonly attemptCount: number;
  /** Since it was published, by PostgreSQL's clock. */
  readonly ageMs: number;
  readonly probe: boolean;
}

/** Deliveries whose worker died: taken over under a new token, so that the old worker's outcome can no longer be committed. */
export async function takeOverExpired(db: Db, tenant: string, limit: number): Promise<ExpiredLease[]> {
  const { rows } = await db.query<ExpiredLease>(
    `with expired as (
       select id from delivery where tenant = $1 and state = 'in_flight' and lease_until < now() limit $2 for update skip locked
     )
     update delivery d set lease_token = gen_random_uuid(), lease_until = now() + interval '30 seconds' from expired where d.id = expired.id
     returning d.id, d.endpoint, d.lease_token as "leaseToken", d.attempts, d.attempt_count as "attemptCount",
       (extract(epoch from clock_timestamp() - d.created_at) * 1000)::float8 as "ageMs", d.probe`,
    [tenant, limit],
  );
  return rows;
}

export interface EndpointSurvey {
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly probeDue: boolean;
  /** A head may be sent now. */
  readonly due: boolean;
  readonly underWay: number;
  /** Until the next head becomes due; null: none waits for its time. */
  readonly nextDueMs: number | null;
}

/** One look at all active endpoints, which tells the dispatcher whose rows to lock and when to look again. */
export async function surveyEndpoints(db: Db, tenant: string): Promise<EndpointSurvey[]> {
  const head = (again: boolean, when: string) => `from delivery d
       where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('pending', 'retry_wait') and d.waiting = 0 and d.again = ${again} and ${when}`;
  const next = (again: boolean) => `(select d.next_attempt_at ${head(again, 'd.next_attempt_at > now()')} order by d.next_attempt_at limit 1)`;
  const { rows } = await db.query<EndpointSurvey>(
    `select e.name, e.breaker, coalesce(e.probe_at <= now(), true) as "probeDue",
       exists (select ${head(false, 'd.next_attempt_at <= now()')}) or exists (select ${head(true, 'd.next_attempt_at <= now()')}) as due,
       (select count(*)::int from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('queued', 'in_flight')) as "underWay",
       (extract(epoch from least(${next(false)}, ${next(true)}) - now()) * 1000)::float8 as "nextDueMs"
     from endpoint e where e.tenant = $1 and e.state = 'active'`,
    [tenant],
  );
  return rows;
}

export const newLeaseToken = (): string => randomUUID();
