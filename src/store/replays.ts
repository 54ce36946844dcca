/**
 * The ways out of a dead letter: once more, let the order go on without it, or give it up.
 *
 * Each is one conditional change, audited in the same transaction; a state that does not allow it changes nothing.
 */
import { type DeliveryEvent, stateAfter, statesBefore } from '../core/lifecycle.ts';
import { type AuditEntry, type Operator, writeAudit } from './audit.ts';
import { type Database, type Db, inTransaction } from './database.ts';
import { closePlaces, lockOrderKeys } from './order-keys.ts';

export interface ReplayWay {
  /** Also what has no place in the order any more, although later documents of its orders may have gone ahead. */
  readonly outOfOrder: boolean;
  /** The bulk job that does it. */
  readonly job?: string | undefined;
}

/** Under `skip` a dead delivery gave up its place; a copy beside the order never had one and is free to go. */
const PLACE_CLOSED = 'exists (select from delivery_key k where k.delivery_id = d.id and not k.open)';

/** Inside a transaction: dead deliveries become pending again, each the same row, key and place in the order; their schedules start anew. Returns which. */
export async function replayDeadOnes(db: Db, tenant: string, ids: readonly string[], way: ReplayWay): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with dead as (
       select d.id from delivery d
       where d.tenant = $1 and d.id = any($2::uuid[]) and d.state = any($4::text[]) and ($5 or not ${PLACE_CLOSED})
       order by d.id for no key update
     )
     update delivery d set state = $3, attempts = 0, again = true, next_attempt_at = now(), ended_at = null, dead_reason = null, fingerprint = null,
       replay_job = coalesce($6, d.replay_job)
     from dead where d.id = dead.id returning d.id`,
    [tenant, ids, stateAfter('replay'), statesBefore('replay'), way.outOfOrder, way.job ?? null],
  );
  return rows.map((row) => row.id);
}

/** Inside a transaction: what ended is sent once more beside the order, as new rows that point at the old ones, with their keys. Returns the new ids. */
export async function copyEndedOnes(db: Db, tenant: string, ids: readonly string[], states: readonly string[], job?: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `insert into delivery (id, tenant, endpoint, event_id, idempotency_key, again, replay_of, replay_job)
     select gen_random_uuid(), tenant, endpoint, event_id, idempotency_key, true, coalesce(replay_of, id), $4 from delivery
     where tenant = $1 and id = any($2::uuid[]) and state = any($3::text[]) order by position returning id`,
    [tenant, ids, states, job ?? null],
  );
  return rows.map((row) => row.id);
}

export async function replayDead(
  database: Database,
  tenant: string,
  deliveryId: string,
  by: Operator,
  way: ReplayWay = { outOfOrder: false },
): Promise<boolean> {
  return inTransaction(database, async (db) => {
    if ((await replayDeadOnes(db, tenant, [deliveryId], way)).length === 0) return false;
    await audit(db, tenant, 'delivery.replayed', deliveryId, by);
    return true;
  });
}

/** A delivery that ended (succeeded, or was skipped) is sent once more; the id of its copy. */
export async function replayEnded(
  database: Database,
  tenant: string,
  deliveryId: string,
  states: readonly string[],
  by: Operator,
): Promise<string | undefined> {
  return inTransaction(database, async (db) => {
    const [copy] = await copyEndedOnes(db, tenant, [deliveryId], states);
    if (copy !== undefined) await audit(db, tenant, 'delivery.replayed', deliveryId, by, { newDelivery: copy });
    return copy;
  });
}

/** Whether its place in the order is given up, so that it can only be replayed out of order. */
export async function placeClosed(db: Db, tenant: string, deliveryId: string): Promise<boolean> {
  const { rows } = await db.query<{ closed: boolean }>(`select ${PLACE_CLOSED} as closed from delivery d where d.tenant = $1 and d.id = $2`, [
    tenant,
    deliveryId,
  ]);
  return rows[0]?.closed === true;
}

/** Lets the order go on without a dead delivery. */
export async function closeDead(
  database: Database,
  tenant: string,
  deliveryId: string,
  event: Extract<DeliveryEvent, 'skip' | 'discard'>,
  by: Operator,
): Promise<boolean> {
  return inTransaction(database, async (db) => {
    await lockOrderKeys(db, [deliveryId]);
    const { rows } = await db.query<Change>(
      `update delivery d set state = $3, note = $4, ended_at = now()
       from (select id, state, dead_reason from delivery where tenant = $1 and id = $2 and state = any($5::text[]) for update) old
       where d.id = old.id returning jsonb_build_object('state', old.state, 'reason', old.dead_reason) as before, jsonb_build_object('state', d.state) as after`,
      [tenant, deliveryId, stateAfter(event), by.reason ?? null, statesBefore(event)],
    );
    const [change] = rows;
    if (change === undefined) return false;
    await closePlaces(db, [deliveryId]);
    await audit(db, tenant, event === 'skip' ? 'delivery.skipped' : 'delivery.discarded', deliveryId, by, undefined, change);
    return true;
  });
}

/** Inside a transaction: sends documents that were not translated through T2 again, under the mappings that are then in force. Returns which. */
export async function replayDocuments(db: Db, tenant: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with dead as (
       select id from document where tenant = $1 and id = any($2::uuid[]) and state in ('rejected', 'failed')
       order by id for no key update
     ), again as (
       update document doc set state = 'retrying' from dead where doc.id = dead.id returning doc.id, doc.message_id
     ), reread as (
       update message m set state = 'received', attempts = 0, next_attempt_at = now()
       from (select distinct message_id from again) a where m.id = a.message_id
     )
     select id from again`,
    [tenant, ids],
  );
  return rows.map((row) => row.id);
}

