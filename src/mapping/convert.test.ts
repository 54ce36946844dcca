import { describe, expect, test } from 'vitest';
import { cleanText, conversionTo } from './convert.ts';
import { isZone } from './zone.ts';

describe('dates', () => {
  test('a calendar date stays one, and only one that exists', () => {
    const { convert } = conversionTo('date', {});
    expect(convert('20261130')).toBe('2026-11-30');
    expect(convert('20240229')).toBe('2024-02-29');
    for (const text of ['20260231', '20230229', '20261301', '2026113', '261130', '2026-11-30', '00000101']) expect(convert(text)).toBeUndefined();
  });

  test('a date of six digits is read only where the rule says so', () => {
    const { convert } = conversionTo('date', { format: 'YYMMDD' });
    expect([convert('261130'), convert('991231'), convert('20261130')]).toEqual(['2026-11-30', '1999-12-31', undefined]);
  });

  test('a time keeps the offset of its zone, summer and winter', () => {
    const { convert } = conversionTo('date-time', { zone: 'America/Chicago' });
    expect(convert('20260701', '0930')).toBe('2026-07-01T09:30:00-05:00');
    expect(convert('20261201', '093015')).toBe('2026-12-01T09:30:15-06:00');
    expect(conversionTo('date-time', { zone: '+05:30' }).convert('20261201', '0930')).toBe('2026-12-01T09:30:00+05:30');
  });

  test('an hour that clocks skip, or no time at all, is refused', () => {
    const { convert } = conversionTo('date-time', { zone: 'America/Chicago' });
    expect(convert('20260308', '0230')).toBeUndefined();
    expect(convert('20260701', '')).toBeUndefined();
    expect(convert('20260701', '2460')).toBeUndefined();
  });

  test('a zone is an offset or a name that exists', () => {
    expect(['Z', '-05:00', 'Europe/Berlin'].every(isZone)).toBe(true);
    expect(['', 'Mars/Base', '+99:00', 'local'].some(isZone)).toBe(false);
  });
});

test('an SSCC loses the 00 before it, and a wrong check digit is doubted', () => {
  const sscc = conversionTo('sscc', {});
  expect(sscc.convert('00006141410904170019')).toBe('006141410904170019');
  expect(sscc.convert('006141410904170019')).toBe('006141410904170019');
  expect(sscc.convert('10006141410904170019')).toBeUndefined();
  expect(sscc.doubt?.('006141410904170019')).toBeUndefined();
  expect(sscc.doubt?.('006141410904170018')).toContain('check digit');
});

test('groups of digits are read only where the rule names their sign, and only well-formed', () => {
  const { convert } = conversionTo('decimal', { group: ',' });
  expect([convert('1,234,567.50'), convert('12'), convert('1,23')]).toEqual(['1234567.50', '12', undefined]);
  expect(conversionTo('decimal', {}).convert('1,234')).toBeUndefined();
});

test('text keeps leading blanks and zeros and loses trailing blanks', () => {
  expect(conversionTo('text', {}).convert('  0042 ')).toBe('  0042');
});

test('cleaners do what they say, in the order of the list', () => {
  expect(cleanText(' 00-42 a  b ', ['squeeze'])).toBe('00-42 a b');
  expect(cleanText('PO 0042', ['digits', 'strip-zeros'])).toBe('42');
  expect(cleanText('000', ['strip-zeros'])).toBe('0');
});
