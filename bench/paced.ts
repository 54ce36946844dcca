/** How a benchmark drives both sides: in turns, so that a machine whose speed drifts slows both alike, as fast as it can and at a pace. */
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './measure.ts';
import type { RawCarrier } from './raw-bullmq.ts';
import type { Site } from './site.ts';

export interface Side {
  /** So many a second, as fast as it can. */
  rate(): Promise<number>;
  /** Milliseconds, at a pace. */
  p95(): Promise<number>;
}

export interface Rounds {
  readonly rates: number[];
  readonly p95s: number[];
}

export async function inTurns(rounds: number, sides: { theirs: Side; ours: Side }): Promise<{ theirs: Rounds; ours: Rounds }> {
  const theirs: Rounds = { rates: [], p95s: [] };
  const ours: Rounds = { rates: [], p95s: [] };
  for (let round = 0; round < rounds; round++) {
    theirs.rates.push(await sides.theirs.rate());
    ours.rates.push(await sides.ours.rate());
    theirs.p95s.push(await sides.theirs.p95());
    ours.p95s.push(await sides.ours.p95());
  }
  return { theirs, ours };
}

/** So many a second, whether or not those before have ended. */
export async function atPace<Sent>(count: number, perSecond: number, send: () => Promise<Sent>): Promise<Promise<Sent>[]> {
  const sent: Promise<Sent>[] = [];
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const due = began + (i * 1000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    sent.push(send());
  }
  return sent;
}

/** Answers a second until `count` more of them came. */
export async function answerRate(site: Site, count: number, send: () => Promise<void>): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const began = performance.now();
  await send();
  await site.endpoint.reached(before + count);
  return (count / (performance.now() - began)) * 1000;
}

/** From the moment that `send` has committed to the endpoint's answer, milliseconds. `send` gives the id that the endpoint sees, perhaps later. */
export async function pacedP95(site: Site, count: number, perSecond: number, send: () => Promise<string | (() => Promise<string>)>): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const sent = await atPace(count, perSecond, () => send().then((id) => ({ id, at: performance.timeOrigin + performance.now() })));
  await site.endpoint.reached(before + count);
  const times: number[] = [];
  for (const { id, at } of await Promise.all(sent)) times.push(answerTime(site, typeof id === 'string' ? id : await id(), at));
  return percentile(times, 0.95);
}

/** Milliseconds from `at` until the endpoint answered `id`; the clocks of two processes may differ by a little. */
export function answerTime(site: Site, id: string, at: number): number {
  const answeredAt = site.endpoint.answeredAt.get(id);
  if (answeredAt === undefined) throw new Error('a document was answered under another id');
  return Math.max(0, answeredAt - at);
}

/** BullMQ alone. */
export const rawSide = (raw: RawCarrier, site: Site, load: { jobs: number; paced: number; perSecond: number }): Side => ({
  rate: () => answerRate(site, load.jobs, () => raw.sendMany(load.jobs)),
  p95: () => pacedP95(site, load.paced, load.perSecond, () => raw.send()),
});
