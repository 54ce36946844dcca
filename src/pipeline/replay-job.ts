/**
 * Bulk replay: what a filter would replay, and the job that does it.
 *
 * Making a job only writes it down, with the very things that it will replay; the control role works it off
 * (work-replay-jobs.ts), in whichever process that runs.
 */
import { GatewayError } from '../core/errors/errors.ts';
import { type Operator, writeAudit } from '../store/audit.ts';
import { type Db, inTransaction, sqlStateOf } from '../store/database.ts';
import {
  endJob,
  findJob,
  insertReplayJob,
  listJobs,
  type ReplayFilter,
  type ReplayJob,
  type ReplayJobDetail,
  type ReplayMode,
} from '../store/replay-jobs.ts';
import { countSelection } from '../store/replay-selection.ts';
import type { Gateway } from './gateway.ts';
import { diffReplay, type ReplayDiff } from './replay-diff.ts';

export interface ReplayCount {
  /** Of an endpoint or a partner. */
  readonly name: string;
  readonly count: number;
}

export interface ReplayCause {
  readonly stage: string;
  readonly fingerprint: string;
  /** Of one of them. */
  readonly reason: string;
  readonly count: number;
}

export interface ReplayPlan {
  readonly filter: ReplayFilter;
  readonly mode: ReplayMode;
  /** What a job made now would have as `planned`. */
  readonly total: number;
  /** How many of these are replayed only out of order: later documents of their orders may have gone ahead. */
  readonly outOfOrder: number;
  /** What goes through translation has no endpoint and is not among these. */
  readonly endpoints: readonly ReplayCount[];
  readonly partners: readonly ReplayCount[];
  /** The most frequent first. */
  readonly causes: readonly ReplayCause[];
  /** What retranslating would change, on a sample; null for a resend, which changes nothing. */
  readonly diff: ReplayDiff | null;
}

export interface ReplayRequest {
  readonly filter: ReplayFilter;
  readonly mode: ReplayMode;
  readonly outOfOrder?: boolean | undefined;
  /** Items a second, from 1 to 10,000; 20 if not said. */
  readonly rate?: number | undefined;
}

/** The default is measured: test/chaos/scenarios/replay.ts holds the delay of live traffic beside it to a quarter, on two cores. */
export const REPLAY_RATE = { default: 20, least: 1, most: 10_000 } as const;

/** A count that takes longer holds up the person who asks, and the database for all others. */
const COUNT_WITHIN_MS = 20_000;
const CREATE_WITHIN_MS = 60_000;
/** Each is a row: more than that is asked for in pieces, by time. */
const MOST_ITEMS = 1_000_000;
const MOST_CAUSES = 100;

/** What a job with this filter would replay, counted; changes nothing. Throws ERR_REPLAY_TOO_WIDE when counting takes too long. */
export async function planReplay(gateway: Gateway, filter: ReplayFilter, mode: ReplayMode): Promise<ReplayPlan> {
  const counts = await within(gateway, COUNT_WITHIN_MS, (db) => countSelection(db, gateway.tenant, filter, mode));
  const { total, closed, endpoints, partners, causes } = counts;
  const diff = mode === 'retranslate' ? await diffReplay(gateway, filter) : null;
  return { filter, mode, total, outOfOrder: closed, endpoints, partners, causes: causes.slice(0, MOST_CAUSES), diff };
}

/** Writes the job down, audited. Throws ERR_USAGE for a rate out of bounds and ERR_REPLAY_TOO_WIDE. */
export async function createReplayJob(gateway: Gateway, request: ReplayRequest, by: Operator): Promise<ReplayJobDetail> {
  const { tenant } = gateway;
  const { filter, mode, outOfOrder = false, rate = REPLAY_RATE.default } = request;
  if (!Number.isInteger(rate) || rate < REPLAY_RATE.least || rate > REPLAY_RATE.most)
    throw new GatewayError('ERR_USAGE', `rate: expected a whole number from ${REPLAY_RATE.least} to ${REPLAY_RATE.most}, found ${rate}`);
  return within(gateway, CREATE_WITHIN_MS, async (db) => {
    const id = await insertReplayJob(db, tenant, { mode, filter, rate, outOfOrder }, by);
    const job = await mustFind(db, tenant, id);
    if (job.planned > MOST_ITEMS) throw tooWide(`the filter leaves ${job.planned} things, a job takes ${MOST_ITEMS}`);
    await writeAudit(db, tenant, { ...by, action: 'replay.created', subject: id, after: summaryOf(job) });
    return job;
  });
}

export const findReplayJob = (gateway: Gateway, id: string): Promise<ReplayJobDetail | undefined> => findJob(gateway.database, gateway.tenant, id);

/** Newest first. */
export const listReplayJobs = (gateway: Gateway, limit = 100): Promise<ReplayJob[]> => listJobs(gateway.database, gateway.tenant, limit);

/** What was replayed stays so; nothing more is. Throws ERR_NOT_FOUND, or ERR_REPLAY_STATE when it had ended. */
export function cancelReplayJob(gateway: Gateway, id: string, by: Operator): Promise<ReplayJobDetail> {
  const { database, tenant } = gateway;
  return inTransaction(database, async (db) => {
    const cancelled = await endJob(db, tenant, id, 'cancelled');
    const job = await mustFind(db, tenant, id);
    if (!cancelled) throw new GatewayError('ERR_REPLAY_STATE', `replay ${id} is ${job.state} already`);
    await writeAudit(db, tenant, { ...by, action: 'replay.cancelled', subject: id, before: { state: 'running' }, after: summaryOf(job) });
    return job;
  });
}

async function mustFind(db: Db, tenant: string, id: string): Promise<ReplayJobDetail> {
  const job = await findJob(db, tenant, id);
  if (job === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no replay ${id}`, { hint: 'quayside replays list' });
  return job;
}

/** What the audit keeps of a job. */
export const summaryOf = ({ state, mode, filter, rate, outOfOrder, planned, replayed, skipped, failed }: ReplayJob): object => ({
  state,
  mode,
  filter,
  rate,
  outOfOrder,
  planned,
  replayed,
  skipped,
  failed,
});

async function within<T>(gateway: Gateway, ms: number, ask: (db: Db) => Promise<T>): Promise<T> {
  try {
    return await inTransaction(gateway.database, async (db) => {
      await db.query(`set local statement_timeout = ${ms}`);
      return ask(db);
    });
  } catch (thrown) {
    if (sqlStateOf(thrown) === QUERY_CANCELED) throw tooWide(`choosing took longer than ${ms / 1000} s`);
    throw thrown;
  }
}

const QUERY_CANCELED = '57014';

const tooWide = (message: string): GatewayError =>
  new GatewayError('ERR_REPLAY_TOO_WIDE', message, { hint: 'narrow the filter: by time, endpoint, partner or fingerprint' });
