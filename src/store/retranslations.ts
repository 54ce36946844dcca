/**
 * What a retranslation reads, locks and writes. Everything after `lockEvent` runs in its transaction, under the partner's lane.
 *
 * While these locks are held nobody claims a delivery of the event: a claim waits for the row and then finds it in another state or generation.
 */
import type { LineageEntry } from '../core/canonical.ts';
import { type DeliveryState, stateAfter, statesBefore } from '../core/lifecycle.ts';
import type { Db } from './database.ts';
import { closePlaces, lockOrderKeys, openPlaces, placeOf } from './order-keys.ts';

export interface StoredDocument {
  readonly id: string;
  readonly partner: string;
  readonly ordinal: number;
  readonly type: string;
  readonly state: string;
  readonly repeats: string | null;
  readonly vouched: boolean;
  readonly messageId: string;
  readonly channel: string;
  readonly channelType: string;
  readonly sha256: string;
  readonly receivedAt: Date;
  readonly blobId: string;
  readonly size: number;
}

export async function findDocument(db: Db, tenant: string, id: string): Promise<StoredDocument | undefined> {
  const { rows } = await db.query<StoredDocument>(
    `select d.id, d.partner, d.ordinal, d.type, d.state, d.repeats, m.id as "messageId", m.channel, m.channel_type as "channelType", m.sha256,
            m.received_at as "receivedAt", m.blob_id as "blobId", m.size,
            exists (select from quarantine q where q.document_id = d.id and q.cause = 'sender' and q.decision = 'released') as vouched
     from document d join message m on m.id = d.message_id where d.tenant = $1 and d.id = $2`,
    [tenant, id],
  );
  return rows[0];
}

export interface StoredEvent {
  readonly id: string;
  readonly name: string;
  readonly body: string;
  readonly test: boolean;
  /** Null: it was published before business documents were recorded. */
  readonly businessKey: string | null;
  readonly revision: number | null;
}

/** The newest event of a document: what was last said in its name. */
export async function newestEventOf(db: Db, tenant: string, documentId: string): Promise<StoredEvent | undefined> {
  const { rows } = await db.query<StoredEvent>(
    `select e.id, e.name, e.body, e.test, b.business_key as "businessKey", b.revision
     from event e left join business_document b on b.event_id = e.id
     where e.tenant = $1 and e.document_id = $2 order by b.revision desc nulls last, e.created_at desc limit 1`,
    [tenant, documentId],
  );
  return rows[0];
}

export interface LockedDelivery {
  readonly id: string;
  readonly state: DeliveryState;
  /** An attempt succeeded, or nobody knows whether it did. */
  readonly reached: boolean;
}

/** Order keys first, then the rows, as every outcome does. Two questions: the second sees what was committed while the first waited. */
export async function lockDeliveries(db: Db, tenant: string, eventId: string): Promise<LockedDelivery[]> {
  const { rows: ids } = await db.query<{ id: string }>('select id from delivery where tenant = $1 and event_id = $2', [tenant, eventId]);
  await lockOrderKeys(
    db,
    ids.map(({ id }) => id),
  );
  await db.query('select 1 from delivery where tenant = $1 and event_id = $2 order by id for update', [tenant, eventId]);
  const { rows } = await db.query<LockedDelivery>(
    `select d.id, d.state, d.state = 'succeeded' or exists (
       select from delivery_attempt a where a.delivery_id = d.id and (a.class in ('delivered', 'ambiguous') or a.class is null and d.state <> 'in_flight')
     ) as reached
     from delivery d where d.tenant = $1 and d.event_id = $2 order by d.id`,
    [tenant, eventId],
  );
  return rows;
}

/** Hints of the old body are out: they become stale. */
export async function recallHints(db: Db, deliveryIds: readonly string[]): Promise<void> {
  await db.query('update delivery set state = $2, queued_until = null where id = any($1::uuid[]) and state = any($3::text[])', [
    deliveryIds,
    stateAfter('unqueue'),
    statesBefore('unqueue'),
  ]);
}

export interface Rewritten {
  readonly id: string;
  readonly body: string;
  readonly documentNumber: string;
  readonly orderNumbers: readonly string[];
  readonly lineage: readonly LineageEntry[];
}

export async function rewriteEvent(db: Db, event: Rewritten): Promise<void> {
  await db.query('update event set body = $2, document_number = $3, order_numbers = $4, lineage = $5 where id = $1', [
    event.id,
    event.body,
    event.documentNumber,
    event.orderNumbers,
    JSON.stringify(event.lineage),
  ]);
}

/** Deliveries that have open places give them up for these, at the end of other orders. The new keys' locks must be held. */
export async function movePlaces(db: Db, tenant: string, deliveryIds: readonly string[], places: ReadonlyMap<string, number>): Promise<void> {
  const { rows: moving } = await db.query<{ id: string; endpoint: string }>(
    `select id, endpoint from delivery d where id = any($1::uuid[]) and exists (select from delivery_key k where k.delivery_id = d.id and k.open)`,
    [deliveryIds],
  );
  if (moving.length === 0) return;
  const ids = moving.map(({ id }) => id);
  await closePlaces(db, ids);
  await db.query('delete from delivery_key where delivery_id = any($1::uuid[])', [ids]);
  const open = await openPlaces(db, tenant, [...places.keys()]);
  const rows = moving.flatMap(({ id, endpoint }) =>
    [...places].map(([key, seq]) => ({ delivery_id: id, endpoint, order_key: key, seq, active: !open.has(placeOf(endpoint, key)) })),
  );
  await db.query(
    `with place as (
       insert into delivery_key (delivery_id, tenant, endpoint, order_key, seq, active)
       select delivery_id, $1, endpoint, order_key, seq, active
       from jsonb_to_recordset($2::jsonb) as k (delivery_id uuid, endpoint text, order_key text, seq bigint, active boolean)
       returning delivery_id, active
     )
     update delivery d set waiting = p.waiting from (select delivery_id, (count(*) filter (where not active))::int as waiting from place group by 1) p
     where d.id = p.delivery_id`,
    [tenant, JSON.stringify(rows)],
  );
}

/** Dead deliveries of an event that a newer one replaces: nobody will want to replay them, and they must not stand in its way. Returns which. */
export async function retireDead(db: Db, deliveryIds: readonly string[], note: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update delivery set state = $2, note = $3, ended_at = now() where id = any($1::uuid[]) and state = 'dead' returning id`,
    [deliveryIds, stateAfter('discard'), note],
  );
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await closePlaces(db, ids);
  return ids;
}

/** By which mapping the newest event of a document was made. */
export async function recordMapping(
  db: Db,
  documentId: string,
  mapping: { readonly name: string; readonly version: string; readonly hash: string },
  problems: readonly object[],
): Promise<void> {
  await db.query('update document set mapping = $2, mapping_version = $3, mapping_hash = $4, problems = $5 where id = $1', [
    documentId,
    mapping.name,
    mapping.version,
    mapping.hash,
    JSON.stringify(problems),
  ]);
}
