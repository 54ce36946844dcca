/** How long documents took from the commit that their source was told of to an endpoint's 2xx. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile, rounded } from '../../bench/measure.ts';
import { controlText } from './documents.ts';
import type { Fed } from './feed.ts';
import type { Receipt } from './receipt.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Wall clock with the resolution of the monotonic one: the same for all processes of a machine. */
export const clock = (): number => performance.timeOrigin + performance.now();

const SETTLE_MS = 3_000;

/** The next span of that length, once what came before has settled. */
export async function nextSpan(seconds: number): Promise<Span> {
  await sleep(SETTLE_MS);
  const fromMs = clock();
  await sleep(seconds * 1000);
  return { fromMs, toMs: clock() };
}

/** When each endpoint took each document first. */
export function takenAt(receipts: readonly Receipt[]): Map<string, number> {
  const taken = new Map<string, number>();
  for (const receipt of receipts) {
    const name = `${receipt.endpoint} ${receipt.arrival.partner} ${receipt.arrival.control}`;
    if (receipt.taken && !taken.has(name)) taken.set(name, receipt.atMs);
  }
  return taken;
}

/** Milliseconds of each document that was committed in the span and that this endpoint wants; infinite where it was never taken. */
export function latencies(fed: readonly Fed[], taken: ReadonlyMap<string, number>, endpoint: string, { fromMs, toMs }: Span): number[] {
  return fed.flatMap(({ document, acknowledgedAtMs }) => {
    if (acknowledgedAtMs === undefined || acknowledgedAtMs < fromMs || acknowledgedAtMs > toMs) return [];
    const at = taken.get(`${endpoint} ${document.partner} ${controlText(document.control)}`) ?? Number.POSITIVE_INFINITY;
    return [Math.max(0, at - acknowledgedAtMs)];
  });
}

export const p95 = (values: readonly number[]): number => Math.round(percentile(values, 0.95) * 10) / 10;

/** How much longer it took in the second of each pair of spans than in the first: the median. */
export const medianRatio = (first: readonly number[], second: readonly number[]): number =>
  rounded(median(second.map((ms, i) => ms / (first[i] ?? Number.NaN))));
