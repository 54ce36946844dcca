/** What waits in quarantine, a page at a time, the oldest first. */
import type { Db } from './database.ts';
import { instantOf, microsOf } from './exact-time.ts';
import { inPartners } from './partner-scope.ts';
import type { QuarantineCause, QuarantinedDocument } from './quarantine.ts';

export interface QuarantinePlace {
  /** Microseconds since 1970. */
  readonly enteredAt: number;
  readonly id: string;
}

export interface QuarantineSearch {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  readonly cause?: QuarantineCause | undefined;
  readonly since?: Date | undefined;
}

/** One more than `limit` tells that there are more. */
export async function pageOfQuarantine(
  db: Db,
  tenant: string,
  { partners, cause, since }: QuarantineSearch,
  after: QuarantinePlace | undefined,
  limit: number,
): Promise<(QuarantinedDocument & { readonly place: QuarantinePlace })[]> {
  const { rows } = await db.query<QuarantinedDocument & { exact: number }>(
    `select d.id, q.cause, d.partner, d.message_id as "messageId", m.filename, d.ordinal, d.type, q.document_number as "documentNumber",
       q.order_numbers as "orderNumbers", q.entered_at as "enteredAt", ${microsOf('q.entered_at')} as exact,
       coalesce((select p->>'message' from jsonb_array_elements(d.problems) as p where p->>'severity' = 'error' limit 1), q.cause) as reason
     from quarantine q join document d on d.id = q.document_id join message m on m.id = d.message_id
     where q.tenant = $1 and q.decision is null and d.state in ('quarantined', 'held') and ${inPartners('q.partner', '$2')}
       and ($3::text is null or q.cause = $3) and ($4::timestamptz is null or q.entered_at >= $4)
       and ($5::bigint is null or (q.entered_at, q.document_id) > (${instantOf('$5')}, $6::uuid))
     order by q.entered_at, q.document_id limit $7`,
    [tenant, partners === undefined ? null : [...partners], cause ?? null, since ?? null, after?.enteredAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ exact, ...document }) => ({ ...document, place: { enteredAt: exact, id: document.id } }));
}
