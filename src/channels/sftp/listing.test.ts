import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from './listing.ts';

test.each([
  ['*', 'anything.edi', true],
  ['*.edi', 'a.edi', true],
  ['*.edi', 'a.EDI', false],
  ['*.edi', 'a.edi.bak', false],
  ['855_????????.x12', '855_20240102.x12', true],
  ['855_????????.x12', '855_2024.x12', false],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbYbZ', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
])('the pattern %s and the name %s: %s', (pattern, name, matches) => expect(matchesGlob(pattern, name)).toBe(matches));

test('a pattern made from a name by putting stars for parts of it always matches the name', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.boolean())), (parts) => {
      const name = parts.map(([text]) => text).join('');
      return matchesGlob(parts.map(([text, hidden]) => (hidden ? '*' : text.replace(/[*?]/g, '?'))).join(''), name);
    }),
  );
});

test('many stars cost no time', () => {
  const started = performance.now();
  expect(matchesGlob('*a'.repeat(60), `${'a'.repeat(59)}${'b'.repeat(196)}`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(200);
});
