/** Replay jobs a page at a time, of the partners that whoever asks may see: a job without a partner in its filter is about all of them. */
import type { Db } from './database.ts';
import { instantOf, microsOf } from './exact-time.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';
import { JOB_COLUMNS, type ReplayJob } from './replay-jobs.ts';

export interface ReplayJobPlace {
  /** Microseconds since 1970. */
  readonly createdAt: number;
  readonly id: string;
}

/** The newest first. One more than `limit` tells that there are more. The times of a filter are text, as they were stored. */
export async function pageOfReplayJobs(
  db: Db,
  tenant: string,
  partners: readonly string[] | undefined,
  after: ReplayJobPlace | undefined,
  limit: number,
): Promise<(ReplayJob & { readonly place: ReplayJobPlace })[]> {
  const { rows } = await db.query<ReplayJob & { exact: number }>(
    `select ${JOB_COLUMNS}, ${microsOf('created_at')} as exact
     from replay_job
     where tenant = $1 and ${inPartners("filter->>'partner'", '$2')}
       and ($3::bigint is null or created_at < ${instantOf('$3')} or (created_at = ${instantOf('$3')} and id > $4::uuid))
     order by created_at desc, id limit $5`,
    [tenant, valueOfPartners(partners), after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(({ exact, ...job }) => ({ ...job, place: { createdAt: exact, id: job.id } }));
}
