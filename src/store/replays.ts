/**
 * The ways out of a dead letter: once more, let the order go on without it, or give it up.
 *
 * Each is one conditional change, audited in the same transaction; a state that does not allow it changes nothing.
 */
import { randomUUID } from 'node:crypto';
import { type DeliveryEvent, stateAfter, statesBefore } from '../core/lifecycle.ts';
import { type AuditEntry, writeAudit } from './audit.ts';
import { type Database, type Db, inTransaction } from './database.ts';
import { closePlaces, lockOrderKeys } from './order-keys.ts';

export interface Operator {
  readonly actor: string;
  readonly reason: string | undefined;
}

/** A dead delivery becomes pending again: the same row, key and place in the order; its schedule starts anew. */
export async function replayDead(database: Database, tenant: string, deliveryId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rowCount } = await db.query(
      `update delivery set state = $3, attempts = 0, again = true, next_attempt_at = now(), ended_at = null, dead_reason = null, fingerprint = null
       where tenant = $1 and id = $2 and state = any($4::text[])`,
      [tenant, deliveryId, stateAfter('replay'), statesBefore('replay')],
    );
    if (rowCount !== 1) return false;
    await audit(db, tenant, 'delivery.replayed', deliveryId, by);
    return true;
  });
}

/** A delivery that ended (succeeded, or was skipped) is sent once more beside the order: a new row that points at the old one, with its key. */
export async function replayEnded(
  database: Database,
  tenant: string,
  deliveryId: string,
  states: readonly string[],
  by: Operator,
): Promise<string | undefined> {
  return inTransaction(database, async (db) => {
    const id = randomUUID();
    const { rowCount } = await db.query(
      `insert into delivery (id, tenant, endpoint, event_id, idempotency_key, again, replay_of)
       select $3, tenant, endpoint, event_id, idempotency_key, true, coalesce(replay_of, id) from delivery
       where tenant = $1 and id = $2 and state = any($4::text[])`,
      [tenant, deliveryId, id, states],
    );
    if (rowCount !== 1) return undefined;
    await audit(db, tenant, 'delivery.replayed', deliveryId, by, { newDelivery: id });
    return id;
  });
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
    const { rowCount } = await db.query(
      'update delivery set state = $3, note = $4, ended_at = now() where tenant = $1 and id = $2 and state = any($5::text[])',
      [tenant, deliveryId, stateAfter(event), by.reason ?? null, statesBefore(event)],
    );
    if (rowCount !== 1) return false;
    await closePlaces(db, [deliveryId]);
    await audit(db, tenant, event === 'skip' ? 'delivery.skipped' : 'delivery.discarded', deliveryId, by);
    return true;
  });
}

/** Sends a document that was not translated through T2 again, under the mapping that is then in force. */
export async function replayDocument(database: Database, tenant: string, documentId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rows } = await db.query<{ message_id: string }>(
      `update document set state = 'retrying' where tenant = $1 and id = $2 and state in ('rejected', 'failed', 'quarantined') returning message_id`,
      [tenant, documentId],
    );
    const messageId = rows[0]?.message_id;
    if (messageId === undefined) return false;
    await db.query(`update message set state = 'received', attempts = 0, next_attempt_at = now() where id = $1`, [messageId]);
    await audit(db, tenant, 'document.replayed', documentId, by);
    return true;
  });
}

export async function discardDocument(database: Database, tenant: string, documentId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rowCount } = await db.query(
      `update document set state = 'discarded' where tenant = $1 and id = $2 and state in ('rejected', 'failed', 'quarantined')`,
      [tenant, documentId],
    );
    if (rowCount !== 1) return false;
    await audit(db, tenant, 'document.discarded', documentId, by);
    return true;
  });
}

/** Translates a message that failed, or was read in part, again from its first byte; what was already published is skipped by its ordinal. */
export async function replayMessage(database: Database, tenant: string, messageId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rowCount } = await db.query(
      `update message set state = 'received', faulty = false, attempts = 0, next_attempt_at = now()
       where tenant = $1 and id = $2 and (state = 'failed' or faulty)`,
      [tenant, messageId],
    );
    if (rowCount !== 1) return false;
    await audit(db, tenant, 'message.replayed', messageId, by);
    return true;
  });
}

/** Closes a message that cannot be read, or the faults of one that was read in part; its bytes are kept. */
export async function discardMessage(database: Database, tenant: string, messageId: string, by: Operator): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const { rowCount } = await db.query(
      `update message set state = case state when 'failed' then 'discarded' else state end, faulty = false
       where tenant = $1 and id = $2 and (state = 'failed' or faulty)`,
      [tenant, messageId],
    );
    if (rowCount !== 1) return false;
    await audit(db, tenant, 'message.discarded', messageId, by);
    return true;
  });
}

async function audit(db: Db, tenant: string, action: AuditEntry['action'], subject: string, by: Operator, detail?: object): Promise<void> {
  await writeAudit(db, tenant, { actor: by.actor, action, subject, reason: by.reason, detail });
}
