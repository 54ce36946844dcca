import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createBatcher } from './batcher.ts';

describe('a batcher', () => {
  it('runs what is asked together in one batch, and answers each with its own', async () => {
    const batches: number[][] = [];
    const double = createBatcher(async (requests: readonly number[]) => {
      batches.push([...requests]);
      return requests.map((n) => n * 2);
    });
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('gathers the next batch while one runs, and cuts it at its size', async () => {
    const sizes: number[] = [];
    const run = createBatcher(
      async (requests: readonly number[]) => {
        sizes.push(requests.length);
        await sleep(10);
        return requests;
      },
      { maxSize: 4 },
    );
    const first = run(0);
    await sleep(2);
    await Promise.all([first, ...[1, 2, 3, 4, 5, 6].map(run)]);
    expect(sizes).toEqual([1, 4, 2]);
  });

  it('fails only the request that is at fault', async () => {
    const run = createBatcher(async (requests: readonly number[]) => {
      if (requests.includes(2)) throw new Error('two');
      return requests;
    });
    const settled = await Promise.allSettled([1, 2, 3].map(run));
    expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await run(4)).toBe(4);
  });
});
