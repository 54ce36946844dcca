/** Events that no endpoint wanted when they were published (`routed_to` = 0). */
import type { Db } from './database.ts';

export interface UnroutedFilter {
  /** Of events or of messages; undefined: whatever the rest leaves. */
  readonly ids?: readonly string[] | undefined;
  readonly partner?: string | undefined;
  readonly since?: Date | undefined;
}

export interface UnroutedEvent {
  readonly id: string;
  readonly partner: string;
  readonly name: string;
  readonly test: boolean;
  readonly body: string;
}

const WANTED = `
  e.tenant = $1 and e.routed_to = 0 and ($2::text is null or e.partner = $2) and ($3::timestamptz is null or e.created_at >= $3)
  and ($4::uuid[] is null or e.id = any($4) or d.message_id = any($4))`;

const valuesOf = (tenant: string, filter: UnroutedFilter) => [
  tenant,
  filter.partner ?? null,
  filter.since ?? null,
  filter.ids === undefined ? null : [...filter.ids],
];

/** How many there are of each kind, partner and stage: what decides who wants them. */
export async function countUnrouted(
  db: Db,
  tenant: string,
  filter: UnroutedFilter,
): Promise<{ readonly name: string; readonly partner: string; readonly test: boolean; readonly count: number }[]> {
  const { rows } = await db.query<{ name: string; partner: string; test: boolean; count: number }>(
    `select e.name, e.partner, e.test, count(*)::int as count from event e join document d on d.id = e.document_id
     where ${WANTED} group by e.name, e.partner, e.test order by e.name, e.partner, e.test`,
    valuesOf(tenant, filter),
  );
  return rows;
}

/** Locks the next ones of these kinds until the commit, in the order in which they were published; others' locks are waited for. */
export async function lockUnrouted(
  db: Db,
  tenant: string,
  filter: UnroutedFilter,
  kinds: readonly { readonly name: string; readonly partner: string; readonly test: boolean }[],
  limit: number,
): Promise<UnroutedEvent[]> {
  const { rows } = await db.query<UnroutedEvent>(
    `select e.id, e.partner, e.name, e.test, e.body
     from event e join document d on d.id = e.document_id join message m on m.id = d.message_id
     where ${WANTED} and (e.name, e.partner, e.test) in (select * from unnest($5::text[], $6::text[], $7::boolean[]))
     order by e.created_at, m.arrival, d.ordinal, e.id limit $8 for update of e`,
    [...valuesOf(tenant, filter), kinds.map((kind) => kind.name), kinds.map((kind) => kind.partner), kinds.map((kind) => kind.test), limit],
  );
  return rows;
}

export async function markRouted(db: Db, events: readonly { readonly id: string; readonly deliveries: readonly unknown[] }[]): Promise<void> {
  await db.query('update event e set routed_to = r.n from unnest($1::uuid[], $2::int[]) as r (id, n) where e.id = r.id', [
    events.map((event) => event.id),
    events.map((event) => event.deliveries.length),
  ]);
}
