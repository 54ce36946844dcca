/** Messages: one for each hand-over by a source, in arrival order per partner. */
import { randomUUID } from 'node:crypto';
import { hasErrors, type Problem } from '../core/problem.ts';
import type { Db } from './database.ts';
import { CHUNK_BYTES, type StoredBytes } from './raw.ts';

export interface NewMessage {
  readonly tenant: string;
  readonly partner: string;
  readonly channel: string;
  readonly channelType: string;
  readonly receiptKey: string;
  readonly filename: string;
  readonly raw: StoredBytes;
}

/**
 * T1, in one statement for all that are waiting. Arrival numbers are taken under a row lock that lasts until the commit, so they
 * follow commits; within a batch they follow its order. A receipt key that is already known is the same hand-over again: at most an
 * orphaned blob is written.
 */
export async function insertMessages(db: Db, messages: readonly NewMessage[]): Promise<{ id: string; duplicate: boolean }[]> {
  const ids = messages.map(() => randomUUID());
  const column = <T>(pick: (message: NewMessage) => T): T[] => messages.map(pick);
  const { rows } = await db.query<{ id: string }>(
    `with arrived as (
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::bytea[])
         with ordinality as a (id, tenant, partner, channel, channel_type, receipt_key, filename, blob_id, size, sha256, bytes, n)
     ), blob as (
       insert into raw_blob (id, tenant, size, sha256) select blob_id, tenant, size, sha256 from arrived where bytes is not null
     ), chunk as (
       insert into raw_chunk (tenant, blob_id, n, bytes) select tenant, blob_id, 0, bytes from arrived where bytes is not null
     ), number as (
       insert into partner_arrival as p (tenant, partner, last)
       select tenant, partner, count(*) from arrived group by tenant, partner order by tenant, partner
       on conflict (tenant, partner) do update set last = p.last + excluded.last returning tenant, partner, last
     ), lane as (
       insert into partner_lane (tenant, partner) select distinct tenant, partner from arrived order by tenant, partner on conflict do nothing
     )
     insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256)
     select id, tenant, partner, channel, channel_type, receipt_key,
            last - count(*) over (partition by tenant, partner) + row_number() over (partition by tenant, partner order by n),
            filename, blob_id, size, sha256
     from arrived join number using (tenant, partner)
     on conflict (tenant, receipt_key) do nothing returning id`,
    [
      ids,
      column((message) => message.tenant),
      column((message) => message.partner),
      column((message) => message.channel),
      column((message) => message.channelType),
      column((message) => message.receiptKey),
      column((message) => message.filename),
      column((message) => message.raw.blobId),
      column((message) => message.raw.size),
      column((message) => message.raw.sha256),
      column((message) => message.raw.inline ?? null),
    ],
  );
  const written = new Set(rows.map((row) => row.id));
  const received: { id: string; duplicate: boolean }[] = [];
  for (const [i, message] of messages.entries()) {
    const id = ids[i] ?? '';
    const [known] = written.has(id) ? [] : await messagesOfReceipts(db, message.tenant, [message.receiptKey]);
    if (known === undefined && !written.has(id)) throw new Error(`receipt ${message.receiptKey} conflicts with a message that cannot be read`);
    received.push({ id: known ?? id, duplicate: known !== undefined });
  }
  return received;
}

/** The messages that these hand-overs became, those that T1 has committed. */
export async function messagesOfReceipts(db: Db, tenant: string, receiptKeys: readonly string[]): Promise<(string | undefined)[]> {
  const { rows } = await db.query<{ id: string; key: string }>(
    'select id, receipt_key as key from message where tenant = $1 and receipt_key = any($2::text[])',
    [tenant, receiptKeys],
  );
  const known = new Map(rows.map((row) => [row.key, row.id]));
  return receiptKeys.map((key) => known.get(key));
}

/** Of these digests those that the partner has handed in already, each with a message that has these bytes. */
export async function messagesOfBytes(db: Db, tenant: string, partner: string, digests: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; sha256: string }>(
    'select distinct on (sha256) id, sha256 from message where tenant = $1 and partner = $2 and sha256 = any($3) order by sha256, arrival',
    [tenant, partner, digests],
  );
  return new Map(rows.map(({ id, sha256 }) => [sha256, id]));
}

export interface DueMessage {
  readonly id: string;
  readonly channel: string;
  readonly channelType: string;
  readonly receiptKey: string;
  readonly filename: string;
  readonly blobId: string;
  readonly size: number;
  readonly sha256: string;
  readonly attempts: number;
  readonly receivedAt: Date;
  /** The bytes of a small message, to save a question for each; a large one is streamed. */
  readonly bytes: Uint8Array | null;
  /** Documents of it that T2 has written already. */
  readonly documents: readonly WrittenDocument[];
}

export interface WrittenDocument {
  readonly id: string;
  readonly ordinal: number;
  readonly retrying: boolean;
  /** A person released it although its sender is not the partner of its channel. */
  readonly vouched: boolean;
  /** A person released it although it contradicts what was sent. */
  readonly overruled: boolean;
  /** A person released it although its interchange has the number of another one. */
  readonly admitted: boolean;
}

