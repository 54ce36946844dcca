/** Figures of a benchmark: medians over interleaved rounds, so that a machine whose speed drifts slows both sides alike. */

/** One line of `npm run bench -- --json`; a ratio over 1 means that ours is better. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** The peer or limit. */
  readonly against: string;
  readonly theirs: number;
  readonly ratio: number;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Nearest rank. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const rounded = (value: number): number => Number(value.toPrecision(4));

/** More is better: a rate. */
export const rate = (name: string, unit: string, ours: readonly number[], against: string, theirs: readonly number[]): Figure =>
  figure(name, unit, median(ours), against, median(theirs), (o, t) => o / t);

/** Less is better: a time. */
export const time = (name: string, unit: string, ours: readonly number[], against: string, theirs: readonly number[]): Figure =>
  figure(name, unit, median(ours), against, median(theirs), (o, t) => t / o);

function figure(
  name: string,
  unit: string,
  ours: number,
  against: string,
  theirs: number,
  compare: (ours: number, theirs: number) => number,
): Figure {
  return { name, unit, ours: rounded(ours), against, theirs: rounded(theirs), ratio: rounded(compare(ours, theirs)) };
}
