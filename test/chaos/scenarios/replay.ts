/**
 * 50,000 dead letters are replayed by jobs beside live traffic to the same endpoint: what is live takes no longer, no order is turned
 * round, a job that is cancelled moves nothing more, and a gateway that is killed loses nothing of it.
 *
 * Five interleaved pairs without and with a job, each ended by cancelling it; then the rest, as fast as it goes, with a kill.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelReplayJob, createReplayJob, findReplayJob, REPLAY_RATE } from '../../../src/pipeline/replay-job.ts';
import { misplacedDeliveries } from '../../../src/store/order-keys.ts';
import type { ReplayFilter } from '../../../src/store/replay-jobs.ts';
import { handIn } from '../../support/gateway.ts';
import { conclude, crewIsUp, warmUp } from '../conclude.ts';
import { copyDeadLetter } from '../dead-letters.ts';
import { documentOf } from '../documents.ts';
import { startFeed } from '../feed.ts';
import { faultsOf, promiseOf } from '../invariants.ts';
import { latencies, medianRatio, nextSpan, p95, type Span, takenAt } from '../latency.ts';
import type { Receipt } from '../receipt.ts';
import { type ChaosSite, openSite } from '../site.ts';
import type { ScenarioOptions, ScenarioResult } from './scenario.ts';

const GATEWAYS = 2;
const PAIRS = 5;
const PER_SECOND = 12;
const MOST_RATIO = 1.25;
const DEAD = 50_000;
const REPLAYED = 'omega';
const FILTER: ReplayFilter = { state: 'dead', partner: REPLAYED };
const by = { actor: 'chaos', reason: 'the endpoint is mended' };
/** Items a second, for the rest; beside what is measured it is the rate that a job has unless somebody says otherwise. */
const FAST = 2_000;

export async function replay({ seconds = 20, logs, say }: ScenarioOptions): Promise<ScenarioResult> {
  const site = await openSite({
    endpoints: [{ name: 'erp' }],
    partners: [
      { name: 'acme', door: 'hand' },
      { name: 'borealis', door: 'hand' },
      { name: REPLAYED, door: 'hand', share: 0 },
    ],
    gateways: GATEWAYS,
    logs,
  });
  const { gateway } = site.office;
  try {
    site.crew.start();
    await crewIsUp(site);
    const copies = await makeDeadLetters(site);
    say(`${copies.dead} dead letters, ${copies.waiting} events wait behind them`);
    const feed = startFeed({ seed: 1, suppliers: site.suppliers, perSecond: PER_SECOND, orders: 400, office: site.office });
    await warmUp(site);
    const spans: { without: Span; beside: Span }[] = [];
    const faults: string[] = [];
    let replayed = 0;
    for (let pair = 0; pair < PAIRS; pair++) {
      const without = await nextSpan(seconds);
      const job = await createReplayJob(gateway, { filter: FILTER, mode: 'resend', rate: REPLAY_RATE.default }, by);
      const beside = await nextSpan(seconds);
      const cancelled = await cancelReplayJob(gateway, job.id, by);
      await sleep(1_500);
      const later = await findReplayJob(gateway, job.id);
      if (cancelled.replayed === 0) faults.push(`the job of pair ${pair + 1} replayed nothing`);
      if (later?.state !== 'cancelled' || later.replayed !== cancelled.replayed) faults.push('a job moved on after it was cancelled');
      replayed += cancelled.replayed;
      spans.push({ without, beside });
      await unfinishedGone(site);
      say(`pair ${pair + 1} of ${PAIRS} is measured, ${replayed} replayed`);
    }
    const rest = await createReplayJob(gateway, { filter: FILTER, mode: 'resend', rate: FAST }, by);
    const kills = await killWhile(site, async () => (await findReplayJob(gateway, rest.id))?.replayed ?? 0);
    await ended(async () => (await findReplayJob(gateway, rest.id))?.state, say);
    await feed.stop();
    const done = await findReplayJob(gateway, rest.id);
    replayed += done?.replayed ?? 0;
    const { figures, receipts } = await conclude(site, feed, say);
    const taken = takenAt(receipts);
    const time = (span: Span) => p95(latencies(feed.fed, taken, 'erp', span));
    const without = spans.map((span) => time(span.without));
    const beside = spans.map((span) => time(span.beside));
    const ratio = medianRatio(without, beside);
    const copiesTaken = takenCopies(receipts);
    if (!(ratio <= MOST_RATIO)) faults.push(`the median ratio is ${ratio}, at most ${MOST_RATIO} is allowed`);
    if (done?.state !== 'done') faults.push(`the last job is ${done?.state}`);
    // The one that really died is among them.
    if (replayed !== copies.dead + 1) faults.push(`expected ${copies.dead + 1} to be replayed, found ${replayed}`);
    if (copiesTaken.events !== copies.dead + copies.waiting)
      faults.push(`expected ${copies.dead + copies.waiting} to be taken, found ${copiesTaken.events}`);
    if (copiesTaken.outOfOrder > 0) faults.push(`${copiesTaken.outOfOrder} orders were turned round`);
    if (kills === 0) faults.push('nobody was killed');
    return {
      figures: {
        p95WithoutMs: without,
        p95BesideMs: beside,
        ratio,
        replayed,
        kills,
        taken: copiesTaken.events,
        ordersTurnedRound: copiesTaken.outOfOrder,
        ...promiseOf(figures),
        unclaimed: figures.unclaimed,
      },
      faults: [...faultsOf(figures), ...faults],
    };
  } finally {
    await site.close();
  }
}

