/**
 * What a replay's filter chooses: one query, of which the dry run takes counts and a job the rows.
 *
 * The state stands in the text and is no parameter, so that PostgreSQL sees which partial index it may use.
 */
import { normaliseOrderNumber } from '../core/identity.ts';
import type { Db } from './database.ts';
import type { ReplayFilter, ReplayMode } from './replay-jobs.ts';

const EVENT_FILTER = `($2::text is null or e.partner = $2) and ($3::text is null or d.endpoint = $3) and ($4::text is null or e.order_numbers @> array[$4])
    and ($5::text is null or coalesce(d.fingerprint, 'unknown') = $5) and ($6::text is null or e.name = $6)
    and ($7::timestamptz is null or d.ended_at >= $7) and ($8::timestamptz is null or d.ended_at < $8)`;

/** Of one that is dead the place is closed where its endpoint lets an order go on without it; what was skipped always has none any more. */
const CLOSED = `exists (select from delivery_key k where k.delivery_id = d.id and not k.open)`;

/**
 * Copies that an earlier replay made are left out where the original is chosen: one event is not sent twice over.
 * Each delivery has its event; the join is a left one, so that a query that wants nothing of the event does not read it.
 */
const deliveries = (state: ReplayFilter['state']) => `
  select 'deliver' as stage, d.id, d.endpoint, e.partner, coalesce(d.fingerprint, 'unknown') as fingerprint,
         concat_ws(' ', d.dead_reason, d.last_detail) as reason, d.ended_at as at, d.position as rank, e.document_id,
         ${{ dead: CLOSED, skipped: 'true', succeeded: 'false' }[state]} as closed
  from delivery d left join event e on e.id = d.event_id
  where d.tenant = $1 and d.state = '${state}' ${state === 'dead' ? '' : 'and d.replay_of is null'} and ${EVENT_FILTER}`;

/** Documents and messages have no endpoint, event or order number yet: a filter by one of these leaves them out. */
const NO_EVENT = '$3::text is null and $4::text is null and $6::text is null';

const DOCUMENTS = `
  select 'translate', doc.id, null, doc.partner, coalesce(doc.fingerprint, 'unknown'),
         doc.state || ': ' || coalesce(doc.problems->0->>'message', ''), doc.created_at, doc.ordinal::bigint, doc.id, false
  from document doc
  where doc.tenant = $1 and doc.state in ('rejected', 'failed') and ${NO_EVENT} and ($2::text is null or doc.partner = $2)
    and ($5::text is null or coalesce(doc.fingerprint, 'unknown') = $5)
    and ($7::timestamptz is null or doc.created_at >= $7) and ($8::timestamptz is null or doc.created_at < $8)`;

const MESSAGES = `
  select 'receive', m.id, null, m.partner, coalesce(m.problems->0->>'code', 'unknown'), coalesce(m.problems->0->>'message', ''),
         coalesce(m.translated_at, m.received_at), m.arrival, null, false
  from message m
  where m.tenant = $1 and (m.state = 'failed' or m.faulty) and ${NO_EVENT} and ($2::text is null or m.partner = $2)
    and ($5::text is null or coalesce(m.problems->0->>'code', 'unknown') = $5)
    and ($7::timestamptz is null or coalesce(m.translated_at, m.received_at) >= $7)
    and ($8::timestamptz is null or coalesce(m.translated_at, m.received_at) < $8)`;

/** Retranslating is about documents: each once, whichever of its deliveries were chosen. */
const AS_DOCUMENTS = `
  select distinct on (stage, id) case stage when 'deliver' then 'document' else stage end as stage, coalesce(document_id, id) as id,
         null::text as endpoint, partner, fingerprint, reason, at, rank, false as closed
  from found order by stage, id, at`;

/** A query with the columns stage, id, endpoint, partner, fingerprint, reason, at, rank, closed; its values are `selectionValues`. */
export function selectionOf(state: ReplayFilter['state'], mode: ReplayMode): string {
  const found = [deliveries(state), ...(state === 'dead' ? [DOCUMENTS, MESSAGES] : [])].join(' union all ');
  if (mode === 'resend') return found;
  return `with found as (select stage, coalesce(document_id, id) as id, partner, fingerprint, reason, at, rank, document_id from (${found}) f) ${AS_DOCUMENTS}`;
}

export function selectionValues(tenant: string, filter: ReplayFilter): unknown[] {
  return [
    tenant,
    filter.partner ?? null,
    filter.endpoint ?? null,
    filter.orderNumber === undefined ? null : normaliseOrderNumber(filter.orderNumber),
    filter.fingerprint ?? null,
    filter.event ?? null,
    filter.since ?? null,
    filter.until ?? null,
  ];
}

export interface SelectionCounts {
  readonly total: number;
  readonly closed: number;
  readonly endpoints: readonly { readonly name: string; readonly count: number }[];
  readonly partners: readonly { readonly name: string; readonly count: number }[];
  readonly causes: readonly { readonly stage: string; readonly fingerprint: string; readonly reason: string; readonly count: number }[];
}

interface CountRow {
  readonly kind: 'total' | 'endpoint' | 'partner' | 'cause';
  readonly endpoint: string | null;
  readonly partner: string | null;
  readonly stage: string;
  readonly fingerprint: string;
  readonly reason: string;
  readonly n: number;
  readonly closed: number;
}

/** Counted in one pass, so that the figures fit each other. */
export async function countSelection(db: Db, tenant: string, filter: ReplayFilter, mode: ReplayMode): Promise<SelectionCounts> {
  const { rows } = await db.query<CountRow>(
    `select case when grouping(endpoint) = 0 then 'endpoint' when grouping(partner) = 0 then 'partner'
                 when grouping(fingerprint) = 0 then 'cause' else 'total' end as kind,
            endpoint, partner, stage, fingerprint, min(reason) as reason, count(*) as n, count(*) filter (where closed) as closed
     from (${selectionOf(filter.state, mode)}) chosen
     group by grouping sets ((), (endpoint), (partner), (stage, fingerprint)) order by n desc, endpoint, partner, fingerprint`,
    selectionValues(tenant, filter),
  );
  const named = (kind: 'endpoint' | 'partner') =>
    rows.flatMap((row) => (row.kind === kind && row[kind] !== null ? [{ name: row[kind] ?? '', count: row.n }] : []));
  const total = rows.find((row) => row.kind === 'total');
  return {
    total: total?.n ?? 0,
    closed: total?.closed ?? 0,
    endpoints: named('endpoint'),
    partners: named('partner'),
    causes: rows.flatMap(({ kind, stage, fingerprint, reason, n }) => (kind === 'cause' ? [{ stage, fingerprint, reason, count: n }] : [])),
  };
}

/** Some of them, the oldest first. */
export async function sampleSelection(db: Db, tenant: string, filter: ReplayFilter, mode: ReplayMode, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from (${selectionOf(filter.state, mode)}) chosen where stage = 'document' order by at, rank, id limit $9`,
    [...selectionValues(tenant, filter), limit],
  );
  return rows.map((row) => row.id);
}
