/**
 * Lanes: the lease under which one worker translates a partner's messages, and the one under which one poller reads a drop.
 *
 * A lane's generation fences hints, its token fences commits: a worker that paused past its lease cannot publish.
 */
import { randomUUID } from 'node:crypto';
import type { Db } from './database.ts';

export interface LaneHint {
  readonly partner: string;
  readonly generation: number;
  /** Its next message is a large one. */
  readonly large: boolean;
}

/** How many lanes may be handed out now, by the size of their next message. */
export interface LaneRoom {
  readonly small: number;
  readonly large: number;
  /** A message of more bytes is large. */
  readonly largeBytes: number;
}

/** How long a hint may stay untaken (its taker may have died before it claimed the lane) before the partner gets a new one. */
const HINT_LIFE = `interval '20 seconds'`;

/** Partners with a due message that nobody translates and nobody was told of; each gets a new generation. Those for which there is no room wait unhinted. */
export async function hintDueLanes(db: Db, tenant: string, room: LaneRoom): Promise<LaneHint[]> {
  const due = (size: string, limit: string) => `
       select l.tenant, l.partner from partner_lane l cross join lateral (
         select m.next_attempt_at, m.size from message m
         where m.tenant = l.tenant and m.partner = l.partner and m.state = 'received' order by m.arrival limit 1
       ) head
       where l.tenant = $1 and l.hinted_until < now() and l.lease_until < now() and head.next_attempt_at <= now() and head.size ${size} $4
       order by l.hinted_until limit ${limit} for update of l skip locked`;
  const { rows } = await db.query<LaneHint>(
    `with small as (${due('<=', '$2')}), large as (${due('>', '$3')}),
     due as (select *, false as large from small union all select *, true from large)
     update partner_lane l set generation = l.generation + 1, hinted_until = now() + ${HINT_LIFE}
     from due where l.tenant = due.tenant and l.partner = due.partner
     returning l.partner, l.generation, due.large`,
    [tenant, room.small, room.large, room.largeBytes],
  );
  return rows;
}

/** Forgets every hint: the queue that carried them was emptied. */
export async function forgetLaneHints(db: Db, tenant: string): Promise<void> {
  await db.query(`update partner_lane set hinted_until = '-infinity' where tenant = $1 and lease_until < now()`, [tenant]);
}

/** Takes the lane; undefined when the hint is stale or another worker holds it. */
export async function claimLane(
  db: Db,
  tenant: string,
  hint: Pick<LaneHint, 'partner' | 'generation'>,
  leaseMs: number,
): Promise<string | undefined> {
  const token = randomUUID();
  const { rowCount } = await db.query(
    `update partner_lane set lease_token = $4, lease_until = now() + $5 * interval '1 millisecond'
     where tenant = $1 and partner = $2 and generation = $3 and lease_until < now()`,
    [tenant, hint.partner, hint.generation, token, leaseMs],
  );
  return rowCount === 1 ? token : undefined;
}

/** For a change beside T2: nothing of this partner's is published between this and the commit. Needs no lease: T2 decides under its fence. */
export async function lockLane(db: Db, tenant: string, partner: string): Promise<void> {
  await db.query('select 1 from partner_lane where tenant = $1 and partner = $2 for update', [tenant, partner]);
}

/** Inside T2: holds the lane's row until the commit and extends the lease. False: the lane was lost, roll back. */
export async function fenceLane(db: Db, tenant: string, partner: string, token: string, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update partner_lane set lease_until = now() + $4 * interval '1 millisecond' where tenant = $1 and partner = $2 and lease_token = $3`,
    [tenant, partner, token, leaseMs],
  );
  return rowCount === 1;
}

export async function releaseLane(db: Db, tenant: string, partner: string, token: string): Promise<void> {
  await db.query(
    `update partner_lane set lease_token = null, lease_until = '-infinity', hinted_until = '-infinity'
     where tenant = $1 and partner = $2 and lease_token = $3`,
    [tenant, partner, token],
  );
}

/** For a gateway that has its database to itself: whatever lease is left belongs to a process that is gone. */
export async function expireLeases(db: Db, tenant: string): Promise<void> {
  await db.query(`update partner_lane set lease_until = '-infinity', hinted_until = '-infinity' where tenant = $1`, [tenant]);
  await db.query('delete from drop_lease where tenant = $1', [tenant]);
  await db.query(`update delivery set lease_until = now() where tenant = $1 and state = 'in_flight'`, [tenant]);
  await db.query(`update delivery set queued_until = now() where tenant = $1 and state = 'queued'`, [tenant]);
}

/** Takes or renews the lease on a drop. False: another poller has it. */
export async function leaseDrop(db: Db, tenant: string, name: string, token: string, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into drop_lease as d (tenant, name, lease_token, lease_until) values ($1, $2, $3, now() + $4 * interval '1 millisecond')
     on conflict (tenant, name) do update set lease_token = $3, lease_until = excluded.lease_until
     where d.lease_token = $3 or d.lease_until < now()`,
    [tenant, name, token, leaseMs],
  );
  return rowCount === 1;
}

export async function releaseDrop(db: Db, tenant: string, name: string, token: string): Promise<void> {
  await db.query('delete from drop_lease where tenant = $1 and name = $2 and lease_token = $3', [tenant, name, token]);
}
