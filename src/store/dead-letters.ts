/**
 * Dead letters by cause: a delivery that an endpoint refused or that used up its schedule, a document that could not be
 * translated, a message that could not be read. Grouped by fingerprint, so that one mended cause is one decision.
 */
import { normaliseOrderNumber } from '../core/identity.ts';
import type { Problem } from '../core/problem.ts';
import type { Db } from './database.ts';

export interface DeadLetter {
  readonly id: string;
  /** Which stage gave up: it decides what a replay does. */
  readonly stage: 'receive' | 'translate' | 'deliver';
  readonly fingerprint: string;
  readonly partner: string;
  readonly endpoint: string | null;
  readonly subject: string;
  readonly orderNumbers: readonly string[];
  readonly reason: string;
  readonly at: Date;
  readonly messageId: string;
  /** How many open deliveries wait behind it. */
  readonly blocks: number;
}

const DEAD_LETTERS = `
  select d.id, 'deliver' as stage, coalesce(d.fingerprint, 'unknown') as fingerprint, e.partner, d.endpoint,
         e.name || ' ' || e.document_number as subject, e.order_numbers as "orderNumbers",
         concat_ws(' ', d.dead_reason, d.last_detail) as reason, d.ended_at as at, doc.message_id as "messageId",
         (select count(distinct w.delivery_id)::int from delivery_key k join delivery_key w on w.tenant = k.tenant and w.endpoint = k.endpoint
            and w.order_key = k.order_key and w.open and w.seq > k.seq where k.delivery_id = d.id and k.open) as blocks
  from delivery d join event e on e.id = d.event_id join document doc on doc.id = e.document_id
  where d.tenant = $1 and d.state = 'dead'
  union all
  select doc.id, 'translate', coalesce(doc.fingerprint, 'unknown'), doc.partner, null, doc.type || ' ' || coalesce(doc.envelope->>'transactionControl', ''),
         '{}', doc.state || ': ' || coalesce(doc.problems->0->>'message', ''), doc.created_at, doc.message_id, 0
  from document doc where doc.tenant = $1 and doc.state in ('rejected', 'failed', 'quarantined')
  union all
  select m.id, 'receive', coalesce(m.problems->0->>'code', 'unknown'), m.partner, null, m.filename, '{}',
         case m.state when 'failed' then 'failed: ' else 'read in part: ' end || coalesce(m.problems->0->>'message', ''),
         coalesce(m.translated_at, m.received_at), m.id, 0
  from message m where m.tenant = $1 and (m.state = 'failed' or m.faulty)`;

export interface DeadLetterFilter {
  readonly partner?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly orderNumber?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly since?: Date | undefined;
}

export async function listDeadLetters(db: Db, tenant: string, filter: DeadLetterFilter = {}, limit = 1000): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadLetter>(
    `select * from (${DEAD_LETTERS}) dead
     where ($2::text is null or partner = $2) and ($3::text is null or endpoint = $3) and ($4::text is null or $4 = any("orderNumbers"))
       and ($5::text is null or fingerprint = $5) and ($6::timestamptz is null or at >= $6)
     order by fingerprint, at, id limit $7`,
    [
      tenant,
      filter.partner ?? null,
      filter.endpoint ?? null,
      filter.orderNumber === undefined ? null : normaliseOrderNumber(filter.orderNumber),
      filter.fingerprint ?? null,
      filter.since ?? null,
      limit,
    ],
  );
  return rows;
}

export interface DeadLetterDetail extends DeadLetter {
  readonly problems: readonly Problem[];
  readonly attempts: readonly AttemptRow[];
  readonly body: string | null;
}

export interface AttemptRow {
  readonly n: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly class: string | null;
  readonly status: number | null;
  readonly detail: string | null;
  readonly responseBody: string | null;
}

export async function findDeadLetter(db: Db, tenant: string, id: string): Promise<DeadLetterDetail | undefined> {
  const { rows } = await db.query<DeadLetter>(`select * from (${DEAD_LETTERS}) dead where id = $2`, [tenant, id]);
  const dead = rows[0];
  if (dead === undefined) return undefined;
  const problems = await db.query<{ problems: Problem[] }>(
    'select problems from document where id = $1 union all select problems from message where id = $1 limit 1',
    [id],
  );
  const body = await db.query<{ body: string }>('select e.body from delivery d join event e on e.id = d.event_id where d.id = $1', [id]);
  return { ...dead, problems: problems.rows[0]?.problems ?? [], attempts: await attemptsOf(db, id), body: body.rows[0]?.body ?? null };
}

export async function attemptsOf(db: Db, deliveryId: string): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow>(
    `select n, started_at as "startedAt", ended_at as "endedAt", class, status, detail, response_body as "responseBody"
     from delivery_attempt where delivery_id = $1
     union all
     select attempt_count, claimed_at, null, null, null, null, null from delivery where id = $1 and state = 'in_flight'
     order by n`,
    [deliveryId],
  );
  return rows;
}
