/** Acknowledgments that partners are owed or have got, the newest first, a page at a time; and those that partners sent. */
import type { AcknowledgmentKind } from '../core/acknowledgment.ts';
import type { Db } from './database.ts';
import { instantOf, microsOf } from './exact-time.ts';
import { inPartners } from './partner-scope.ts';

export const ACKNOWLEDGMENT_STATES = ['withheld', 'delivering', 'delivered', 'dead', 'dropped'] as const;

export interface ListedAcknowledgment {
  readonly id: string;
  readonly partner: string;
  readonly kind: AcknowledgmentKind;
  /** `withheld` while one of its sets waits for a person, `dropped` when nothing is said at all, else how far its delivery is. */
  readonly state: (typeof ACKNOWLEDGMENT_STATES)[number];
  readonly reason: string | null;
  /** That brought what is acknowledged; ISA13, GS01 and GS06 of it. */
  readonly messageId: string;
  readonly interchangeControl: string;
  readonly functionalId: string | null;
  readonly groupControl: string | null;
  /** Our ISA13. */
  readonly control: number | null;
  readonly deliveryId: string | null;
  readonly owedAt: Date;
  readonly dueAt: Date;
  readonly overdue: boolean;
}

export interface AcknowledgmentSearch {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  /** Only what is overdue, the oldest of it last. */
  readonly overdue?: boolean | undefined;
  /** Partner → how soon it must have been acknowledged. */
  readonly withinMs: ReadonlyMap<string, number>;
}

export interface AcknowledgmentPlace {
  /** Microseconds since 1970. */
  readonly owedAt: number;
  readonly id: string;
}

/** Of a partner without a file. */
const USUAL_WITHIN_MS = 24 * 3_600_000;

/** One more than `limit` tells that there are more. */
export async function pageOfAcknowledgments(
  db: Db,
  tenant: string,
  { partners, overdue = false, withinMs }: AcknowledgmentSearch,
  after: AcknowledgmentPlace | undefined,
  limit: number,
): Promise<(ListedAcknowledgment & { readonly place: AcknowledgmentPlace })[]> {
  const { rows } = await db.query<ListedAcknowledgment & { exact: number }>(
    `with listed as (
       select a.id, a.partner, a.kind, a.reason, i.message_id as "messageId", i.control as "interchangeControl", a.functional_id as "functionalId",
         a.group_control as "groupControl", a.control, v.id as "deliveryId", a.owed_at as "owedAt", ${microsOf('a.owed_at')} as exact,
         a.owed_at + coalesce(w.ms, ${USUAL_WITHIN_MS}) * interval '1 millisecond' as "dueAt",
         case when a.state <> 'sent' then a.state when v.state = 'succeeded' then 'delivered'
              when v.state in ('dead', 'skipped', 'discarded') then 'dead' else 'delivering' end as state
       from acknowledgment a join interchange i on i.id = a.interchange_id
       left join delivery v on v.event_id = a.id and v.endpoint = 'ack.' || a.partner and v.replay_of is null
       left join unnest($3::text[], $4::float8[]) as w (partner, ms) on w.partner = a.partner
       where a.tenant = $1 and ${inPartners('a.partner', '$2')}
         and ($5::bigint is null or (a.owed_at, a.id) < (${instantOf('$5')}, $6::uuid))
     )
     select *, state not in ('delivered', 'dropped') and "dueAt" < now() as overdue from listed
     where not $7::boolean or (state not in ('delivered', 'dropped') and "dueAt" < now())
     order by "owedAt" desc, id desc limit $8`,
    [
      tenant,
      partners === undefined ? null : [...partners],
      [...withinMs.keys()],
      [...withinMs.values()],
      after?.owedAt ?? null,
      after?.id ?? null,
      overdue,
      limit,
    ],
  );
  return rows.map(({ exact, ...acknowledgment }) => ({ ...acknowledgment, place: { owedAt: exact, id: acknowledgment.id } }));
}

export interface ListedAnswer {
  readonly id: string;
  readonly partner: string;
  readonly messageId: string;
  readonly kind: AcknowledgmentKind;
  /** The control number of ours that it names. */
  readonly acknowledged: string;
  readonly functionalId: string | null;
  readonly verdict: string;
  readonly code: string;
  /** Our document; null: we sent nothing of that number. */
  readonly matched: string | null;
  readonly receivedAt: Date;
}

/** What partners said of what we sent, the newest first. */
export async function receivedAcknowledgments(db: Db, tenant: string, partner: string | undefined, limit: number): Promise<ListedAnswer[]> {
  const { rows } = await db.query<ListedAnswer>(
    `select id, partner, message_id as "messageId", kind, acknowledged, functional_id as "functionalId", verdict, code, matched, received_at as "receivedAt"
     from acknowledgment_received where tenant = $1 and ($2::text is null or partner = $2) order by received_at desc, id desc limit $3`,
    [tenant, partner ?? null, limit],
  );
  return rows;
}
