/** What waits in quarantine, a page at a time, the oldest first. */
import type { Db } from './database.ts';
import { instantOf, microsOf } from './exact-time.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';
import { QUARANTINE_COLUMNS, QUARANTINE_TABLES, type QuarantineCause, type QuarantinedDocument } from './quarantine.ts';

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
    `select ${QUARANTINE_COLUMNS}, ${microsOf('q.entered_at')} as exact from ${QUARANTINE_TABLES}
     where q.tenant = $1 and q.decision is null and d.state in ('quarantined', 'held') and ${inPartners('q.partner', '$2')}
       and ($3::text is null or q.cause = $3) and ($4::timestamptz is null or q.entered_at >= $4)
       and ($5::bigint is null or (q.entered_at, q.document_id) > (${instantOf('$5')}, $6::uuid))
     order by q.entered_at, q.document_id limit $7`,
    [tenant, valueOfPartners(partners), cause ?? null, since ?? null, after?.enteredAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ exact, ...document }) => ({ ...document, place: { enteredAt: exact, id: document.id } }));
}
