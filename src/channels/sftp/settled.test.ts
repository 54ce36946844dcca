import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watch } from './settled.ts';

const file = (name: string, size: number, mtime: number) => ({ name, path: `/in/${name}`, size, mtime });

test('a file settles at the first poll that finds it unchanged for the minimum age, whatever its own time says', () => {
  const memory = new Map<string, unknown>();
  const seenAt = (ms: number, size: number) => watch(memory, [file('a', size, 9_999_999_999)], ms, 10_000).get('a')?.settled;
  expect([seenAt(0, 1), seenAt(30_000, 2), seenAt(39_999, 2), seenAt(40_000, 2)]).toEqual([false, false, false, true]);
});

test('what is gone is forgotten, so that the memory holds only what the drop holds', () => {
  const memory = new Map<string, unknown>();
  watch(memory, [file('a', 1, 1), file('b', 1, 1)], 0, 0);
  watch(memory, [file('b', 1, 1)], 1, 0);
  expect([...memory.keys()]).toEqual(['b']);
  expect(watch(memory, [file('a', 1, 1)], 2, 0).get('a')?.settled).toBe(false);
});

test('no file ever settles in the poll that sees it change', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ size: fc.integer({ min: 0, max: 3 }), mtime: fc.integer({ min: 0, max: 3 }) })), (states) => {
      const memory = new Map<string, unknown>();
      let before: { size: number; mtime: number } | undefined;
      for (const [n, state] of states.entries()) {
        const settled = watch(memory, [file('a', state.size, state.mtime)], n, 0).get('a')?.settled;
        if (settled !== (before?.size === state.size && before.mtime === state.mtime)) return false;
        before = state;
      }
      return true;
    }),
  );
});
