/** Messages: one for each hand-over by a source, in arrival order per partner. */
import { randomUUID } from 'node:crypto';
import type { Problem } from '../core/problem.ts';
import type { Db } from './database.ts';
import type { StoredBytes } from './raw.ts';

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
 * T1, in one statement. The arrival number is taken under a row lock that lasts until the commit, so numbers follow commits.
 * A receipt key that is already known is the same hand-over again: at most an orphaned blob is written.
 */
export async function insertMessage(db: Db, message: NewMessage): Promise<{ id: string; duplicate: boolean }> {
  const id = randomUUID();
  const { rows } = await db.query<{ id: string }>(
    `with blob as (
       insert into raw_blob (id, tenant, size, sha256) select $8, $2, $9, $10 where $11::bytea is not null
     ), chunk as (
       insert into raw_chunk (blob_id, n, bytes) select $8, 0, $11 where $11::bytea is not null
     ), arrival as (
       insert into partner_arrival as a (tenant, partner, last) values ($2, $3, 1)
       on conflict (tenant, partner) do update set last = a.last + 1 returning last
     ), lane as (
       insert into partner_lane (tenant, partner) values ($2, $3) on conflict do nothing
     )
     insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256)
     select $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, last, $7::text, $8::uuid, $9::bigint, $10::text from arrival
     on conflict (tenant, receipt_key) do nothing returning id`,
    [
      id,
      message.tenant,
      message.partner,
      message.channel,
      message.channelType,
      message.receiptKey,
      message.filename,
      message.raw.blobId,
      message.raw.size,
      message.raw.sha256,
      message.raw.inline ?? null,
    ],
  );
  if (rows.length > 0) return { id, duplicate: false };
  const known = await messageOfReceipt(db, message.tenant, message.receiptKey);
  if (known === undefined) throw new Error(`receipt ${message.receiptKey} conflicts with a message that cannot be read`);
  return { id: known, duplicate: true };
}

/** The message that a hand-over became, if T1 has committed it. */
export async function messageOfReceipt(db: Db, tenant: string, receiptKey: string): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>('select id from message where tenant = $1 and receipt_key = $2', [tenant, receiptKey]);
  return rows[0]?.id;
}

export interface DueMessage {
  readonly id: string;
  readonly channel: string;
  readonly channelType: string;
  readonly filename: string;
  readonly blobId: string;
  readonly size: number;
  readonly sha256: string;
  readonly attempts: number;
  readonly receivedAt: Date;
}

/**
 * The partner's next messages in arrival order, up to the first that is not due: one that waits for a retry holds back
 * those behind it, one that failed for good does not.
 */
export async function dueMessages(db: Db, tenant: string, partner: string, limit: number): Promise<DueMessage[]> {
  const { rows } = await db.query<DueMessage & { due: boolean }>(
    `select id, channel, channel_type as "channelType", filename, blob_id as "blobId", size, sha256, attempts,
            received_at as "receivedAt", next_attempt_at <= now() as due
     from message where tenant = $1 and partner = $2 and state = 'received' order by arrival limit $3`,
    [tenant, partner, limit],
  );
  const firstNotDue = rows.findIndex((row) => !row.due);
  return firstNotDue < 0 ? rows : rows.slice(0, firstNotDue);
}

export async function markTranslated(db: Db, id: string, outcome: { state: 'translated' | 'failed'; problems: readonly Problem[] }): Promise<void> {
  await db.query('update message set state = $2, problems = $3, translated_at = now() where id = $1', [
    id,
    outcome.state,
    JSON.stringify(outcome.problems),
  ]);
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
