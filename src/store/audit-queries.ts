/** Reading the audit: newest first for people, from the first row on for whoever checks the chain. */
import { createHash } from 'node:crypto';
import type { Db } from './database.ts';

export interface AuditRow {
  /** 1, 2, 3 … of the tenant, in the order of the chain. */
  readonly n: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly before: object | null;
  readonly after: object | null;
  readonly detail: object;
  readonly hash: string;
}

export interface AuditFilter {
  /** What it begins with: `key:`, or `key:<id>`, or all of it. */
  readonly actor?: string | undefined;
  /** `endpoint.paused`, or what it begins with: `endpoint.`. */
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Only rows before this one. */
  readonly below?: number | undefined;
}

/** People make few changes: rows that the filter leaves out are passed over along the chain's own index. */
export async function listAudit(db: Db, tenant: string, filter: AuditFilter, limit: number): Promise<AuditRow[]> {
  const { rows } = await db.query<AuditRow>(
    `select n, at, actor, action, subject, reason, before, after, detail, hash from audit
     where tenant = $1 and n < $2 and ($3::text is null or starts_with(actor, $3)) and ($4::text is null or starts_with(action, $4))
       and ($5::text is null or subject = $5) and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
     order by n desc limit $8`,
    [
      tenant,
      filter.below ?? Number.MAX_SAFE_INTEGER,
      filter.actor ?? null,
      filter.action ?? null,
      filter.subject ?? null,
      filter.since ?? null,
      filter.until ?? null,
      limit,
    ],
  );
  return rows;
}

interface Link {
  readonly n: number;
  readonly previous: string;
  readonly hash: string;
  readonly text: string;
}

export interface ChainVerdict {
  /** Rows that hold, from the first. */
  readonly rows: number;
  /** Of the last of them: kept elsewhere, it shows later that nothing was taken off the end. */
  readonly hash: string;
  readonly broken: { readonly n: number; readonly expected: string; readonly found: string } | undefined;
}

const PAGE = 1_000;

/** Walks the whole chain, a page in memory at a time. Rows that are written meanwhile are left for the next time. */
export async function verifyAudit(db: Db, tenant: string): Promise<ChainVerdict> {
  const end = await db.query<{ n: number; hash: string }>('select n, hash from audit_chain where tenant = $1', [tenant]);
  const last = end.rows[0] ?? { n: 0, hash: '' };
  let rows = 0;
  let hash = '';
  const broken = (n: number, expected: string, found: string): ChainVerdict => ({ rows, hash, broken: { n, expected, found } });
  while (rows < last.n) {
    const page = await db.query<Link>(
      'select n, previous, hash, audit_text(audit) as text from audit where tenant = $1 and n > $2 and n <= $3 order by n limit $4',
      [tenant, rows, last.n, PAGE],
    );
    if (page.rows.length === 0) return broken(rows + 1, `row ${rows + 1}`, 'none');
    for (const link of page.rows) {
      if (link.n !== rows + 1) return broken(rows + 1, `row ${rows + 1}`, `row ${link.n}`);
      if (link.previous !== hash) return broken(link.n, `the hash of the row before it, ${hash || 'none'}`, link.previous || 'none');
      const sum = createHash('sha256').update(link.text).digest('hex');
      if (link.hash !== sum) return broken(link.n, `the hash ${sum} of what it says`, link.hash);
      rows = link.n;
      hash = link.hash;
    }
  }
  if (hash !== last.hash) return broken(rows, `the hash at the end of the chain, ${last.hash}`, hash);
  const more = await db.query<{ n: number }>(
    'select n from audit where tenant = $1 and n > $2 and not exists (select from audit_chain c where c.tenant = $1 and c.n >= audit.n) order by n limit 1',
    [tenant, last.n],
  );
  if (more.rows[0] !== undefined) return broken(more.rows[0].n, `the end of the chain after row ${last.n}`, `row ${more.rows[0].n}`);
  return { rows, hash, broken: undefined };
}
