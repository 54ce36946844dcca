/**
 * How far the feed has been handed out: an event up to there is somebody's, and its body never changes any more.
 *
 * Whoever replaces a body holds the mark until it commits; whoever reads on moves the mark first and reads what it hands out after that.
 */
import type { Db } from './database.ts';
import type { FeedPosition } from './event-feed.ts';

type Place = Pick<FeedPosition, 'xid' | 'position'>;

/** Returns once nobody replaces anything up to `place` any more; false: it was handed out before. */
export async function moveFeedMark(db: Db, tenant: string, { xid, position }: Place): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into feed_mark as m (tenant, xid, position) values ($1, $2::xid8, $3)
     on conflict (tenant) do update set xid = excluded.xid, position = excluded.position where (m.xid, m.position) < (excluded.xid, excluded.position)`,
    [tenant, xid, position],
  );
  return rowCount === 1;
}

/** Inside a transaction: whether the feed has handed this event out; the mark stays where it is until the commit. */
export async function wasFed(db: Db, tenant: string, eventId: string): Promise<boolean> {
  await db.query(`insert into feed_mark (tenant, xid, position) values ($1, '0', 0) on conflict do nothing`, [tenant]);
  const { rows } = await db.query<{ fed: boolean }>(
    `with mark as (select xid, position from feed_mark where tenant = $1 for update)
     select (e.xid, e.position) <= (mark.xid, mark.position) as fed from event e, mark where e.tenant = $1 and e.id = $2`,
    [tenant, eventId],
  );
  return rows[0]?.fed === true;
}
