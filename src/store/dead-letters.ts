/**
 * Dead letters by cause: a delivery that an endpoint refused or that used up its schedule, a document that could not be
 * translated, a message that could not be read. Grouped by fingerprint, so that one mended cause is one decision.
 */
import type { Problem } from '../core/problem.ts';
import type { Db } from './database.ts';
import { selectionOf, selectionValues } from './replay-selection.ts';

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
  from document doc where doc.tenant = $1 and doc.state in ('rejected', 'failed')
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

/** The very things that a replay with this filter would take. */
const CHOSEN = selectionOf('dead', 'resend');
const valuesOf = (tenant: string, filter: DeadLetterFilter) => selectionValues(tenant, { state: 'dead', ...filter });

/** By cause, each cause's oldest first. What waits behind them is counted for those that are returned, not for all there are. */
export async function listDeadLetters(db: Db, tenant: string, filter: DeadLetterFilter = {}, limit = 1000): Promise<DeadLetter[]> {
  const { rows } = await db.query<{ id: string }>(`select id from (${CHOSEN}) chosen order by fingerprint, at, id limit $9`, [
    ...valuesOf(tenant, filter),
    limit,
  ]);
  return describe(
    db,
    tenant,
    rows.map((row) => row.id),
  );
}

export interface DeadLetterGroup {
  readonly stage: DeadLetter['stage'];
  readonly fingerprint: string;
  readonly count: number;
  readonly oldest: Date;
  readonly newest: Date;
  /** The oldest of them. */
  readonly examples: readonly DeadLetter[];
}

/** One row for each cause, the most frequent first, with a few examples each. */
export async function groupDeadLetters(
  db: Db,
  tenant: string,
  filter: DeadLetterFilter,
  { groups, examples }: { groups: number; examples: number },
): Promise<{ groups: DeadLetterGroup[]; allGroups: number; all: number }> {
  const { rows } = await db.query<Omit<DeadLetterGroup, 'examples'> & { ids: string[]; allGroups: number; all: number }>(
    `select stage, fingerprint, count(*) as count, min(at) as oldest, max(at) as newest, array_agg(id order by n) filter (where n <= $9) as ids,
            count(*) over () as "allGroups", (sum(count(*)) over ())::bigint as "all"
     from (select *, row_number() over (partition by stage, fingerprint order by at, id) as n from (${CHOSEN}) chosen) ranked
     group by stage, fingerprint order by count desc, fingerprint, stage limit $10`,
    [...valuesOf(tenant, filter), examples, groups],
  );
  const letters = await describe(
    db,
    tenant,
    rows.flatMap((row) => row.ids),
  );
  const byId = new Map(letters.map((letter) => [letter.id, letter]));
  return {
    groups: rows.map(({ ids, allGroups: _, all: __, ...group }) => ({ ...group, examples: ids.flatMap((id) => byId.get(id) ?? []) })),
    allGroups: rows[0]?.allGroups ?? 0,
    all: rows[0]?.all ?? 0,
  };
}

/** In the order of the ids. */
async function describe(db: Db, tenant: string, ids: readonly string[]): Promise<DeadLetter[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<DeadLetter>(`select * from (${DEAD_LETTERS}) dead where id = any($2::uuid[])`, [tenant, ids]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
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
  const [dead] = await describe(db, tenant, [id]);
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