/** One document is refused for good, as it would be; the others are its copies. */
async function makeDeadLetters(site: ChaosSite) {
  const { database, tenant } = site.office.gateway;
  site.receiver.behave('erp', 'reject');
  await handIn(site.office, REPLAYED, documentOf(REPLAYED, 1, '855', ['PO-1']).text);
  await ended(async () => ((await database.query(`select 1 from delivery where state = 'dead'`)).rowCount === 1 ? 'done' : 'running'));
  site.receiver.behave('erp', 'healthy');
  const copies = await copyDeadLetter(database, REPLAYED, DEAD);
  const misplaced = await misplacedDeliveries(database, tenant);
  if (misplaced.length > 0) throw new Error(`${misplaced.length} copies stand where no real dead letter would`);
  return copies;
}

async function unfinishedGone(site: ChaosSite): Promise<void> {
  const { database } = site.office.gateway;
  const open = `select 1 from delivery where replay_job is not null and state in ('pending', 'queued', 'in_flight', 'retry_wait') limit 1`;
  await ended(async () => ((await database.query(open)).rowCount === 0 ? 'done' : 'running'));
}

/** Kills each gateway in turn once the job has moved on: one of them is the one that works it off. */
async function killWhile(site: ChaosSite, replayed: () => Promise<number>): Promise<number> {
  let kills = 0;
  for (let gateway = 0; gateway < GATEWAYS; gateway++) {
    const before = await replayed();
    const deadline = performance.now() + 60_000;
    while ((await replayed()) < before + 500 && performance.now() < deadline) await sleep(100);
    site.crew.member(gateway).kill();
    kills++;
    await sleep(2_000);
  }
  return kills;
}

const PATIENCE_MS = 1_800_000;

async function ended(state: () => Promise<string | undefined>, say: (line: string) => void = () => {}): Promise<void> {
  const began = performance.now();
  for (let n = 1; (await state()) === 'running'; n++) {
    if (performance.now() - began > PATIENCE_MS) throw new Error('it does not end');
    if (n % 100 === 0) say(`still running after ${Math.round((performance.now() - began) / 1000)} s`);
    await sleep(200);
  }
}

/** The copies' own record: their documents are one, so that arrival does not tell them apart; their sequence does. */
function takenCopies(receipts: readonly Receipt[]): { events: number; outOfOrder: number } {
  const first = new Map<string, string[]>();
  const events = new Set<string>();
  for (const { eventId, orderKeys, sequence, taken } of receipts) {
    const [key = ''] = orderKeys;
    if (!key.startsWith(`${REPLAYED}/po/COPY-`)) continue;
    if (taken) events.add(eventId);
    const seen = first.get(key) ?? [];
    first.set(key, seen);
    if (!seen.includes(sequence)) seen.push(sequence);
  }
  const turned = [...first.values()].filter((seen) => seen.some((sequence, i) => sequence < (seen[i - 1] ?? '')));
  return { events: events.size, outOfOrder: turned.length };
}