const RELEASED = (cause: 'sender' | 'conflict' | 'interchange') =>
  `d.state = 'retrying' and exists (select from quarantine q where q.document_id = d.id and q.cause = '${cause}' and q.decision = 'released')`;

const SMALL_BYTES = 64 * 1024;

/**
 * The partner's next messages in arrival order, up to the first that is not due: one that waits for a retry holds back
 * those behind it, one that failed for good does not.
 */
export async function dueMessages(db: Db, tenant: string, partner: string, limit: number): Promise<DueMessage[]> {
  const { rows } = await db.query<DueMessage & { due: boolean }>(
    `select m.id, m.channel, m.channel_type as "channelType", m.receipt_key as "receiptKey", m.filename, m.blob_id as "blobId", m.size, m.sha256, m.attempts,
            m.received_at as "receivedAt", m.next_attempt_at <= now() as due, c.bytes,
            (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'ordinal', d.ordinal, 'retrying', d.state = 'retrying',
                                                          'vouched', ${RELEASED('sender')}, 'overruled', ${RELEASED('conflict')},
                                                          'admitted', ${RELEASED('interchange')})), '[]')
             from document d where d.message_id = m.id) as documents
     from message m left join raw_chunk c on c.blob_id = m.blob_id and c.n = 0 and m.size <= $4
     where m.tenant = $1 and m.partner = $2 and m.state = 'received' order by m.arrival limit $3`,
    [tenant, partner, limit, SMALL_BYTES],
  );
  const firstNotDue = rows.findIndex((row) => !row.due);
  return firstNotDue < 0 ? rows : rows.slice(0, firstNotDue);
}

/** A message of which every document is written. */
export interface FinishedMessage {
  readonly id: string;
  readonly state: 'translated' | 'failed';
  readonly problems: readonly Problem[];
}

/** One that is sent: archived like one that came, in the partner's order of arrival, with nothing left to be done. */
export interface OutgoingMessage {
  readonly id: string;
  /** Names what it is: the same thing is never sent as two messages. */
  readonly key: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Under the partner's fence. */
export async function insertOutgoing(
  db: Db,
  tenant: string,
  partner: string,
  channel: { readonly name: string; readonly type: string },
  messages: readonly OutgoingMessage[],
): Promise<void> {
  const column = <T>(pick: (message: OutgoingMessage) => T): T[] => messages.map(pick);
  await db.query(
    `with given as (
       select * from unnest($5::uuid[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::uuid[]) with ordinality as g (id, key, filename, bytes, sha256, blob_id, n)
     ), blob as (
       insert into raw_blob (id, tenant, size, sha256) select blob_id, $1, length(bytes), sha256 from given
     ), number as (
       insert into partner_arrival as p (tenant, partner, last) values ($1, $2, cardinality($5::uuid[]))
       on conflict (tenant, partner) do update set last = p.last + excluded.last returning last
     ), chunk as (
       insert into raw_chunk (tenant, blob_id, n, bytes)
       select $1, blob_id, c, substring(bytes from c * $11 + 1 for $11) from given cross join lateral generate_series(0, (length(bytes) - 1) / $11) c
     )
     insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256, state, translated_at, direction)
     select id, $1, $2, $3, $4, key, last - cardinality($5::uuid[]) + n, filename, blob_id, length(bytes), sha256, 'translated', now(), 'out'
     from given cross join number`,
    [
      tenant,
      partner,
      channel.name,
      channel.type,
      column((message) => message.id),
      column((message) => message.key),
      column((message) => message.filename),
      column((message) => message.bytes),
      column((message) => message.sha256),
      messages.map(() => randomUUID()),
      CHUNK_BYTES,
    ],
  );
}

export async function finishMessages(db: Db, messages: readonly FinishedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await db.query(
    `update message m set state = f.state, problems = f.problems, faulty = f.faulty, translated_at = now()
     from jsonb_to_recordset($1::jsonb) as f (id uuid, state text, problems jsonb, faulty boolean) where m.id = f.id`,
    [JSON.stringify(messages.map((message) => ({ ...message, faulty: hasErrors(message.problems) })))],
  );
}

/** Puts a message off after a fault of ours; once its attempts are used up it fails for good and is a dead letter. */
export async function postponeMessage(db: Db, id: string, problem: Problem, maxAttempts: number): Promise<void> {
  await db.query(
    `update message set attempts = attempts + 1, problems = $2,
       state = case when attempts + 1 >= $3 then 'failed' else state end,
       next_attempt_at = now() + least(300, power(2, attempts)) * interval '1 second'
     where id = $1`,
    [id, JSON.stringify([problem]), maxAttempts],
  );
}

/** A document of it goes through T2 again; those that are written already are passed over. */
export async function rereadMessage(db: Db, id: string): Promise<void> {
  await db.query(`update message set state = 'received', attempts = 0, next_attempt_at = now() where id = $1`, [id]);
}
