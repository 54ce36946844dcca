/** What was received and translated, message by message, with the bytes and the newest event of each document: for those who map it once more. Reads only. */
import type { RawSource } from '../core/contracts.ts';
import type { Db } from './database.ts';
import { CHUNK_BYTES, openRaw } from './raw.ts';

export interface ArchivedDocument {
  readonly id: string;
  readonly messageId: string;
  readonly ordinal: number;
  readonly partner: string;
  readonly type: string;
  /** `failed`: it has no event. */
  readonly state: 'translated' | 'failed';
  /** By which mapping its event was made. */
  readonly mapping: string | null;
  readonly version: string | null;
  readonly hash: string | null;
  /** The newest CloudEvent, as it is sent. */
  readonly body: string | null;
  /** A person said that its sender is right. */
  readonly vouched: boolean;
}

export interface ArchivedMessage {
  readonly id: string;
  readonly source: RawSource;
  /** In the order of the message. */
  readonly documents: readonly ArchivedDocument[];
}

export interface ArchiveFilter {
  readonly partner?: string | undefined;
  readonly since?: Date | undefined;
}

interface MessageRow {
  readonly id: string;
  readonly blobId: string;
  readonly size: number;
  readonly arrival: string;
  readonly receivedAt: string;
}

/** So many messages at a time: at most so many chunks of 1 MB, and the events of these messages, are in memory. */
const PAGE = 50;

/** The newest first; those of which no document was translated or failed are left out. */
export async function* archivedMessages(db: Db, tenant: string, filter: ArchiveFilter): AsyncGenerator<ArchivedMessage> {
  for (let last: MessageRow | undefined; ; ) {
    const messages = await pageAfter(db, tenant, filter, last);
    last = messages.at(-1);
    if (last === undefined) return;
    const [documents, chunks] = await Promise.all([documentsOf(db, tenant, filter, messages), smallOnes(db, messages)]);
    for (const { id, blobId, size } of messages) {
      const own = documents.filter(({ messageId }) => messageId === id);
      const bytes = chunks.get(blobId);
      yield {
        id,
        source:
          bytes === undefined
            ? openRaw(db, blobId, size)
            : {
                open: async function* () {
                  yield bytes;
                },
              },
        documents: own,
      };
    }
  }
}

async function pageAfter(db: Db, tenant: string, { partner, since }: ArchiveFilter, last: MessageRow | undefined): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select m.id, m.blob_id as "blobId", m.size, m.arrival::text, m.received_at::text as "receivedAt" from message m
     where m.tenant = $1 and m.direction = 'in' and m.received_at >= coalesce($2::timestamptz, '-infinity')
       and ($4::text is null or (m.received_at, m.arrival, m.id) < ($4::timestamptz, $5::bigint, $6::uuid))
       and exists (select from document d where d.message_id = m.id and d.state in ('translated', 'failed') and ($3::text is null or d.partner = $3))
     order by m.received_at desc, m.arrival desc, m.id desc limit ${PAGE}`,
    [tenant, since ?? null, partner ?? null, last?.receivedAt ?? null, last?.arrival ?? null, last?.id ?? null],
  );
  return rows;
}

async function documentsOf(db: Db, tenant: string, { partner }: ArchiveFilter, messages: readonly MessageRow[]): Promise<ArchivedDocument[]> {
  const { rows } = await db.query<ArchivedDocument>(
    `select d.id, d.message_id as "messageId", d.ordinal, d.partner, d.type, d.state, d.mapping, d.mapping_version as version, d.mapping_hash as hash, e.body,
            exists (select from quarantine q where q.document_id = d.id and q.cause = 'sender' and q.decision = 'released') as vouched
     from document d left join lateral (
       select e.body from event e left join business_document b on b.event_id = e.id
       where e.document_id = d.id order by b.revision desc nulls last, e.created_at desc limit 1
     ) e on true
     where d.tenant = $1 and d.message_id = any($2::uuid[]) and d.state in ('translated', 'failed') and ($3::text is null or d.partner = $3)
     order by d.message_id, d.ordinal`,
    [tenant, messages.map(({ id }) => id), partner ?? null],
  );
  return rows;
}

/** The bytes of messages of one chunk, by their blob, in one question; the others are streamed when they are read. */
async function smallOnes(db: Db, messages: readonly MessageRow[]): Promise<ReadonlyMap<string, Buffer>> {
  const small = messages.filter(({ size }) => size <= CHUNK_BYTES).map(({ blobId }) => blobId);
  const { rows } = await db.query<{ blobId: string; bytes: Buffer }>(
    'select blob_id as "blobId", bytes from raw_chunk where blob_id = any($1::uuid[]) and n = 0',
    [small],
  );
  return new Map(rows.map(({ blobId, bytes }) => [blobId, bytes]));
}