export async function replayDocument(database: Database, tenant: string, documentId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    if ((await replayDocuments(db, tenant, [documentId])).length === 0) return false;
    await audit(db, tenant, 'document.replayed', documentId, by);
    return true;
  });
}

export async function discardDocument(database: Database, tenant: string, documentId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rows } = await db.query<Change>(
      `update document d set state = 'discarded'
       from (select id, state from document where tenant = $1 and id = $2 and state in ('rejected', 'failed') for update) old
       where d.id = old.id returning jsonb_build_object('state', old.state) as before, jsonb_build_object('state', d.state) as after`,
      [tenant, documentId],
    );
    const [change] = rows;
    if (change === undefined) return false;
    await audit(db, tenant, 'document.discarded', documentId, by, undefined, change);
    return true;
  });
}

/** Inside a transaction: translates messages that failed, or were read in part, again from the first byte; what was published is skipped by its ordinal. */
export async function replayMessages(db: Db, tenant: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update message set state = 'received', faulty = false, attempts = 0, next_attempt_at = now()
     where tenant = $1 and id = any($2::uuid[]) and (state = 'failed' or faulty) returning id`,
    [tenant, ids],
  );
  return rows.map((row) => row.id);
}

export async function replayMessage(database: Database, tenant: string, messageId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    if ((await replayMessages(db, tenant, [messageId])).length === 0) return false;
    await audit(db, tenant, 'message.replayed', messageId, by);
    return true;
  });
}

/** Closes a message that cannot be read, or the faults of one that was read in part; its bytes are kept. */
export async function discardMessage(database: Database, tenant: string, messageId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rows } = await db.query<Change>(
      `update message m set state = case m.state when 'failed' then 'discarded' else m.state end, faulty = false
       from (select id, state, faulty from message where tenant = $1 and id = $2 and (state = 'failed' or faulty) for update) old
       where m.id = old.id returning jsonb_build_object('state', old.state, 'faulty', old.faulty) as before,
         jsonb_build_object('state', m.state, 'faulty', m.faulty) as after`,
      [tenant, messageId],
    );
    const [change] = rows;
    if (change === undefined) return false;
    await audit(db, tenant, 'message.discarded', messageId, by, undefined, change);
    return true;
  });
}

/** As the audit keeps it. */
interface Change {
  readonly before: object;
  readonly after: object;
}

async function audit(
  db: Db,
  tenant: string,
  action: AuditEntry['action'],
  subject: string,
  by: Operator,
  detail?: object,
  change?: Change,
): Promise<void> {
  await writeAudit(db, tenant, { ...by, action, subject, detail, ...change });
}
