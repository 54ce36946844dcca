/**
 * Turns the text of a document into the kind of value that its target is. Nothing is guessed: what does not fit exactly is refused.
 *
 * The kind comes from the canonical schema; a rule only says how this partner writes it.
 */
import type { ErrorCode } from '../core/errors/errors.ts';
import { withoutBlanks } from './blanks.ts';
import { readDecimal, readImplied } from './decimal.ts';
import type { ValueKind } from './target-fields.ts';
import { instantOf } from './zone.ts';

export const DATE_FORMATS = ['CCYYMMDD', 'YYMMDD'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];
export const CLEANERS = ['trim', 'upper', 'lower', 'digits', 'strip-zeros', 'squeeze'] as const;
export type Cleaner = (typeof CLEANERS)[number];

export interface ConversionOptions {
  readonly implied?: number | undefined;
  readonly group?: string | undefined;
  readonly format?: DateFormat | undefined;
  readonly zone?: string | undefined;
}

export interface Conversion {
  readonly code: ErrorCode;
  readonly expected: string;
  readonly hint?: string | undefined;
  /** Undefined: the text is not what was expected. `time` is given for times only. */
  convert(text: string, time?: string): string | number | boolean | undefined;
  /** What is doubtful about a value that was taken all the same. */
  doubt?(value: string): string | undefined;
}

export function conversionTo(kind: ValueKind, options: ConversionOptions): Conversion {
  switch (kind) {
    case 'decimal':
      return decimalConversion(options);
    case 'date':
    case 'date-time':
      return dateConversion(kind, options);
    case 'sscc':
      return {
        code: 'ERR_MAPPING_CONVERT',
        expected: 'an SSCC of 18 digits, or 20 with 00 before it',
        convert: (text) => /^(?:00)?(\d{18})$/.exec(text.trim())?.[1],
        doubt: (value) => (hasCheckDigit(value) ? undefined : `the check digit of SSCC "${value}" is wrong`),
      };
    case 'integer':
      return {
        code: 'ERR_MAPPING_CONVERT',
        expected: 'a whole number',
        convert: (text) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined),
      };
    case 'boolean':
      return { code: 'ERR_MAPPING_CONVERT', expected: 'true or false, from codes', convert: () => undefined };
    case 'text':
      // X12 AN keeps its leading blanks and loses trailing ones.
      return { code: 'ERR_MAPPING_CONVERT', expected: 'text', convert: (text) => text.trimEnd() };
  }
}

function decimalConversion({ implied, group }: ConversionOptions): Conversion {
  if (implied !== undefined)
    return {
      code: 'ERR_MAPPING_DECIMAL',
      expected: `digits without a point, the last ${implied} of them decimals (X12 N${implied})`,
      hint: 'if this partner sends an explicit point, override the rule without implied',
      convert: (text) => readImplied(withoutBlanks(text), implied),
    };
  const grouped = group === undefined ? undefined : new RegExp(`^[+-]?\\d{1,3}(${escapeSign(group)}\\d{3})*(\\.\\d*)?$`);
  return {
    code: 'ERR_MAPPING_DECIMAL',
    expected: 'a decimal number',
    hint: undefined,
    convert: (text) => {
      const trimmed = withoutBlanks(text);
      return readDecimal(grouped?.test(trimmed) === true ? trimmed.replaceAll(group ?? '', '') : trimmed);
    },
  };
}

const escapeSign = (sign: string): string => (/[A-Za-z0-9]/.test(sign) ? sign : `\\${sign}`);

function dateConversion(kind: 'date' | 'date-time', { format = 'CCYYMMDD', zone }: ConversionOptions): Conversion {
  const size = format.length;
  const day = (written: string): string | undefined => {
    const text = withoutBlanks(written);
    if (text.length !== size) return undefined;
    const month = digitsAt(text, size - 4, 2);
    const date = digitsAt(text, size - 2, 2);
    const years = digitsAt(text, 0, size - 4);
    // A YYMMDD of X12 before 4010 lies between 1950 and 2049.
    const century = size === 8 ? '' : years < 50 ? '20' : '19';
    if (years < 0 || !isDay(size === 8 ? years : Number(century) * 100 + years, month, date)) return undefined;
    return `${century}${text.slice(0, size - 4)}${DASHED[month]}${DASHED[date]}`;
  };
  if (kind === 'date')
    return {
      code: 'ERR_MAPPING_DATE',
      expected: `a date in ${format}`,
      hint: 'if this partner writes dates otherwise, give the rule a format',
      convert: day,
    };
  return {
    code: 'ERR_MAPPING_DATE',
    expected: `a date in ${format} and a time in HHMM or HHMMSS`,
    convert: (text, time = '') => {
      const date = day(text);
      const match = /^([01]\d|2[0-3])([0-5]\d)(?:([0-5]\d)(\d{1,9})?)?$/.exec(time.trim());
      if (date === undefined || match === null || zone === undefined) return undefined;
      const [, hour = '', minute = '', second = '00', fraction] = match;
      return instantOf(`${date}T${hour}:${minute}:${second}`, fraction, zone);
    },
  };
}

const DASHED = Array.from({ length: 32 }, (_, n) => `-${String(n).padStart(2, '0')}`);

/** The number that so many digits make; negative where one is none. */
function digitsAt(text: string, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= last;
}

/** GS1 modulo 10: weights 3 and 1 from the right, the check digit last. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += (digits.charCodeAt(digits.length - 1 - i) - 48) * (i % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}

export function cleanText(text: string, cleaners: readonly Cleaner[]): string {
  let clean = text;
  for (const cleaner of cleaners) {
    if (cleaner === 'trim') clean = clean.trim();
    else if (cleaner === 'upper') clean = clean.toUpperCase();
    else if (cleaner === 'lower') clean = clean.toLowerCase();
    else if (cleaner === 'digits') clean = clean.replace(/\D+/g, '');
    else if (cleaner === 'strip-zeros') clean = clean.replace(/^0+(?=.)/, '');
    else clean = clean.trim().replace(/\s+/g, ' ');
  }
  return clean;
}
