import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

test('the order in which keys were written does not matter, the order of lists does', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: '1' })).toBe('{"a":"1","b":[1,{"c":"x","d":null}]}');
  expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
});

test('an undefined member is the same as none', () => {
  expect(canonicalJson({ a: undefined, b: true })).toBe('{"b":true}');
});
