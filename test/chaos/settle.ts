/** After the faults: everything is mended, what was parked is resumed, what died is replayed, and the run waits until nothing is pending. */
import { setTimeout as sleep } from 'node:timers/promises';
import { unpauseEndpoint } from '../../src/pipeline/pause-endpoint.ts';
import { createReplayJob, listReplayJobs } from '../../src/pipeline/replay-job.ts';
import type { Feed } from './feed.ts';
import { BY } from './injector.ts';
import type { ChaosSite } from './site.ts';

export interface Backlog {
  readonly files: number;
  readonly messages: number;
  readonly deliveries: number;
  readonly dead: number;
  readonly parked: readonly string[];
  /** Given up for their age, so far: a replay makes PostgreSQL forget it. */
  readonly aged: readonly string[];
  /** Messages translated and deliveries ended so far: grows as long as anything moves. */
  readonly done: number;
}

const LOOK_MS = 1_000;
/** Another job for what died meanwhile, at most so often. */
const REPLAY_MS = 10_000;
const REPLAY_RATE = 1_000;

export async function heal(site: ChaosSite, endpoints: readonly string[]): Promise<void> {
  for (const endpoint of endpoints) site.receiver.behave(endpoint, 'healthy');
  await site.postgres.start();
  await site.redis.start();
  site.crew.heal();
}

/** Waits as long as something moves: `patienceMs` without progress, or `atMostMs` in all, end it. Returns what was left. */
export async function settle(
  site: ChaosSite,
  waiting: Feed['waiting'],
  say: (line: string) => void,
  { patienceMs = 150_000, atMostMs = 900_000 } = {},
): Promise<Backlog> {
  const began = performance.now();
  const aged = new Set<string>();
  let most = -1;
  let movedAt = began;
  let replayedAt = Number.NEGATIVE_INFINITY;
  let saidAt = began;
  for (;;) {
    const backlog = await look(site, waiting()).catch(() => undefined);
    const now = performance.now();
    if (backlog !== undefined) {
      for (const id of backlog.aged) aged.add(id);
      const left = backlog.files + backlog.messages + backlog.deliveries + backlog.dead;
      if (left === 0 && backlog.parked.length === 0) return { ...backlog, aged: [...aged] };
      if (backlog.done > most) {
        most = backlog.done;
        movedAt = now;
      }
      if (now - movedAt > patienceMs || now - began > atMostMs) return { ...backlog, aged: [...aged] };
      if (now - saidAt > 5_000) {
        saidAt = now;
        say(`settling: ${JSON.stringify(backlog)}`);
      }
      for (const endpoint of backlog.parked) await unpauseEndpoint(site.office.gateway, endpoint, BY);
      if (backlog.dead > 0 && now - replayedAt > REPLAY_MS) {
        replayedAt = now;
        await replayDead(site);
      }
    }
    await sleep(LOOK_MS);
  }
}

async function replayDead(site: ChaosSite): Promise<void> {
  const { gateway } = site.office;
  if ((await listReplayJobs(gateway)).some((job) => job.state === 'running')) return;
  await createReplayJob(gateway, { filter: { state: 'dead' }, mode: 'resend', rate: REPLAY_RATE }, BY);
}

export async function look(site: ChaosSite, files = 0): Promise<Backlog> {
  const { rows } = await site.office.gateway.database.query<Omit<Backlog, 'files'>>(
    `select (select count(*) from message where state = 'received') as messages,
            (select count(*) from delivery where state in ('pending', 'queued', 'in_flight', 'retry_wait')) as deliveries,
            (select count(*) from delivery where state = 'dead') as dead,
            (select count(*) from message where state <> 'received') + (select count(*) from delivery where state = 'succeeded') as done,
            (select coalesce(array_agg(id), '{}') from delivery where state = 'dead' and dead_reason = 'ERR_DELIVERY_EXPIRED') as aged,
            (select coalesce(array_agg(name), '{}') from endpoint where state <> 'active') as parked`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL said nothing');
  return { files, ...row };
}
