import { expect, test } from 'vitest';
import { fieldChanges } from './field-changes.ts';

test('equal documents have no changes, whatever the order of their keys', () => {
  expect(fieldChanges({ a: [1, { b: '2' }], c: null }, { c: null, a: [1, { b: '2' }] })).toEqual([]);
});

test('a change names its place, what was there and what is there now', () => {
  const before = { lines: [{ price: { amount: '12.50' } }, { price: { amount: '1.00' } }], notes: ['x'], status: 'accepted' };
  const after = { lines: [{ price: { amount: '13.00' } }], notes: ['x'], total: { amount: '13.00' }, status: { code: 'accepted' } };
  expect(fieldChanges(before, after)).toEqual([
    { path: '/lines/0/price/amount', before: '12.50', after: '13.00' },
    { path: '/lines/1', before: { price: { amount: '1.00' } } },
    { path: '/status', before: 'accepted', after: { code: 'accepted' } },
    { path: '/total', after: { amount: '13.00' } },
  ]);
});

test('keys with slashes and tildes are escaped as RFC 6901 has it', () => {
  expect(fieldChanges({ 'a/b~c': 1 }, { 'a/b~c': 2 })).toEqual([{ path: '/a~1b~0c', before: 1, after: 2 }]);
});
