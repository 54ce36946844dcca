/**
 * Bulk replay jobs: what was asked for, how far it is, what came of it.
 *
 * A job's items are written down when it is made, so that it replays exactly what was shown, whatever dies meanwhile. Each
 * endpoint of a job has a lane with a cursor of its own: one that stands holds up no other.
 */
import { randomUUID } from 'node:crypto';
import type { Operator } from './audit.ts';
import type { Db } from './database.ts';
import { selectionOf, selectionValues } from './replay-selection.ts';

export const REPLAY_STATES = ['dead', 'skipped', 'succeeded'] as const;
export const REPLAY_MODES = ['resend', 'retranslate'] as const;
export const JOB_STATES = ['running', 'done', 'cancelled', 'failed'] as const;

export type ReplayMode = (typeof REPLAY_MODES)[number];

/** "All" always means exactly what this leaves. */
export interface ReplayFilter {
  /** Of deliveries; `dead` also takes documents and messages that were given up before they were deliveries. */
  readonly state: (typeof REPLAY_STATES)[number];
  readonly partner?: string | undefined;
  readonly orderNumber?: string | undefined;
  readonly endpoint?: string | undefined;
  /** An event's name, such as `invoice.received`. */
  readonly event?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** When it ended: from here … */
  readonly since?: Date | undefined;
  /** … up to, but not including, here. */
  readonly until?: Date | undefined;
}

export interface ReplayProblem {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

export interface ReplayJob {
  readonly id: string;
  readonly mode: ReplayMode;
  readonly filter: ReplayFilter;
  /** Items a second. */
  readonly rate: number;
  readonly outOfOrder: boolean;
  readonly state: (typeof JOB_STATES)[number];
  readonly planned: number;
  readonly replayed: number;
  /** Changed meanwhile, or its place in the order is closed and `outOfOrder` was not given; a document of which nothing changes. */
  readonly skipped: number;
  readonly failed: number;
  /** The last ones. */
  readonly problems: readonly ReplayProblem[];
  readonly createdBy: string;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export interface ReplayLane {
  /** The endpoint's name; null for what goes through translation. */
  readonly endpoint: string | null;
  readonly planned: number;
  readonly done: number;
}

export interface ReplayJobDetail extends ReplayJob {
  readonly lanes: readonly ReplayLane[];
  /** What became of the deliveries that it moved. */
  readonly deliveries: { readonly open: number; readonly succeeded: number; readonly dead: number };
}

export interface NewReplayJob {
  readonly mode: ReplayMode;
  readonly filter: ReplayFilter;
  readonly rate: number;
  readonly outOfOrder: boolean;
}

/** The lanes of what goes through translation: none has an endpoint's name, which has no dot. */
export const TRANSLATION_LANES = { translate: 't2.again', document: 't2.retranslate' } as const;

export const isTranslationLane = (lane: string): boolean => Object.values<string>(TRANSLATION_LANES).includes(lane);

export const JOB_COLUMNS = `id, mode, filter, rate, out_of_order as "outOfOrder", state, planned, replayed, skipped, failed, problems,
  created_by as "createdBy", reason, created_at as "createdAt", ended_at as "endedAt"`;

/** Inside a transaction: the job, its lanes and its items, exactly those that the filter leaves at this moment. */
export async function insertReplayJob(db: Db, tenant: string, job: NewReplayJob, by: Operator): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into replay_job (id, tenant, mode, filter, rate, out_of_order, planned, created_by, reason) values ($1, $2, $3, $4, $5, $6, 0, $7, $8)`,
    [id, tenant, job.mode, JSON.stringify(job.filter), job.rate, job.outOfOrder, by.actor, by.reason ?? null],
  );
  await db.query(
    `insert into replay_item (job_id, lane, n, tenant, stage, item_id)
     select $9, lane, row_number() over (partition by lane order by at, rank, id), $1, stage, id
     from (select coalesce(endpoint, case stage when 'document' then $10 else $11 end) as lane, stage, id, at, rank
           from (${selectionOf(job.filter.state, job.mode)}) chosen) item`,
    [...selectionValues(tenant, job.filter), id, TRANSLATION_LANES.document, TRANSLATION_LANES.translate],
  );
  await db.query(
    `with lane as (
       insert into replay_lane (job_id, lane, tenant, planned)
       select job_id, lane, $2, count(*) from replay_item where job_id = $1 group by job_id, lane returning planned
     )
     update replay_job set planned = (select coalesce(sum(planned), 0) from lane) where id = $1`,
    [id, tenant],
  );
  return id;
}

/** Newest first. */
export async function listJobs(db: Db, tenant: string, limit: number): Promise<ReplayJob[]> {
  const { rows } = await db.query<ReplayJob>(`select ${JOB_COLUMNS} from replay_job where tenant = $1 order by created_at desc, id limit $2`, [
    tenant,
    limit,
  ]);
  return rows.map(withDates);
}

export async function findJob(db: Db, tenant: string, id: string): Promise<ReplayJobDetail | undefined> {
  const { rows } = await db.query<ReplayJob>(`select ${JOB_COLUMNS} from replay_job where tenant = $1 and id = $2`, [tenant, id]);
  const job = rows[0];
  if (job === undefined) return undefined;
  const lanes = await lanesOf(db, id);
  const deliveries = await db.query<{ open: number; succeeded: number; dead: number }>(
    `select count(*) filter (where state in ('pending', 'queued', 'in_flight', 'retry_wait')) as open,
            count(*) filter (where state = 'succeeded') as succeeded, count(*) filter (where state = 'dead') as dead
     from delivery where replay_job = $1`,
    [id],
  );
  return {
    ...withDates(job),
    lanes: lanes.map(({ lane, ...counts }) => ({ endpoint: isTranslationLane(lane) ? null : lane, ...counts })),
    deliveries: deliveries.rows[0] ?? { open: 0, succeeded: 0, dead: 0 },
  };
}

export async function lanesOf(db: Db, id: string): Promise<{ lane: string; planned: number; done: number }[]> {
  const { rows } = await db.query<{ lane: string; planned: number; done: number }>(
    'select lane, planned, done from replay_lane where job_id = $1 order by lane',
    [id],
  );
  return rows;
}

/** JSON has no dates. */
function withDates<J extends ReplayJob>(job: J): J {
  const { since, until, ...filter } = job.filter as Omit<ReplayFilter, 'since' | 'until'> & { since?: unknown; until?: unknown };
  return {
    ...job,
    filter: {
      ...filter,
      ...(since !== undefined && { since: new Date(String(since)) }),
      ...(until !== undefined && { until: new Date(String(until)) }),
    },
  };
}

/** Ends a job that runs. False: it had ended. */
export async function endJob(db: Db, tenant: string, id: string, state: 'done' | 'cancelled' | 'failed'): Promise<boolean> {
  const { rowCount } = await db.query(`update replay_job set state = $3, ended_at = now() where tenant = $1 and id = $2 and state = 'running'`, [
    tenant,
    id,
    state,
  ]);
  return rowCount === 1;
}
