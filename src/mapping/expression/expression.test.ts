import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../core/canonical.ts';
import { compileExpression, type InputType } from './expression.ts';

const TYPES: Readonly<Record<string, InputType>> = { a: 'dec', b: 'dec', n: 'int', t: 'text', d: 'date' };
const VALUES: Readonly<Record<string, string>> = { a: '1.50', b: '2', n: '3', t: 'PO-7', d: '2026-02-27' };

function compile(text: string, seesDocument = true) {
  const used = Object.keys(TYPES).filter((name) => new RegExp(`(?<![.\\w"])${name}(?![\\w"(])`).test(text));
  return { used, ...compileExpression(text, new Map(used.map((name) => [name, TYPES[name] ?? 'text'])), seesDocument) };
}

function evaluate(text: string, out?: Json, values = VALUES): string | boolean {
  const compiled = compile(text);
  if ('fault' in compiled) throw new Error(compiled.fault.message);
  return compiled.expression.evaluate(new Map(compiled.used.map((name) => [name, values[name] ?? ''])), out);
}

describe('what an expression gives', () => {
  test.each([
    ['a + b', '3.50'],
    ['a * b', '3.00'],
    ['2 * a', '3.00'],
    ['a - n', '-1.50'],
    ['-a', '-1.50'],
    ['a * dec("0")', '0.00'],
    ['round(dec("2.345"), 2)', '2.35'],
    ['round(dec("-2.345"), 2)', '-2.35'],
    ['div(b, dec("3"), 4)', '0.6667'],
    ['min(a, b) + max(a, b) + abs(-a)', '5.00'],
    ['n / 2 + n % 2', '2'],
    ['a == dec("1.5") && a < b && b >= 2 && !(a > b)', true],
    ['t.startsWith("PO") ? t.substring(3) : "none"', '7'],
    ['t + "/" + string(n)', 'PO-7/3'],
    ['addDays(d, 2)', '2026-03-01'],
    ['days(d, "2028-03-01")', '733'],
    ['d < "2026-03-01"', true],
  ])('%s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  test.each([
    ['size(out.lines) == n', true],
    ['sum(out.lines.map(l, dec(l.quantity) * dec(l.price))) == dec("0.30")', true],
    ['out.lines.filter(l, has(l.note)).all(l, l.note == "x")', true],
    ['out.lines.exists(l, int(l.number) == 2)', true],
    ['has(out.total)', false],
  ])('of the mapped document: %s', (text, expected) => {
    const out = { lines: ['1', '2', '3'].map((quantity, index) => ({ quantity, price: ['0.1', '0.1', '0'][index] ?? '', number: index })) };
    expect(evaluate(text, out)).toBe(expected);
  });

  test('0.1 + 0.2 is 0.3, and so is every sum, difference and product of decimals: what big.js says of them', () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat({ max: 10 })).map(([digits, places]) => {
      const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
      return `${digits < 0n ? '-' : ''}${text.slice(0, text.length - places)}${places === 0 ? '' : `.${text.slice(-places)}`}`;
    });
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const result = (text: string) => new Big(String(evaluate(text, undefined, { a, b })));
        expect(result('a + b').eq(new Big(a).plus(b))).toBe(true);
        expect(result('a - b').eq(new Big(a).minus(b))).toBe(true);
        expect(result('a * b').eq(new Big(a).times(b))).toBe(true);
        expect(evaluate('a < b', undefined, { a, b })).toBe(new Big(a).lt(b));
      }),
    );
  });
});

describe('what is refused when the file is read, with the place in the expression', () => {
  test.each([
    ['a +', 3, 'Unexpected token'],
    ['a + 1.5', 4, '1.5 would be a binary float'],
    ['a + 1e3', 4, '1e3 would be a binary float'],
    ['double(n) > 1.0', 12, 'would be a binary float'],
    ['t.matches("(a+)+$")', undefined, 'there is no function "matches"'],
    ['1u == 1u', undefined, 'expected a text, a whole number'],
    ['b"x" == b"x"', undefined, 'expected a text, a whole number'],
    ['out.lines.map(l, out.lines.map(m, m))', 17, '"map" stands inside of another loop'],
    ['cel.bind(x, a, x)', undefined, 'there is no function "bind"'],
    ['a / b', undefined, 'no such overload'],
    ['a == t', undefined, 'no such overload'],
    ['out.total == a', undefined, 'a number is compared with a value of the document that may be text'],
    ['out.total != n', undefined, 'a number is compared with a value of the document that may be text'],
    ['n in out.numbers', undefined, 'a number is compared with a value of the document that may be text'],
    ['out.lines', undefined, 'expected an expression of one certain type'],
    ['t.contains(t)', undefined, 'contains() takes a text in quotes'],
    ['x + a', undefined, 'there is no input "x"'],
  ])('%s', (text, offset, message) => {
    const compiled = compile(text);
    if (!('fault' in compiled)) throw new Error('it was let through');
    expect(compiled.fault.message).toContain(message);
    if (offset !== undefined) expect(compiled.fault.offset).toBe(offset);
  });

  test('an input that is not used, and the document where only inputs are seen', () => {
    expect(compileExpression('1 == 1', new Map([['a', 'dec']]), false)).toMatchObject({ fault: { message: 'the input "a" is not used' } });
    expect(compileExpression('has(out.x)', new Map(), false)).toHaveProperty('fault');
  });

  test('suggests the input that was meant', () => {
    expect(compileExpression('quantty > 1', new Map([['quantity', 'dec']]), false)).toMatchObject({ fault: { hint: 'did you mean "quantity"?' } });
  });
});

test.each([
  ['div(a, dec("0"), 2)', 'a division by zero'],
  ['dec(t)', 'a decimal, found "PO-7"'],
  ['round(a, 99)', 'places from 0 to 30'],
  ['addDays(t, 1)', 'a day such as'],
  ['out.lines[7].x == "1"', 'o such'],
  ['n * 9223372036854775807', 'overflow'],
])('what cannot be carried out throws, and says why: %s', (text, message) => {
  expect(() => evaluate(text, { lines: [] })).toThrow(message);
});
