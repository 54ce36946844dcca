import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endsInIea } from './trailer.ts';

const ends = (text: string) => endsInIea(Buffer.from(text, 'latin1'));

describe('the end of an X12 file', () => {
  test.each([
    ['a terminator', '~GE*1*1~IEA*1*000000001~'],
    ['a terminator and line ends', '~\r\nIEA*1*000000001~\r\n\r\n'],
    ['a terminator that is a line end', '\nGE*1*1\nIEA*1*000000001\n'],
    ['a terminator that is a carriage return', '\rIEA*1*000000001\r'],
    ['blanks, NUL and 0x1A from a mainframe', '~IEA*1*000000001~   \0\0\x1a'],
    ['lines wrapped inside the segment', '~GE*1*1~I\r\nEA*1*0000\r\n00001~\r\n'],
    ['other delimiters', "'IEA|1|000000001'"],
    ['trailing empty elements', '~IEA*1*000000001**~'],
    ['a short control number', '~IEA*1*7~'],
    ['no terminator, but all nine digits', '~IEA*1*000000001'],
    ['a control character as the terminator', '\x1cIEA\x1d1\x1d000000001\x1c'],
  ])('is there with %s', (_what, text) => expect(ends(text)).toBe(true));

  test.each([
    ['nothing', ''],
    ['a set that broke off', '~SE*12*0001~'],
    ['a group that broke off', '~GE*1*1~'],
    ['an IEA that broke off in its number', '~IEA*1*00000'],
    ['an IEA that broke off before its number', '~IEA*1*'],
    ['the letters in data', '~REF*ZZ*IEA'],
    ['a word that ends in IEA', '~XIEA*1*000000001~'],
    ['an interchange that began after the last IEA', '~IEA*1*000000001~ISA*00*'],
    ['a CSV file', 'po,line,qty\n1,2,3\n'],
  ])('is missing with %s', (_what, text) => expect(ends(text)).toBe(false));

  test('is missing in every file that broke off before the last digit', () => {
    const whole =
      'ISA*00*          *00*          *ZZ*A              *ZZ*B              *240102*0304*U*00401*000000001*0*P*>~GS*PR*A*B*20240102*0304*1*X*004010~GE*0*1~IEA*1*000000001~';
    fc.assert(fc.property(fc.integer({ min: 0, max: whole.length - 2 }), (length) => !ends(whole.slice(0, length))));
  });

  test('is looked for in any bytes without fault or delay', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => typeof endsInIea(bytes) === 'boolean'));
    const hostile = Buffer.from(`IEA*1*1${'*'.repeat(4000)}x`);
    const started = performance.now();
    expect(endsInIea(hostile)).toBe(false);
    expect(endsInIea(Buffer.from(`~IEA*1*1${' '.repeat(4000)}x`))).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
