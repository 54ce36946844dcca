/**
 * Claiming deliveries and committing outcomes, many in one statement.
 *
 * A claim needs the hint's generation, an outcome the claim's lease token: whoever comes late changes nothing.
 */
import type { OutcomeClass } from '../core/contracts.ts';
import type { EndpointPolicy } from '../core/endpoint-policy.ts';
import { type DeliveryEvent, type DeliveryState, stateAfter, statesBefore } from '../core/lifecycle.ts';
import { type Database, type Db, inTransaction } from './database.ts';
import { newLeaseToken } from './dispatch.ts';
import { type EndpointChange, type HealthReport, recordHealth } from './endpoint-health.ts';
import { closePlaces, lockOrderKeys } from './order-keys.ts';
import { unqueueEndpoints } from './unqueue.ts';

export interface ClaimRequest {
  readonly deliveryId: string;
  readonly generation: number;
  readonly leaseMs: number;
  readonly worker: string;
}

export interface ClaimedDelivery {
  readonly id: string;
  readonly endpoint: string;
  readonly eventId: string;
  readonly messageId: string;
  readonly leaseToken: string;
  /** Charged before this one. */
  readonly attempts: number;
  /** This one, from 1. */
  readonly attemptCount: number;
  readonly idempotencyKey: string;
  readonly replay: boolean;
  /** The delivery that a replay repeats. */
  readonly replayOf: string | null;
  /** Since it was published, by PostgreSQL's clock. */
  readonly ageMs: number;
  readonly dueAt: Date;
  readonly claimedAt: Date;
  /** An attempt before this one was ambiguous: the endpoint may have it. */
  readonly doubtful: boolean;
  /** The half-open probe of an endpoint whose breaker is open. */
  readonly probe: boolean;
  readonly body: string;
  /** Of an event that tells of a document of ours: its bytes, for whoever files them. */
  readonly document: { readonly filename: string; readonly blobId: string; readonly size: number } | null;
}

/**
 * Takes queued deliveries under a lease, before anything is sent: the row says which attempt is under way, since when and by whom.
 * A delivery must hold the place at the head of each of its orders, which is unique per key. Missing ones: the hint was stale.
 */
export async function claimDeliveries(db: Db, requests: readonly ClaimRequest[]): Promise<(ClaimedDelivery | undefined)[]> {
  const { rows } = await db.query<ClaimedDelivery>(
    `with claim as (
       update delivery d set state = $6, lease_token = r.token, lease_until = now() + r.lease_ms * interval '1 millisecond',
         queued_until = null, attempt_count = d.attempt_count + 1, worker = r.worker, claimed_at = clock_timestamp()
       from unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::text[]) as r (id, generation, token, lease_ms, worker)
       where d.id = r.id and d.generation = r.generation and d.state = any($7::text[])
         and not exists (select from delivery_key k where k.delivery_id = d.id and k.open and not k.active)
       returning d.*
     )
     select c.id, c.endpoint, c.event_id as "eventId", doc.message_id as "messageId", c.lease_token as "leaseToken", c.attempts,
            c.attempt_count as "attemptCount", c.idempotency_key as "idempotencyKey", c.replay_of is not null as replay,
            c.replay_of as "replayOf", (extract(epoch from clock_timestamp() - c.created_at) * 1000)::float8 as "ageMs", c.next_attempt_at as "dueAt", c.claimed_at as "claimedAt", c.doubtful, c.probe, e.body,
            case when m.id is not null then json_build_object('filename', m.filename, 'blobId', m.blob_id, 'size', m.size) end as document
     from claim c join event e on e.id = c.event_id join document doc on doc.id = e.document_id
     left join message m on doc.state = 'sent' and m.id = doc.message_id`,
    [
      requests.map((r) => r.deliveryId),
      requests.map((r) => r.generation),
      requests.map(() => newLeaseToken()),
      requests.map((r) => r.leaseMs),
      requests.map((r) => r.worker),
      stateAfter('claim'),
      statesBefore('claim'),
    ],
  );
  // Two hints of the same generation may share a batch: the row was claimed once, so one asker gets it.
  const claimed = new Map(rows.map((row) => [row.id, row]));
  return requests.map((request) => {
    const row = claimed.get(request.deliveryId);
    claimed.delete(request.deliveryId);
    return row;
  });
}

/** What is committed after an attempt. */
export interface Settlement {
  readonly deliveryId: string;
  readonly leaseToken: string;
  readonly attemptCount: number;
  readonly event: Extract<DeliveryEvent, 'succeed' | 'retry' | 'die' | 'release'>;
  /** Counts against the schedule. */
  readonly charged: boolean;
  readonly delayMs: number;
  readonly class: OutcomeClass;
  readonly status: number | undefined;
  readonly detail: string;
  readonly responseBody: string | undefined;
  readonly deadReason: string | undefined;
  readonly fingerprint: string | undefined;
  /** Its place is given up although it is dead: the endpoint's order goes on without it. */
  readonly yields: boolean;
  /** What the attempt says of the endpoint. */
  readonly health: 'well' | 'failed' | 'rejected' | 'indifferent';
  readonly probe: boolean;
  /** Why the endpoint must be parked. */
  readonly park: string | undefined;
  readonly policy: EndpointPolicy;
}

