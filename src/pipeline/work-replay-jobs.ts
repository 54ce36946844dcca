/**
 * Works off replay jobs, batch by batch: the items and the cursor move in one transaction, so that a kill at any point
 * neither loses nor doubles anything, and whoever comes next goes on from there.
 *
 * Live traffic goes first: besides its rate a job moves on, for each endpoint, only while few of its deliveries are
 * unfinished there. A dead delivery keeps its place, so no order changes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asGatewayError } from '../core/errors/errors.ts';
import { lastError } from '../core/problem.ts';
import { type Operator, writeAudit } from '../store/audit.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { endJob, findJob, isTranslationLane, lanesOf, TRANSLATION_LANES } from '../store/replay-jobs.ts';
import {
  advance,
  type Item,
  type LockedJob,
  lockJob,
  type Moved,
  nextItems,
  runningJobs,
  unfinishedReplays,
  untranslated,
} from '../store/replay-progress.ts';
import { copyEndedOnes, replayDeadOnes, replayDocuments, replayMessages } from '../store/replays.ts';
import type { Gateway } from './gateway.ts';
import { summaryOf } from './replay-job.ts';
import { retranslate } from './retranslate.ts';

const TICK_MS = 50;
const BATCH_ITEMS = 500;
/** Replayed and unfinished deliveries at an endpoint, in windows of it: enough that it never runs dry between two batches. */
const WINDOWS = 4;
/** Documents of a job in translation at a time: a partner's new documents wait behind them. */
const TRANSLATING = 50;
/** Batches in a row that may fail by a fault of ours before the job is given up. */
const MAX_FAULTS = 5;

/** What the control role runs, under the lease `task/replay`. */
export const replayTask = (gateway: Gateway) => {
  const faults = new Map<string, number>();
  return { name: 'replay', everyMs: 1000, run: (signal: AbortSignal) => workReplayJobs(gateway, faults, signal) };
};

/** Returns when no job is left, or soon after the signal. */
async function workReplayJobs(gateway: Gateway, faults: Map<string, number>, signal: AbortSignal): Promise<void> {
  const { database, tenant } = gateway;
  for (;;) {
    const jobs = await runningJobs(database, tenant);
    if (jobs.length === 0) return;
    for (const id of jobs) {
      if (signal.aborted) return;
      try {
        await workJob(gateway, id, signal);
        faults.delete(id);
      } catch (thrown) {
        await countFault(gateway, id, thrown, faults);
      }
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => {});
  }
}

/** One batch of every lane that has room, and as many documents as the rate allows. */
async function workJob(gateway: Gateway, id: string, signal: AbortSignal): Promise<void> {
  const { database, tenant, context } = gateway;
  const moved = await inTransaction(database, async (db) => {
    const job = await lockJob(db, tenant, id);
    if (job === undefined || job.allowance === 0) return [];
    await commitWithoutWaiting(db);
    const lanes = await roomyLanes(gateway, db, job);
    if (lanes === 'none left') {
      await finish(gateway, db, id, 'done');
      return [];
    }
    let { allowance } = job;
    const touched: string[] = [];
    for (const [i, { lane, done, room }] of lanes.entries()) {
      const take = Math.min(Math.ceil(allowance / (lanes.length - i)), room, BATCH_ITEMS);
      // Documents are retranslated one by one, each in a transaction of its own.
      if (lane === TRANSLATION_LANES.document) touched.push(lane);
      if (take === 0 || lane === TRANSLATION_LANES.document) continue;
      const items = await nextItems(db, id, lane, take);
      await advance(db, id, lane, done, done + items.length, await move(db, tenant, job, items));
      allowance -= items.length;
      touched.push(lane);
    }
    if (touched.length > 0) context.failpoint('replay.batch');
    return touched;
  });
  if (moved.some((lane) => !isTranslationLane(lane))) gateway.nudge('deliver');
  if (moved.includes(TRANSLATION_LANES.translate)) gateway.nudge('translate');
  if (moved.includes(TRANSLATION_LANES.document)) await retranslateSome(gateway, id, signal);
}

/** A batch that a crash of PostgreSQL takes back was not done: the cursor is where it was, and nobody was told anything before a later commit was kept. */
const commitWithoutWaiting = (db: Db): Promise<unknown> => db.query('set local synchronous_commit = off');

interface RoomyLane {
  readonly lane: string;
  readonly done: number;
  readonly room: number;
}

/** The lanes that are not through and may move on now. An endpoint that was retired meanwhile has no window; what was its is elsewhere or given up. */
async function roomyLanes(gateway: Gateway, db: Db, job: LockedJob): Promise<RoomyLane[] | 'none left'> {
  const lanes = (await lanesOf(db, job.id)).filter(({ planned, done }) => done < planned);
  if (lanes.length === 0) return 'none left';
  const unfinished = await unfinishedReplays(
    db,
    gateway.tenant,
    lanes.map(({ lane }) => lane),
  );
  const roomy: RoomyLane[] = [];
  for (const { lane, done } of lanes) {
    const room = isTranslationLane(lane)
      ? TRANSLATING - (await untranslated(db, job.id, lane, BATCH_ITEMS))
      : WINDOWS * (gateway.catalog().endpoints.get(lane)?.maxInFlight ?? 1) - (unfinished.get(lane) ?? 0);
    if (room > 0) roomy.push({ lane, done, room });
  }
  return roomy;
}

