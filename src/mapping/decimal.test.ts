import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDecimals, readDecimal, readImplied, subtractDecimals } from './decimal.ts';

test.each([
  ['0012.50', '12.50'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['-3', '-3'],
  ['+3', '3'],
  ['-0.00', '0.00'],
  ['10.10', '10.10'],
])('an explicit decimal %s is %s', (text, decimal) => {
  expect(readDecimal(text)).toBe(decimal);
});

test.each(['', '.', '-', '1E5', '1,000', '6O', '0x10', ' 1', '1.2.3', '१'])('"%s" is no decimal', (text) => {
  expect(readDecimal(text)).toBeUndefined();
});

test.each([
  ['9588', 2, '95.88'],
  ['-5', 2, '-0.05'],
  ['5', 0, '5'],
  ['31700', 4, '3.1700'],
  ['000', 2, '0.00'],
])('%s with %i implied decimals is %s', (text, places, decimal) => {
  expect(readImplied(text, places)).toBe(decimal);
});

test('an explicit point in an implied decimal is refused, not read twice', () => {
  expect(readImplied('95.88', 2)).toBeUndefined();
});

test('no value passes through a float: implied decimals are the digits as sent', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[1-9]\d{0,17}$/), fc.integer({ min: 0, max: 9 }), (digits, places) => {
      const [whole = '', fraction = ''] = (readImplied(digits, places) ?? '').split('.');
      expect((whole === '0' ? '' : whole) + (whole === '0' ? fraction.replace(/^0+/, '') : fraction)).toBe(digits);
      expect(fraction.length).toBe(places);
    }),
  );
});

test('sums are exact, against whole numbers of any size', () => {
  const cents = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n });
  const text = (n: bigint) => readImplied(String(n), 2) ?? '';
  fc.assert(
    fc.property(fc.array(cents, { minLength: 1, maxLength: 20 }), (all) => {
      expect(addDecimals(all.map(text))).toBe(text(all.reduce((sum, one) => sum + one, 0n)));
    }),
  );
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      expect(subtractDecimals(text(a), text(b))).toBe(text(a - b));
    }),
  );
});