export interface Settled {
  /** False: the lease was lost meanwhile, nothing was changed. */
  readonly counted: boolean;
  /** What the batch did to the delivery's endpoint, told to one of its settlements. */
  readonly endpoint: EndpointChange | undefined;
}

/** Commits outcomes, and what they mean for their endpoints, in one transaction. */
export async function settleDeliveries(database: Database, tenant: string, settlements: readonly Settlement[]): Promise<Settled[]> {
  return inTransaction(database, async (db) => {
    const closing = settlements.filter((s) => s.event === 'succeed' || s.yields).map((s) => s.deliveryId);
    if (closing.length > 0) await lockOrderKeys(db, closing);
    const settled = await updateSettled(db, settlements);
    const closed = closing.filter((id) => settled.has(id));
    if (closed.length > 0) await closePlaces(db, closed);
    const reports = settlements.flatMap((s) => {
      const claimed = settled.get(s.deliveryId);
      return claimed === undefined ? [] : [{ ...s, ...claimed }];
    });
    const changes = await recordHealth(db, tenant, reports);
    const unserved = [...changes].filter(([, change]) => change.state !== 'active' || change.breaker === 'open').map(([endpoint]) => endpoint);
    if (unserved.length > 0) await unqueueEndpoints(db, tenant, unserved);
    return settlements.map((s) => {
      const change = changes.get(s.policy.endpoint);
      changes.delete(s.policy.endpoint);
      return { counted: settled.has(s.deliveryId), endpoint: change };
    });
  });
}

type Claimed = Pick<HealthReport, 'troubled' | 'claimedAt'>;

/** For each delivery that still held its lease. */
async function updateSettled(db: Db, settlements: readonly Settlement[]): Promise<Map<string, Claimed>> {
  const rows = settlements.map((s) => ({
    id: s.deliveryId,
    token: s.leaseToken,
    n: s.attemptCount,
    state: stateAfter(s.event),
    charged: s.charged ? 1 : 0,
    delay_ms: s.delayMs,
    again: s.event === 'retry',
    ended: s.event === 'succeed' || s.event === 'die',
    class: s.class,
    status: s.status ?? null,
    detail: s.detail,
    response_body: s.responseBody ?? null,
    dead_reason: s.deadReason ?? null,
    fingerprint: s.fingerprint ?? null,
  }));
  const result = await db.query<Claimed & { id: string }>(
    `with outcome as (
       select * from jsonb_to_recordset($1::jsonb) as o (id uuid, token uuid, n int, state text, charged int, delay_ms bigint, again boolean,
         ended boolean, class text, status int, detail text, response_body text, dead_reason text, fingerprint text)
     ), settled as (
       update delivery d set state = o.state, attempts = d.attempts + o.charged, lease_token = null, lease_until = null, probe = false,
         again = d.again or o.again, doubtful = d.doubtful or o.class = 'ambiguous', next_attempt_at = now() + o.delay_ms * interval '1 millisecond', last_class = o.class, last_status = o.status,
         last_detail = o.detail, dead_reason = o.dead_reason, fingerprint = o.fingerprint, ended_at = case when o.ended then now() end
       from outcome o where d.id = o.id and d.lease_token = o.token and d.state = any($2::text[])
       returning d.id, d.tenant, d.endpoint, d.claimed_at, d.worker, o.n, o.class, o.status, o.detail, o.response_body
     ), attempt as (
       insert into delivery_attempt (tenant, delivery_id, n, started_at, ended_at, class, status, detail, response_body, worker)
       select tenant, id, n, claimed_at, clock_timestamp(), class, status, detail, response_body, worker from settled
     )
     select s.id, e.failures > 0 or e.consecutive_rejections > 0 or e.breaker <> 'closed' or e.slow_start is not null or e.window_failures > 0 as troubled,
       s.claimed_at as "claimedAt"
     from settled s join endpoint e on e.tenant = s.tenant and e.name = s.endpoint`,
    [JSON.stringify(rows), statesBefore('succeed')],
  );
  return new Map(result.rows.map((row) => [row.id, row]));
}

export async function stateOfDelivery(db: Db, tenant: string, id: string): Promise<DeliveryState | undefined> {
  const { rows } = await db.query<{ state: DeliveryState }>('select state from delivery where tenant = $1 and id = $2', [tenant, id]);
  return rows[0]?.state;
}
