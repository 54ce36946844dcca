/**
 * The way of a message as one timeline: received, read into documents, mapped to events, put before endpoints, attempted, ended.
 *
 * A message may hold tens of thousands of documents: a page is so many documents with all that became of them.
 */
import type { Db } from './database.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';

export const TRACE_STEPS = ['received', 'translated', 'published', 'scheduled', 'attempted', 'ended'] as const;

export interface TraceEntry {
  readonly at: Date;
  readonly step: (typeof TRACE_STEPS)[number];
  /** Of what the step is about: a message, a document, an event or a delivery. */
  readonly id: string;
  /** Of the document in the message; null for what is about the message as a whole. */
  readonly ordinal: number | null;
  readonly endpoint: string | null;
  /** In words that ops know: a state, an event's name, an outcome. */
  readonly what: string;
  readonly detail: string | null;
  /** Of an attempt. */
  readonly attempt: number | null;
  readonly status: number | null;
}

export interface MessageSummary {
  readonly id: string;
  readonly partner: string;
}

export async function messageOwner(db: Db, tenant: string, id: string, partners: readonly string[] | undefined): Promise<MessageSummary | undefined> {
  const { rows } = await db.query<MessageSummary>(
    `select id, partner from message where tenant = $1 and id = $2 and ${inPartners('partner', '$3')}`,
    [tenant, id, valueOfPartners(partners)],
  );
  return rows[0];
}

export interface TracePage {
  readonly entries: readonly TraceEntry[];
  /** The last document of this page, if there are more. */
  readonly next: number | undefined;
}

/** In the order of time; what happened in one transaction stands in the order of its causes. */
export async function traceMessage(db: Db, tenant: string, messageId: string, afterOrdinal: number, documents: number): Promise<TracePage> {
  const { rows: page } = await db.query<{ id: string; ordinal: number }>(
    'select id, ordinal from document where tenant = $1 and message_id = $2 and ordinal > $3 order by ordinal limit $4',
    [tenant, messageId, afterOrdinal, documents + 1],
  );
  const shown = page.slice(0, documents);
  const { rows } = await db.query<TraceEntry>(
    `with doc as (select * from document where id = any($3::uuid[])),
     ev as (select e.*, doc.ordinal from event e join doc on doc.id = e.document_id),
     del as (select v.*, ev.ordinal from delivery v join ev on ev.id = v.event_id),
     step as (
       select received_at as at, 1 as rank, 'received' as step, id, null::int as ordinal, null::text as endpoint, channel as what, filename as detail,
              null::int as attempt, null::int as status
       from message where tenant = $1 and id = $2 and $4
       union all
       select created_at, 2, 'translated', id, ordinal, null, state, concat_ws(' ', type, verdict, problems->0->>'message'), null, null from doc
       union all
       select created_at, 3, 'published', id, ordinal, null, name, document_number, null, null from ev
       union all
       select created_at, 4, 'scheduled', id, ordinal, endpoint, case when replay_of is null then 'delivery' else 'replay' end,
              case when state in ('pending', 'retry_wait') and waiting > 0 then 'behind earlier documents of its orders' end, null, null from del
       union all
       select a.started_at, 5, 'attempted', del.id, del.ordinal, del.endpoint, coalesce(a.class, 'under way'), a.detail, a.n, a.status
       from delivery_attempt a join del on del.id = a.delivery_id
       union all
       select ended_at, 6, 'ended', id, ordinal, endpoint, state, coalesce(note, dead_reason), null, null from del where ended_at is not null
     )
     select at, step, id, ordinal, endpoint, what, detail, attempt, status from step order by at, rank, ordinal nulls first, id, attempt`,
    [tenant, messageId, shown.map(({ id }) => id), afterOrdinal === 0],
  );
  return { entries: rows, next: page.length > documents ? shown.at(-1)?.ordinal : undefined };
}
