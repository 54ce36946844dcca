/** What mappings do in production: figures that processes add to, and that `quayside map coverage --live` and alerts read. */
import type { Db } from './database.ts';

interface UseOf {
  readonly partner: string;
  readonly mapping: string;
  readonly version: string;
}

export interface MappingFigures extends UseOf {
  readonly documents: number;
  readonly elements: number;
  readonly mapped: number;
}

export interface RuleFigures extends UseOf {
  /** `mappings/acme/855.yaml:12:3`. */
  readonly rule: string;
  /** Values that the document gave, and values that no byte of it gave. */
  readonly sourced: number;
  readonly given: number;
}

export interface UnreadFigures extends UseOf {
  /** `PO1/REF(ZZ)02`. */
  readonly key: string;
  readonly count: number;
  readonly example: string;
  readonly messageId: string;
  readonly segment: number;
  readonly offset: number;
}

export interface UseFigures {
  readonly mappings: readonly MappingFigures[];
  readonly rules: readonly RuleFigures[];
  readonly unread: readonly UnreadFigures[];
}

/** Kinds of unread source that are kept of one partner: whoever sends more of them than this sends something else altogether. */
const MOST_KEYS = 1_000;

/** Inside a transaction. Rows are touched in one order, so that two processes never wait for each other in a circle. */
export async function addUse(db: Db, tenant: string, { mappings, rules, unread }: UseFigures): Promise<void> {
  await db.query(
    `insert into mapping_use as u (tenant, partner, mapping, version, documents, elements, mapped)
     select $1, partner, mapping, version, documents, elements, mapped
     from jsonb_to_recordset($2::jsonb) as f (partner text, mapping text, version text, documents bigint, elements bigint, mapped bigint)
     order by partner, mapping, version
     on conflict (tenant, partner, mapping, version) do update set documents = u.documents + excluded.documents,
       elements = u.elements + excluded.elements, mapped = u.mapped + excluded.mapped, last_used_at = now()`,
    [tenant, JSON.stringify(mappings)],
  );
  await db.query(
    `insert into rule_use as u (tenant, partner, mapping, version, rule, sourced, given)
     select $1, partner, mapping, version, rule, sourced, given
     from jsonb_to_recordset($2::jsonb) as f (partner text, mapping text, version text, rule text, sourced bigint, given bigint)
     order by partner, mapping, version, rule
     on conflict (tenant, partner, mapping, version, rule) do update set sourced = u.sourced + excluded.sourced, given = u.given + excluded.given`,
    [tenant, JSON.stringify(rules)],
  );
  if (unread.length === 0) return;
  await db.query(
    `insert into unread_source as u (tenant, partner, mapping, version, key, count, example, example_message_id, example_segment, example_offset)
     select $1, partner, mapping, version, key, count, example, "messageId", segment, "offset"
     from jsonb_to_recordset($2::jsonb) as f (partner text, mapping text, version text, key text, count bigint, example text, "messageId" uuid,
       segment bigint, "offset" bigint)
     where exists (select from unread_source k where k.tenant = $1 and k.partner = f.partner and k.mapping = f.mapping
                   and k.version = f.version and k.key = f.key)
        or (select count(*) from unread_source k where k.tenant = $1 and k.partner = f.partner) < $3
     order by partner, mapping, version, key
     on conflict (tenant, partner, mapping, version, key) do update set count = u.count + excluded.count, last_seen_at = now()`,
    [tenant, JSON.stringify(unread), MOST_KEYS],
  );
}

export interface LiveMapping extends MappingFigures {
  readonly lastUsedAt: Date;
}

export interface LiveUnread extends UnreadFigures {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

export interface LiveUse {
  readonly mappings: readonly LiveMapping[];
  readonly rules: readonly RuleFigures[];
  readonly unread: readonly LiveUnread[];
}

/** The newest used version of each mapping of a partner, or of all: what older ones did is past. */
export async function readLiveUse(db: Db, tenant: string, partner: string | undefined): Promise<LiveUse> {
  const values = [tenant, partner ?? null];
  const newest = `newest as (
    select distinct on (partner, mapping) partner, mapping, version, documents, elements, mapped, last_used_at from mapping_use
    where tenant = $1 and ($2::text is null or partner = $2) order by partner, mapping, last_used_at desc, version desc)`;
  const of = 'join newest n on n.partner = t.partner and n.mapping = t.mapping and n.version = t.version where t.tenant = $1';
  const mappings = await db.query<LiveMapping>(
    `with ${newest} select partner, mapping, version, documents, elements, mapped, last_used_at as "lastUsedAt" from newest order by partner, mapping`,
    values,
  );
  const rules = await db.query<RuleFigures>(
    `with ${newest} select t.partner, t.mapping, t.version, t.rule, t.sourced, t.given from rule_use t ${of} order by t.partner, t.mapping, t.rule`,
    values,
  );
  const unread = await db.query<LiveUnread>(
    `with ${newest} select t.partner, t.mapping, t.version, t.key, t.count, t.example, t.example_message_id as "messageId",
       t.example_segment as segment, t.example_offset as "offset", t.first_seen_at as "firstSeenAt", t.last_seen_at as "lastSeenAt"
     from unread_source t ${of} order by t.partner, t.mapping, t.count desc, t.key`,
    values,
  );
  return { mappings: mappings.rows, rules: rules.rows, unread: unread.rows };
}
