/**
 * Dead letters a page at a time, and counted by cause.
 *
 * Fifty thousand of them must not make a page slow: which ones stand on it is decided from the partial indexes of what is dead; what is
 * shown of each, above all what waits behind it, is worked out for the page alone.
 */
import type { Db } from './database.ts';
import type { DeadLetter } from './dead-letters.ts';
import { instantOf, microsOf } from './exact-time.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';

export interface DeadLetterSearch {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  readonly endpoint?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly stage?: DeadLetter['stage'] | undefined;
  readonly since?: Date | undefined;
}

export interface DeadLetterPlace {
  /** Microseconds since 1970. */
  readonly at: number;
  readonly id: string;
}

export interface DeadLetterGroup {
  readonly fingerprint: string;
  readonly stage: DeadLetter['stage'];
  readonly count: number;
  /** Of one of them. */
  readonly reason: string;
  readonly partners: readonly string[];
  readonly endpoints: readonly string[];
  readonly oldest: Date;
  readonly newest: Date;
}

const DEAD_BEFORE_DELIVERY = `
  select id, 'translate' as stage, coalesce(fingerprint, 'unknown') as fingerprint, partner, null as endpoint, created_at as at,
         state || ': ' || coalesce(problems->0->>'message', '') as reason
  from document where tenant = $1 and state in ('rejected', 'failed')
  union all
  select id, 'receive', coalesce(problems->0->>'code', 'unknown'), partner, null, coalesce(translated_at, received_at),
         case state when 'failed' then 'failed: ' else 'read in part: ' end || coalesce(problems->0->>'message', '')
  from message where tenant = $1 and (state = 'failed' or faulty)`;

const DEAD = `
  select d.id, 'deliver' as stage, coalesce(d.fingerprint, 'unknown') as fingerprint, e.partner, d.endpoint, d.ended_at as at,
         concat_ws(' ', d.dead_reason, d.last_detail) as reason
  from delivery d join event e on e.id = d.event_id where d.tenant = $1 and d.state = 'dead'
  union all ${DEAD_BEFORE_DELIVERY}`;

const MATCHES = `${inPartners('partner', '$2')} and ($3::text is null or endpoint = $3) and ($4::text is null or fingerprint = $4)
  and ($5::text is null or stage = $5) and ($6::timestamptz is null or at >= $6)`;

const valuesOf = (tenant: string, { partners, endpoint, fingerprint, stage, since }: DeadLetterSearch): unknown[] => [
  tenant,
  valueOfPartners(partners),
  endpoint ?? null,
  fingerprint ?? null,
  stage ?? null,
  since ?? null,
];

/** Each stage by itself, so that each can stop at the length of the page: deliveries come from an index in the order of time. */
const PAGE = `
  (select d.id, 'deliver' as stage, coalesce(d.fingerprint, 'unknown') as fingerprint, d.ended_at as at,
          concat_ws(' ', d.dead_reason, d.last_detail) as reason from delivery d
   where d.tenant = $1 and d.state = 'dead' and ($5::text is null or $5 = 'deliver') and ($3::text is null or d.endpoint = $3)
     and ($4::text is null or coalesce(d.fingerprint, 'unknown') = $4) and ($6::timestamptz is null or d.ended_at >= $6)
     and ($7::bigint is null or (d.ended_at, d.id) < (${instantOf('$7')}, $8::uuid))
     and ($2::text[] is null or exists (select from event e where e.id = d.event_id and e.partner = any($2)))
   order by d.ended_at desc, d.id desc limit $9)
  union all
  (select id, stage, fingerprint, at, reason from (${DEAD_BEFORE_DELIVERY}) dead
   where ${MATCHES} and ($7::bigint is null or (at, id) < (${instantOf('$7')}, $8::uuid)) order by at desc, id desc limit $9)`;

/** The newest first. One more than `limit` tells that there are more. */
export async function searchDeadLetters(
  db: Db,
  tenant: string,
  search: DeadLetterSearch,
  after: DeadLetterPlace | undefined,
  limit: number,
): Promise<(DeadLetter & { readonly place: DeadLetterPlace })[]> {
  const { rows } = await db.query<DeadLetter & { exact: number }>(
    `with page as materialized (select * from (${PAGE}) dead order by at desc, id desc limit $9)
     select p.id, p.stage, p.fingerprint, coalesce(e.partner, doc.partner, m.partner) as partner, d.endpoint, p.at,
       p.reason, ${microsOf('p.at')} as exact,
       case p.stage when 'deliver' then e.name || ' ' || e.document_number when 'translate' then concat_ws(' ', doc.type, doc.envelope->>'transactionControl')
                    else m.filename end as subject,
       coalesce(e.order_numbers, '{}') as "orderNumbers", coalesce(doc.message_id, m.id) as "messageId",
       case p.stage when 'deliver' then
         (select count(distinct w.delivery_id)::int from delivery_key k join delivery_key w on w.tenant = k.tenant and w.endpoint = k.endpoint
            and w.order_key = k.order_key and w.open and w.seq > k.seq where k.delivery_id = p.id and k.open)
       else 0 end as blocks
     from page p
     left join delivery d on p.stage = 'deliver' and d.id = p.id
     left join event e on e.id = d.event_id
     left join document doc on doc.id = case p.stage when 'deliver' then e.document_id when 'translate' then p.id end
     left join message m on p.stage = 'receive' and m.id = p.id
     order by p.at desc, p.id desc`,
    [...valuesOf(tenant, search), after?.at ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ exact, ...letter }) => ({ ...letter, place: { at: exact, id: letter.id } }));
}

/** By cause, the most frequent first. */
export async function groupDeadLetters(db: Db, tenant: string, search: DeadLetterSearch, limit: number): Promise<DeadLetterGroup[]> {
  const { rows } = await db.query<DeadLetterGroup>(
    `select fingerprint, stage, count(*)::int as count, min(reason) as reason, min(at) as oldest, max(at) as newest,
       (array_agg(distinct partner))[1:20] as partners, coalesce((array_agg(distinct endpoint) filter (where endpoint is not null))[1:20], '{}') as endpoints
     from (${DEAD}) dead where ${MATCHES} group by fingerprint, stage order by count desc, fingerprint, stage limit $7`,
    [...valuesOf(tenant, search), limit],
  );
  return rows;
}

/** Whose it is; undefined when it is no dead letter. */
export async function partnerOfDeadLetter(db: Db, tenant: string, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ partner: string }>(`select partner from (${DEAD}) dead where id = $2`, [tenant, id]);
  return rows[0]?.partner;
}
