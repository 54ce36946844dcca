/**
 * How a replay job moves on: a batch of items and the cursors of their lanes, in one transaction.
 *
 * The job's row is locked first. So two workers cannot move the same items, and a job that was cancelled moves nothing more.
 */
import type { Db } from './database.ts';

export interface LockedJob {
  readonly id: string;
  readonly mode: string;
  readonly state: 'dead' | 'skipped' | 'succeeded';
  readonly outOfOrder: boolean;
  readonly createdBy: string;
  readonly reason: string | null;
  /** How many items its rate allows now: what it did not use of the last second. */
  readonly allowance: number;
}

/** Oldest first. */
export async function runningJobs(db: Db, tenant: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(`select id from replay_job where tenant = $1 and state = 'running' order by created_at, id`, [
    tenant,
  ]);
  return rows.map((row) => row.id);
}

/** Locks a job until the commit; undefined when it has ended. */
export async function lockJob(db: Db, tenant: string, id: string): Promise<LockedJob | undefined> {
  const { rows } = await db.query<LockedJob>(
    `select id, mode, filter->>'state' as state, out_of_order as "outOfOrder", created_by as "createdBy", reason,
            floor(rate * least(1, extract(epoch from clock_timestamp() - moved_at)))::int as allowance
     from replay_job where tenant = $1 and id = $2 and state = 'running' for no key update`,
    [tenant, id],
  );
  return rows[0];
}

export interface Item {
  readonly n: number;
  readonly stage: 'deliver' | 'translate' | 'receive' | 'document';
  readonly id: string;
}

export async function nextItems(db: Db, job: string, lane: string, limit: number): Promise<Item[]> {
  const { rows } = await db.query<Item>(
    `select i.n, i.stage, i.item_id as id from replay_lane l join replay_item i on i.job_id = l.job_id and i.lane = l.lane and i.n > l.done
     where l.job_id = $1 and l.lane = $2 order by i.n limit $3`,
    [job, lane, limit],
  );
  return rows;
}

export interface Moved {
  readonly replayed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly problems: readonly { readonly id: string; readonly code: string; readonly message: string }[];
}

const KEPT_PROBLEMS = 20;

/** Moves a lane's cursor up to `upTo` and counts what was done. Throws when another moved it: nothing of it is committed then. */
export async function advance(db: Db, job: string, lane: string, from: number, upTo: number, moved: Moved): Promise<void> {
  const { rowCount } = await db.query('update replay_lane set done = $4 where job_id = $1 and lane = $2 and done = $3', [job, lane, from, upTo]);
  if (rowCount !== 1) throw new Error(`the cursor of ${lane} in replay ${job} is not at ${from}`);
  await db.query(
    `update replay_job set replayed = replayed + $2, skipped = skipped + $3, failed = failed + $4,
       moved_at = greatest(moved_at, clock_timestamp() - interval '1 second') + ($5::int * interval '1 second') / rate,
       problems = case when $6::jsonb = '[]' then problems else (
         select jsonb_agg(p order by n) from (
           select p, n from jsonb_array_elements(problems || $6::jsonb) with ordinality as e (p, n) order by n desc limit ${KEPT_PROBLEMS}
         ) kept
       ) end
     where id = $1`,
    [job, moved.replayed, moved.skipped, moved.failed, upTo - from, JSON.stringify(moved.problems)],
  );
}

/** Replayed by any running job and not yet at an end, for each endpoint. What waits for a far retry is no load. */
export async function unfinishedReplays(db: Db, tenant: string, endpoints: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ endpoint: string; n: number }>(
    `select d.endpoint, count(*) as n from replay_job j join delivery d on d.replay_job = j.id
     where j.tenant = $1 and j.state = 'running' and d.endpoint = any($2::text[])
       and (d.state in ('pending', 'queued', 'in_flight') or (d.state = 'retry_wait' and d.next_attempt_at < now() + interval '1 minute'))
     group by d.endpoint`,
    [tenant, endpoints],
  );
  return new Map(rows.map((row) => [row.endpoint, row.n]));
}

/** How many of the last items of a lane still wait for their translation. */
export async function untranslated(db: Db, job: string, lane: string, last: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from replay_lane l join replay_item i on i.job_id = l.job_id and i.lane = l.lane and i.n > l.done - $3 and i.n <= l.done
     left join document doc on doc.id = i.item_id left join message m on m.id = i.item_id
     where l.job_id = $1 and l.lane = $2 and (doc.state = 'retrying' or m.state = 'received')`,
    [job, lane, last],
  );
  return rows[0]?.n ?? 0;
}
