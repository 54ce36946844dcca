/** A sample of what `npm run fuzz` does at length. */
import { describe, expect, it } from 'vitest';
import { seeded } from '../chaos/random.ts';
import { checkBytes } from './check-bytes.ts';
import { mutate, validFile } from './mutate.ts';

describe('damaged interchanges', () => {
  it('give a result or a fault with its place, account for every byte, and read the same whatever the chunks', async () => {
    for (let seed = 1; seed <= 120; seed++) {
      const random = seeded(seed);
      const bytes = Buffer.from(mutate(validFile(random), random), 'latin1');
      expect([seed, await checkBytes(bytes)]).toEqual([seed, undefined]);
    }
  });

  it('come from files that are sound before they are damaged', async () => {
    for (let seed = 1; seed <= 30; seed++)
      expect([seed, await checkBytes(Buffer.from(validFile(seeded(seed)), 'latin1'))]).toEqual([seed, undefined]);
  });
});
