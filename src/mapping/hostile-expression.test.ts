/** Expressions that mean harm, or slipped: refused when they are read, or bounded on documents of any size. */
import { expect, test } from 'vitest';
import type { Json } from '../core/canonical.ts';
import { compileExpression } from './expression/expression.ts';
import { bounded } from './harness.ts';

const compile = (text: string) => bounded(() => compileExpression(text, new Map(), true));

test.each([
  ['loops in loops', 'out.a.all(x, out.a.all(y, out.a.all(z, x == z)))'],
  ['a loop in a loop behind a filter', 'out.a.map(x, out.a.filter(y, y == x)).all(z, true)'],
  ['brackets ten thousand deep', `${'('.repeat(10_000)}1${')'.repeat(10_000)} == 1`],
  ['brackets as deep as its length allows', `${'('.repeat(900)}1${')'.repeat(900)} == 1`],
  ['nots without end', `${'!'.repeat(1900)}true`],
  ['a chain of sums', `1${'+1'.repeat(990)} == 1`],
  ['a chain of fields', `out${'.a'.repeat(900)} == "1"`],
  ['a list of a thousand', `size([${'1,'.repeat(900)}1]) == 1`],
  ['a list of lists', `size(${'['.repeat(100)}${']'.repeat(100)}) == 1`],
  ['a number of nearly two thousand digits', `${'9'.repeat(1900)} == 1`],
  ['a regular expression that backtracks', '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a+)+$")'],
  ['a text that joins itself', 'out.a.map(x, x).join("x") == "1"'],
  ['a text cut to pieces', 'out.a.split("").size() == 1'],
  ['the prototype', 'out.__proto__.x == "1"'],
  ['a constructor', 'out.constructor("return 1")() == "1"'],
  ['bytes', 'bytes("x") == bytes("x")'],
  ['what waits', 'timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-01T00:00:00Z")'],
])('%s: refused', (_what, text) => {
  const compiled = compile(text);
  if ('fault' in compiled) return;
  expect(() => bounded(() => compiled.expression.evaluate(new Map(), { a: ['1'] }))).toThrow();
});

const LINES = Array.from({ length: 20_000 }, (_, index) => ({ number: `${index}`, price: '123456789012345678.0123456789' }));
const HUGE: Json = { lines: LINES, list: LINES.map(({ number }) => number), text: 'a'.repeat(500_000), same: LINES.map(({ number }) => number) };

test.each([
  ['each line looked for in all', 'out.lines.all(l, l.number in out.list)'],
  ['a list made twice as long for each line', 'size(out.lines.map(l, out.list + out.list)) == 1'],
  ['two long lists compared for each line', 'out.lines.all(l, out.list == out.same)'],
  ['a product of two hundred factors for each line', `out.lines.map(l, dec(l.price)${' * dec(l.price)'.repeat(20)}).all(x, x > 0)`],
  ['a power of powers', `dec("9".substring(0))${' * dec("999999999")'.repeat(30)} > 0`],
  ['a long text for each line', 'out.lines.all(l, !out.text.contains("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"))'],
  ['as much of each line as an expression can say', `out.lines.all(l, ${Array.from({ length: 24 }, () => 'dec(l.price) > 0').join(' && ')})`],
])('%s: bounded, and said', (_what, text) => {
  const compiled = compile(text);
  if ('fault' in compiled) throw new Error(compiled.fault.message);
  let said = '';
  bounded(() => {
    try {
      compiled.expression.evaluate(new Map(), HUGE);
    } catch (thrown) {
      said = thrown instanceof Error ? thrown.message : String(thrown);
    }
  });
  expect(said).toMatch(/at most|more than/);
});

test('an honest check of twenty thousand lines is carried out, well inside of the bounds', () => {
  const compiled = compile('sum(out.lines.map(l, dec(l.number) * dec("0.01"))) == dec("1999900.00")');
  if ('fault' in compiled) throw new Error(compiled.fault.message);
  expect(bounded(() => compiled.expression.evaluate(new Map(), HUGE))).toBe(true);
});

test('the document cannot be written to, and nothing outside of it be reached', () => {
  const out = { a: ['1'] };
  for (const text of ['out.a.constructor == "x"', 'out.toString == "x"', 'out["__proto__"] == "x"', 'out.a.push == "x"']) {
    const compiled = compile(text);
    if ('fault' in compiled) continue;
    expect(() => compiled.expression.evaluate(new Map(), out)).toThrow();
  }
  expect(out).toEqual({ a: ['1'] });
});
