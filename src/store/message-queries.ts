/** What ops asks: which messages came, and what became of each document, event and delivery of one. */
import { normaliseOrderNumber } from '../core/identity.ts';
import type { Problem } from '../core/problem.ts';
import type { Db } from './database.ts';
import { type AttemptRow, attemptsOf } from './dead-letters.ts';
import { openRaw } from './raw.ts';

export interface MessageRow {
  readonly id: string;
  readonly partner: string;
  readonly channel: string;
  readonly filename: string;
  readonly arrival: number;
  readonly size: number;
  readonly sha256: string;
  /** `delivered` when every delivery succeeded, `dead` when one is dead, else what stage it is in. */
  readonly status: MessageStatus;
  readonly documents: number;
  readonly events: number;
  readonly orderNumbers: readonly string[];
  readonly receivedAt: Date;
}

export const MESSAGE_STATUSES = [
  'received',
  'failed',
  'dead',
  'quarantined',
  'unrouted',
  'delivering',
  'delivered',
  'duplicate',
  'discarded',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

export interface MessageFilter {
  readonly id?: string | undefined;
  readonly partner?: string | undefined;
  readonly orderNumber?: string | undefined;
  readonly status?: MessageStatus | undefined;
  readonly since?: Date | undefined;
}

/** Newest first. */
export async function listMessages(db: Db, tenant: string, filter: MessageFilter = {}, limit = 100): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `with m as (
       select m.*,
         (select count(*)::int from document d where d.message_id = m.id) as documents,
         (select count(*)::int from document d where d.message_id = m.id and d.state in ('rejected', 'failed')) as refused,
         (select count(*)::int from document d where d.message_id = m.id and d.state = 'quarantined') as quarantined,
         (select count(*)::int from event e join document d on d.id = e.document_id where d.message_id = m.id) as events,
         (select count(*)::int from event e join document d on d.id = e.document_id where d.message_id = m.id and e.routed_to = 0) as unrouted,
         (select coalesce(array_agg(distinct number), '{}') from event e join document d on d.id = e.document_id, unnest(e.order_numbers) number
            where d.message_id = m.id) as order_numbers,
         (select count(*) filter (where v.state = 'dead')::int from delivery v join event e on e.id = v.event_id join document d on d.id = e.document_id
            where d.message_id = m.id) as dead,
         (select count(*) filter (where v.state in ('pending', 'queued', 'in_flight', 'retry_wait'))::int from delivery v join event e on e.id = v.event_id
            join document d on d.id = e.document_id where d.message_id = m.id) as open
       from message m
       where m.tenant = $1 and ($2::uuid is null or m.id = $2) and ($3::text is null or m.partner = $3) and ($6::timestamptz is null or m.received_at >= $6)
         and ($4::text is null or exists (select from event e join document d on d.id = e.document_id
                                          where d.message_id = m.id and e.order_numbers @> array[$4]))
     ), shown as (
       select id, partner, channel, filename, arrival, size, sha256, documents, events, order_numbers as "orderNumbers", received_at as "receivedAt",
         case when state = 'received' then 'received' when state = 'failed' then 'failed'
              when state = 'discarded' then 'discarded' when dead > 0 or refused > 0 or faulty then 'dead'
              when quarantined > 0 then 'quarantined' when open > 0 then 'delivering' when events = 0 then 'duplicate'
              when unrouted > 0 then 'unrouted' else 'delivered' end as status
       from m
     )
     select * from shown where ($5::text is null or status = $5) order by "receivedAt" desc, arrival desc limit $7`,
    [
      tenant,
      filter.id ?? null,
      filter.partner ?? null,
      filter.orderNumber === undefined ? null : normaliseOrderNumber(filter.orderNumber),
      filter.status ?? null,
      filter.since ?? null,
      limit,
    ],
  );
  return rows;
}

export interface MessageDetail extends MessageRow {
  readonly problems: readonly Problem[];
  readonly documentRows: readonly DocumentRow[];
}

interface DocumentRow {
  readonly id: string;
  readonly ordinal: number;
  readonly type: string;
  readonly state: string;
  readonly verdict: string;
  readonly envelope: Record<string, unknown>;
  readonly mapping: string | null;
  readonly mappingVersion: string | null;
  readonly problems: readonly Problem[];
  readonly events: readonly EventRow[];
}

interface EventRow {
  readonly id: string;
  readonly name: string;
  readonly documentNumber: string;
  readonly orderNumbers: readonly string[];
  readonly deliveries: readonly DeliveryRow[];
}

interface DeliveryRow {
  readonly id: string;
  readonly endpoint: string;
  readonly state: string;
  readonly waiting: number;
  readonly idempotencyKey: string;
  readonly replayOf: string | null;
  readonly nextAttemptAt: Date;
  readonly attempts: readonly AttemptRow[];
}

export async function findMessage(db: Db, tenant: string, id: string): Promise<MessageDetail | undefined> {
  const [message] = await listMessages(db, tenant, { id }, 1);
  if (message === undefined) return undefined;
  const { rows: own } = await db.query<{ problems: Problem[] }>('select problems from message where id = $1', [id]);
  const { rows: documents } = await db.query<Omit<DocumentRow, 'events'>>(
    `select id, ordinal, type, state, verdict, envelope, mapping, mapping_version as "mappingVersion", problems
     from document where message_id = $1 order by ordinal`,
    [id],
  );
  const documentRows: DocumentRow[] = [];
  for (const document of documents) documentRows.push({ ...document, events: await eventsOf(db, document.id) });
  return { ...message, problems: own[0]?.problems ?? [], documentRows };
}

async function eventsOf(db: Db, documentId: string): Promise<EventRow[]> {
  const { rows } = await db.query<Omit<EventRow, 'deliveries'>>(
    `select id, name, document_number as "documentNumber", order_numbers as "orderNumbers" from event where document_id = $1 order by name, id`,
    [documentId],
  );
  const events: EventRow[] = [];
  for (const event of rows) events.push({ ...event, deliveries: await deliveriesOf(db, event.id) });
  return events;
}

async function deliveriesOf(db: Db, eventId: string): Promise<DeliveryRow[]> {
  const { rows } = await db.query<Omit<DeliveryRow, 'attempts'>>(
    `select id, endpoint, state, waiting, idempotency_key as "idempotencyKey", replay_of as "replayOf", next_attempt_at as "nextAttemptAt"
     from delivery where event_id = $1 order by created_at, id`,
    [eventId],
  );
  const deliveries: DeliveryRow[] = [];
  for (const delivery of rows) deliveries.push({ ...delivery, attempts: await attemptsOf(db, delivery.id) });
  return deliveries;
}

/** The raw bytes of a message as they came, in chunks; undefined when there is no such message. */
export async function rawOf(db: Db, tenant: string, id: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { rows } = await db.query<{ blobId: string; size: number }>('select blob_id as "blobId", size from message where tenant = $1 and id = $2', [
    tenant,
    id,
  ]);
  const message = rows[0];
  return message === undefined ? undefined : openRaw(db, message.blobId, message.size).open();
}