/** What is not in the state any more that it was chosen in, or must not go out of order, is skipped. */
async function move(db: Db, tenant: string, job: LockedJob, items: readonly Item[]): Promise<Moved> {
  const idsOf = (stage: Item['stage']) => items.filter((item) => item.stage === stage).map((item) => item.id);
  const [deliveries, documents, messages] = [idsOf('deliver'), idsOf('translate'), idsOf('receive')];
  let replayed = 0;
  if (deliveries.length > 0) {
    if (job.state === 'dead') replayed += (await replayDeadOnes(db, tenant, deliveries, { outOfOrder: job.outOfOrder, job: job.id })).length;
    else if (job.state === 'succeeded' || job.outOfOrder) replayed += (await copyEndedOnes(db, tenant, deliveries, [job.state], job.id)).length;
  }
  if (documents.length > 0) replayed += (await replayDocuments(db, tenant, documents)).length;
  if (messages.length > 0) replayed += (await replayMessages(db, tenant, messages)).length;
  return { replayed, skipped: items.length - replayed, failed: 0, problems: [] };
}

/**
 * Retranslates documents one by one: each is a transaction of its own, and the cursor follows it. A kill in between does one
 * document again, which then equals what stands and changes nothing.
 */
async function retranslateSome(gateway: Gateway, id: string, signal: AbortSignal): Promise<void> {
  const { database, tenant } = gateway;
  const lane = TRANSLATION_LANES.document;
  const work = await inTransaction(database, async (db) => {
    const job = await lockJob(db, tenant, id);
    if (job === undefined) return undefined;
    const room = TRANSLATING - (await untranslated(db, id, lane, BATCH_ITEMS));
    return { job, items: await nextItems(db, id, lane, Math.max(0, Math.min(job.allowance, room))) };
  });
  if (work === undefined) return;
  const by = { actor: work.job.createdBy, reason: work.job.reason ?? `replay ${id}` };
  for (const item of work.items) {
    if (signal.aborted) return;
    const moved = await retranslateOne(gateway, item.id, by);
    const goesOn = await inTransaction(database, async (db) => {
      await advance(db, id, lane, item.n - 1, item.n, moved);
      return (await lockJob(db, tenant, id)) !== undefined;
    });
    if (!goesOn) return;
  }
}

async function retranslateOne(gateway: Gateway, documentId: string, by: Operator): Promise<Moved> {
  try {
    const { outcome, problems } = await retranslate(gateway, documentId, by);
    if (outcome === 'replaced' || outcome === 'revised') return { replayed: 1, skipped: 0, failed: 0, problems: [] };
    if (outcome === 'unchanged') return { replayed: 0, skipped: 1, failed: 0, problems: [] };
    const worst = lastError(problems);
    return failed({
      id: documentId,
      code: worst?.code ?? 'ERR_INTERNAL',
      message: worst?.message ?? 'it was not translated, and no problem says why',
    });
  } catch (thrown) {
    const error = asGatewayError(thrown);
    if (error.code.startsWith('ERR_STORE_')) throw thrown;
    return failed({ id: documentId, code: error.code, message: error.message });
  }
}

const failed = (problem: Moved['problems'][number]): Moved => ({ replayed: 0, skipped: 0, failed: 1, problems: [problem] });

/** A store that is away costs a job nothing; a batch that fails again and again ends it, so that it does not hide. */
async function countFault(gateway: Gateway, id: string, thrown: unknown, faults: Map<string, number>): Promise<void> {
  const error = asGatewayError(thrown);
  if (error.code.startsWith('ERR_STORE_')) throw thrown;
  const count = (faults.get(id) ?? 0) + 1;
  faults.set(id, count);
  gateway.context.log.error({ replay: id, err: thrown, count }, 'a batch of a replay failed and was rolled back');
  if (count < MAX_FAULTS) return;
  faults.delete(id);
  await inTransaction(gateway.database, (db) => finish(gateway, db, id, 'failed', error.line()));
}

async function finish(gateway: Gateway, db: Db, id: string, state: 'done' | 'failed', reason?: string): Promise<void> {
  const { tenant, worker, context } = gateway;
  if (!(await endJob(db, tenant, id, state))) return;
  const job = await findJob(db, tenant, id);
  if (job === undefined) return;
  await writeAudit(db, tenant, {
    actor: `gateway:${worker}`,
    action: 'replay.ended',
    subject: id,
    reason,
    before: { state: 'running' },
    after: summaryOf(job),
  });
  context.log.info({ replay: id, state, replayed: job.replayed, skipped: job.skipped, failed: job.failed }, 'replay ended');
}
