/**
 * The feed of events, which never skips one that commits late.
 *
 * Numbers are taken before a commit, so "everything after the last I saw" loses what was numbered earlier and committed later. Events are
 * therefore ordered by (transaction, position), and those of a transaction appear only when every transaction before it has ended: a reader
 * that keeps its place misses nothing and sees nothing twice. The price: a transaction that stays open holds the feed back until it ends.
 */
import type { Database, Db } from './database.ts';
import type { EventRow } from './event-queries.ts';
import { moveFeedMark } from './feed-mark.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';

export interface FeedPosition {
  /** Which server, and which of its histories: a place in another one means nothing here. */
  readonly history: string;
  readonly xid: string;
  readonly position: number;
}

export interface FedEvent extends Omit<EventRow, 'documentId' | 'routedTo'> {
  /** The CloudEvent, byte for byte as it is sent. */
  readonly body: string;
  readonly place: FeedPosition;
}

export interface FeedFilter {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly since?: Date | undefined;
}

export interface FeedPage {
  readonly events: readonly FedEvent[];
  /** Where to go on; undefined when nothing was passed. */
  readonly next: FeedPosition | undefined;
  /** There is more to look at now. */
  readonly more: boolean;
}

/** Of a page with a filter: so many events are looked at, then the reader has to come again. No page costs more. */
const LOOKED_AT = 5_000;
/** This server's history: its identity, and the timeline, which a restore to a point in time begins anew. */
const HISTORY = `(select system_identifier::text from pg_control_system()) || '.' || left(pg_walfile_name(pg_current_wal_lsn()), 8)`;

export async function historyOf(db: Db): Promise<string> {
  const { rows } = await db.query<{ history: string }>(`select ${HISTORY} as history`);
  return rows[0]?.history ?? '';
}

interface Row extends Omit<FedEvent, 'place'> {
  readonly matches: boolean;
  readonly xid: string;
  readonly position: number;
  /** How many were looked at, one more than allowed if there are more. */
  readonly looked: number;
}

/** What is handed out counts as taken: see feed-mark.ts. */
export async function readFeed(
  database: Database,
  tenant: string,
  after: FeedPosition | undefined,
  filter: FeedFilter,
  limit: number,
): Promise<FeedPage> {
  for (;;) {
    const page = await lookInto(database, tenant, after, filter, limit);
    const last = page.events.at(-1)?.place;
    // Moved: until now a body could still be replaced, perhaps since it was read.
    if (last === undefined || !(await moveFeedMark(database, tenant, last))) return page;
  }
}

async function lookInto(db: Db, tenant: string, after: FeedPosition | undefined, filter: FeedFilter, limit: number): Promise<FeedPage> {
  const history = await historyOf(db);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const look = filtered ? Math.max(LOOKED_AT, limit) : limit;
  const { rows } = await db.query<Row>(
    `with looked as materialized (
       select id, xid, position, row_number() over (order by xid, position) as r,
              (${inPartners('partner', '$5')} and ($6::text is null or name = $6) and ($7::timestamptz is null or created_at >= $7)) as matches
       from event
       where tenant = $1 and (xid, position) > ($2::xid8, $3) and xid < pg_snapshot_xmin(pg_current_snapshot())
       order by xid, position limit $4::int + 1
     ), chosen as (
       (select id, true as matches from looked where matches and r <= $4 order by r limit $8::int + 1)
       union all
       (select id, false from looked where r <= $4 order by r desc limit 1)
     )
     select e.id, e.partner, e.name, e.document_number as "documentNumber", e.order_numbers as "orderNumbers", e.test,
            (select message_id from document d where d.id = e.document_id) as "messageId", e.created_at as "createdAt",
            e.body, c.matches, e.xid::text as xid, e.position, (select count(*)::int from looked) as looked
     from chosen c join event e on e.id = c.id order by c.matches desc, e.xid, e.position`,
    [tenant, after?.xid ?? '0', after?.position ?? 0, look, valueOfPartners(filter.partners), filter.name ?? null, filter.since ?? null, limit],
  );
  const end = rows.find((row) => !row.matches);
  if (end === undefined) return { events: [], next: undefined, more: false };
  const placed = rows.map(({ matches, looked: _, xid, position, ...event }) => ({ matches, event: { ...event, place: { history, xid, position } } }));
  const events = placed.filter(({ matches }) => matches).map(({ event }) => event);
  if (events.length > limit) return { events: events.slice(0, limit), next: events[limit - 1]?.place, more: true };
  return { events, next: { history, xid: end.xid, position: end.position }, more: end.looked > look };
}

/**
 * After a dump was loaded into another server, the transactions that numbered its events are numbers of the old one, and may lie in this
 * one's future: such events would stay hidden. They are numbered anew, in their order. Call at start, before anyone reads.
 */
export async function adoptEvents(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ known: string; server: string }>(
    'select i.server as known, s.system_identifier::text as server from installation i, pg_control_system() s for update of i',
  );
  const [row] = rows;
  if (row === undefined || row.known === row.server) return false;
  const moved = row.known !== '';
  if (moved) {
    await db.query('update event set xid = pg_current_xact_id()');
    // Who had read how far is told by numbers of before: each event counts as handed out.
    await db.query(
      'update feed_mark m set xid = pg_current_xact_id(), position = coalesce((select max(position) from event e where e.tenant = m.tenant), 0)',
    );
  }
  await db.query('update installation set server = $1', [row.server]);
  return moved;
}
