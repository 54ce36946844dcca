/** What became of a message: of each document, event and delivery in it. */
import type { Problem } from '../core/problem.ts';
import type { Db } from './database.ts';
import { type AttemptRow, attemptsOf } from './dead-letters.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';
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
  /** It holds nothing but acknowledgments. */
  'recorded',
  'discarded',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** What the list shows of these messages, in no order: one look at each message's documents, events and deliveries. */
export async function describeMessages(db: Db, tenant: string, ids: readonly string[]): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select m.id, m.partner, m.channel, m.filename, m.arrival, m.size, m.sha256, d.documents, e.events, e."orderNumbers", m.received_at as "receivedAt",
       case when m.state = 'received' then 'received' when m.state = 'failed' then 'failed' when m.state = 'discarded' then 'discarded'
            when v.dead > 0 or d.refused > 0 or m.faulty then 'dead' when d.quarantined > 0 then 'quarantined' when v.open > 0 then 'delivering'
            when e.events = 0 and (d.documents = 0 or d.recorded > 0) then 'recorded'
            when e.events = 0 and d.closed > 0 then 'discarded' when e.events = 0 then 'duplicate' when e.unrouted > 0 then 'unrouted' else 'delivered' end as status
     from message m
     cross join lateral (
       select count(*)::int as documents, count(*) filter (where state in ('rejected', 'failed'))::int as refused,
              count(*) filter (where state in ('quarantined', 'held'))::int as quarantined,
              count(*) filter (where state in ('discarded', 'refused'))::int as closed,
              count(*) filter (where state = 'recorded')::int as recorded
       from document where message_id = m.id) d
     cross join lateral (
       select count(distinct e.id)::int as events, (count(distinct e.id) filter (where e.routed_to = 0))::int as unrouted,
              coalesce(array_agg(distinct number) filter (where number is not null), '{}') as "orderNumbers"
       from event e join document on document.id = e.document_id left join unnest(e.order_numbers) number on true where message_id = m.id) e
     cross join lateral (
       select count(*) filter (where v.state = 'dead')::int as dead,
              count(*) filter (where v.state in ('pending', 'queued', 'in_flight', 'retry_wait'))::int as open
       from document join event on event.document_id = document.id join delivery v on v.event_id = event.id where message_id = m.id) v
     where m.tenant = $1 and m.id = any($2::uuid[])`,
    [tenant, ids],
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
  /** Of a duplicate: the event that it repeats. */
  readonly repeats: string | null;
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
  /** Of what the partner said of this thing; null: from before revisions were recorded. */
  readonly revision: number | null;
  readonly supersedes: string | null;
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
  const [message] = await describeMessages(db, tenant, [id]);
  if (message === undefined) return undefined;
  const { rows: own } = await db.query<{ problems: Problem[] }>('select problems from message where id = $1', [id]);
  const documentRows: DocumentRow[] = [];
  for (const document of await documentsOf(db, id, null)) documentRows.push({ ...document, events: await eventsOf(db, document.id) });
  return { ...message, problems: own[0]?.problems ?? [], documentRows };
}

export interface MessageDescription extends MessageRow {
  readonly problems: readonly Problem[];
  readonly firstDocuments: readonly Omit<DocumentRow, 'events'>[];
}

/** However many documents it has: what is shown is bounded. */
export async function describeMessage(
  db: Db,
  tenant: string,
  id: string,
  partners: readonly string[] | undefined,
  documents: number,
): Promise<MessageDescription | undefined> {
  const { rows: own } = await db.query<{ problems: Problem[] }>(
    `select problems from message where tenant = $1 and id = $2 and ${inPartners('partner', '$3')}`,
    [tenant, id, valueOfPartners(partners)],
  );
  const [message] = own.length === 0 ? [] : await describeMessages(db, tenant, [id]);
  if (message === undefined) return undefined;
  return { ...message, problems: own[0]?.problems ?? [], firstDocuments: await documentsOf(db, id, documents) };
}

async function documentsOf(db: Db, messageId: string, limit: number | null): Promise<Omit<DocumentRow, 'events'>[]> {
  const { rows } = await db.query<Omit<DocumentRow, 'events'>>(
    `select id, ordinal, type, state, repeats, verdict, envelope, mapping, mapping_version as "mappingVersion", problems
     from document where message_id = $1 order by ordinal limit $2`,
    [messageId, limit],
  );
  return rows;
}

async function eventsOf(db: Db, documentId: string): Promise<EventRow[]> {
  const { rows } = await db.query<Omit<EventRow, 'deliveries'>>(
    `select e.id, e.name, e.document_number as "documentNumber", e.order_numbers as "orderNumbers", b.revision, b.supersedes
     from event e left join business_document b on b.event_id = e.id where e.document_id = $1 order by e.name, b.revision, e.id`,
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

export interface RawMessage {
  readonly filename: string;
  readonly partner: string;
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The bytes as they came, in chunks; undefined when there is no such message, or it is of none of these partners. */
export async function openMessage(db: Db, tenant: string, id: string, partners?: readonly string[]): Promise<RawMessage | undefined> {
  const { rows } = await db.query<{ blobId: string; size: number; filename: string; partner: string }>(
    `select blob_id as "blobId", size, filename, partner from message where tenant = $1 and id = $2 and ${inPartners('partner', '$3')}`,
    [tenant, id, valueOfPartners(partners)],
  );
  const message = rows[0];
  return message && { ...message, bytes: openRaw(db, message.blobId, message.size).open() };
}

export async function rawOf(db: Db, tenant: string, id: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  return (await openMessage(db, tenant, id))?.bytes;
}
