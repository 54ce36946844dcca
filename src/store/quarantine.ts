/**
 * Documents that wait for a person: from a sender that is not the partner of its channel, in conflict with what was sent before, or in an
 * interchange under a number that another one had.
 *
 * A decision stands in the row of its cause: the document goes through T2 again, and T2 finds it there (`dueMessages`).
 */
import type { Problem } from '../core/problem.ts';
import type { Operator } from './audit.ts';
import type { Db } from './database.ts';

export type QuarantineCause = 'sender' | 'conflict' | 'interchange';
export type QuarantineDecision = 'released' | 'rejected';

export interface NewQuarantined {
  readonly documentId: string;
  readonly cause: QuarantineCause;
  readonly documentNumber?: string;
  readonly orderNumbers?: readonly string[];
  readonly businessKey?: string;
  readonly contradicts?: string;
  /** The canonical document that is not sent, as JSON. */
  readonly content?: string;
}

export async function insertQuarantined(db: Db, tenant: string, partner: string, documents: readonly NewQuarantined[]): Promise<void> {
  const rows = documents.map((d) => ({
    document_id: d.documentId,
    cause: d.cause,
    document_number: d.documentNumber ?? null,
    order_numbers: d.orderNumbers ?? [],
    business_key: d.businessKey ?? null,
    contradicts: d.contradicts ?? null,
    content: d.content ?? null,
  }));
  await db.query(
    `insert into quarantine (tenant, partner, document_id, cause, document_number, order_numbers, business_key, contradicts, content)
     select $1, $2, q.* from jsonb_to_recordset($3::jsonb)
       as q (document_id uuid, cause text, document_number text, order_numbers text[], business_key text, contradicts uuid, content text)
     on conflict (document_id, cause) do update set document_number = excluded.document_number, order_numbers = excluded.order_numbers,
       business_key = excluded.business_key, contradicts = excluded.contradicts, content = excluded.content, entered_at = now(),
       decision = null, decided_by = null, decided_at = null, reason = null`,
    [tenant, partner, JSON.stringify(rows)],
  );
}

export interface QuarantinedDocument {
  /** The document's. */
  readonly id: string;
  readonly cause: QuarantineCause;
  readonly partner: string;
  readonly messageId: string;
  readonly filename: string;
  readonly ordinal: number;
  /** 855, 856, 810 … */
  readonly type: string;
  /** Known of a conflict only. */
  readonly documentNumber: string | null;
  readonly orderNumbers: readonly string[];
  /** Why, in a sentence. */
  readonly reason: string;
  readonly enteredAt: Date;
}

export interface QuarantineFilter {
  readonly partner?: string | undefined;
  readonly since?: Date | undefined;
}

export const QUARANTINE_COLUMNS = `
  d.id, q.cause, d.partner, d.message_id as "messageId", m.filename, d.ordinal, d.type, q.document_number as "documentNumber",
  q.order_numbers as "orderNumbers", q.entered_at as "enteredAt",
  coalesce((select p->>'message' from jsonb_array_elements(d.problems) as p where p->>'severity' = 'error' limit 1), q.cause) as reason`;
export const QUARANTINE_TABLES = 'quarantine q join document d on d.id = q.document_id join message m on m.id = d.message_id';

/** What waits, the oldest first. */
export async function listQuarantined(db: Db, tenant: string, filter: QuarantineFilter = {}, limit = 1000): Promise<QuarantinedDocument[]> {
  const { rows } = await db.query<QuarantinedDocument>(
    `select ${QUARANTINE_COLUMNS} from ${QUARANTINE_TABLES}
     where q.tenant = $1 and q.decision is null and d.state in ('quarantined', 'held')
       and ($2::text is null or q.partner = $2) and ($3::timestamptz is null or q.entered_at >= $3)
     order by q.entered_at, m.arrival, d.ordinal limit $4`,
    [tenant, filter.partner ?? null, filter.since ?? null, limit],
  );
  return rows;
}

export interface QuarantineEntry extends QuarantinedDocument {
  /** Of the document now: `quarantined` or `held` while it waits. */
  readonly state: string;
  readonly problems: readonly Problem[];
  readonly decision: QuarantineDecision | null;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
  readonly content: string | null;
  readonly businessKey: string | null;
  /** What stands now under its business key, which may be newer than what it was held for; for a conflict only. */
  readonly standing: { readonly eventId: string; readonly revision: number; readonly body: string } | null;
}

/** The entry that a document waits in, or the last one that it was decided on. */
export async function findQuarantineEntry(db: Db, tenant: string, documentId: string): Promise<QuarantineEntry | undefined> {
  const { rows } = await db.query<QuarantineEntry>(
    `select ${QUARANTINE_COLUMNS}, d.state, d.problems, q.decision, q.decided_by as "decidedBy", q.decided_at as "decidedAt", q.reason as "decisionReason",
       q.content, q.business_key as "businessKey",
       (select json_build_object('eventId', b.event_id, 'revision', b.revision, 'body', e.body) from business_document b join event e on e.id = b.event_id
        where b.tenant = q.tenant and b.partner = q.partner and b.business_key = q.business_key order by b.revision desc limit 1) as standing
     from ${QUARANTINE_TABLES} where q.tenant = $1 and d.id = $2 order by q.decision is null desc, q.entered_at desc limit 1`,
    [tenant, documentId],
  );
  return rows[0];
}

/** Closes the entry that a document waits in and says what becomes of it. Undefined: it does not wait (any more). */
export async function decideQuarantined(
  db: Db,
  tenant: string,
  documentId: string,
  decision: QuarantineDecision,
  by: Operator,
): Promise<{ readonly before: string; readonly cause: QuarantineCause; readonly messageId: string } | undefined> {
  const { rows } = await db.query<{ before: string; messageId: string; cause: QuarantineCause }>(
    `with waiting as (
       select id, state, message_id from document where tenant = $1 and id = $2 and state in ('quarantined', 'held') for update
     ), decided as (
       update quarantine q set decision = $3, decided_by = $4, reason = $5, decided_at = now()
       from waiting w where q.document_id = w.id and q.decision is null and (q.cause = 'conflict') = (w.state = 'held')
       returning q.document_id, q.cause
     ), document as (
       update document d set state = case $3 when 'released' then 'retrying' else 'refused' end from decided where d.id = decided.document_id
     )
     select w.state as before, w.message_id as "messageId", decided.cause from waiting w join decided on decided.document_id = w.id`,
    [tenant, documentId, decision, by.actor, by.reason ?? null],
  );
  return rows[0];
}
