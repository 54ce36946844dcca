/**
 * What a partner said of a thing so far: business key → revisions, each an event.
 *
 * Read and written under the partner's lane (`fenceLane`, `lockLane`): nobody else can say something of the same thing meanwhile.
 */
import type { Db } from './database.ts';

/** Why a statement became an event. */
export type Basis = 'first' | 'revision' | 'replace' | 'change' | 'cancel' | 'released' | 'retranslated';

/** The newest thing that a partner said of one thing. */
export interface Standing {
  readonly revision: number;
  readonly contentHash: string;
  readonly eventId: string;
}

export interface NewStatement {
  readonly businessKey: string;
  readonly revision: number;
  readonly contentHash: string;
  readonly basis: Basis;
  /** The event whose place it takes at the receivers. */
  readonly supersedes: string | undefined;
}

export interface Known {
  /** Of the events asked for, those that exist: the same bytes came before. */
  readonly events: Set<string>;
  /** By business key. */
  readonly standings: Map<string, Standing>;
}

/** Both questions of T2 in one. */
export async function knownStatements(
  db: Db,
  tenant: string,
  partner: string,
  eventIds: readonly string[],
  businessKeys: readonly string[],
): Promise<Known> {
  if (eventIds.length === 0) return { events: new Set(), standings: new Map() };
  const { rows } = await db.query<{ key: string | null } & Standing>(
    `select null as key, id as "eventId", 0 as revision, '' as "contentHash" from event where tenant = $1 and id = any($3::uuid[])
     union all
     select k.key, s.event_id, s.revision, s.content_hash from unnest($4::text[]) as k (key) cross join lateral (
       select b.event_id, b.revision, b.content_hash from business_document b
       where b.tenant = $1 and b.partner = $2 and b.business_key = k.key order by b.revision desc limit 1
     ) s`,
    [tenant, partner, eventIds, [...new Set(businessKeys)]],
  );
  const events = new Set<string>();
  const standings = new Map<string, Standing>();
  for (const { key, eventId, revision, contentHash } of rows) {
    if (key === null) events.add(eventId);
    else standings.set(key, { eventId, revision, contentHash });
  }
  return { events, standings };
}

/** Writes what an event says now. Of an event of before statements were recorded, a revision that is taken since stays with whoever has it. */
export async function restate(db: Db, tenant: string, partner: string, eventId: string, statement: NewStatement): Promise<void> {
  const { businessKey, revision, contentHash, basis, supersedes } = statement;
  await db.query(
    `insert into business_document (tenant, partner, business_key, revision, content_hash, event_id, basis, supersedes)
     select $1, $2, $3, $4::int, $5, $6::uuid, $7, $8::uuid where not exists (
       select from business_document where tenant = $1 and partner = $2 and business_key = $3 and revision = $4 and event_id <> $6)
     on conflict (event_id) do update set business_key = excluded.business_key, revision = excluded.revision, content_hash = excluded.content_hash`,
    [tenant, partner, businessKey, revision, contentHash, eventId, basis, supersedes ?? null],
  );
}
