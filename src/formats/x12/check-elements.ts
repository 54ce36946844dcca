/**
 * Checks the elements of one segment: mandatory, length, and that numbers, dates and times are what they say.
 *
 * Codes are not looked up: partners extend them, so the mapping decides. Trailing blanks count for nothing.
 */

import type { ElementDefinition } from './element-definitions.ts';
import { isEncoded } from './encoding.ts';
import { type Report, shown } from './fault.ts';
import type { X12Segment } from './segment.ts';
import type { X12Code } from './severity.ts';

/** `shortDates`: before 004010 a date is YYMMDD. */
export function checkElements(segment: X12Segment, definitions: readonly ElementDefinition[], shortDates: boolean, report: Report): void {
  const { size } = segment;
  for (let i = 0; i < definitions.length; i++) {
    const definition = definitions[i];
    if (definition === undefined) return;
    const element = i + 1;
    const length = element > size ? 0 : segment.lengthOf(element);
    if (length === 0) {
      if (definition.mandatory) report('ERR_X12_ELEMENT_MISSING', segment, element, `${nameOf(segment, element)} is mandatory`, 'a value', 'none');
      continue;
    }
    const { type } = definition;
    // Text within its length needs no look at its characters.
    if (type === 'C' || ((type === 'AN' || type === 'ID') && length >= definition.least && length <= definition.most && !definition.mandatory))
      continue;
    checkValues(segment, element, definition, shortDates, report);
  }
  for (let element = definitions.length + 1; element <= size; element++) {
    if (segment.lengthOf(element) === 0) continue;
    const expected = `at most ${definitions.length} elements`;
    report('ERR_X12_ELEMENT_EXTRA', segment, element, `${segment.id} has more elements than it can have`, expected, shown(segment.value(element)));
    return;
  }
}

/** Bytes over 0x7f must be text in the partner's encoding, and NUL is no character at all, in every segment of every set. */
export function checkEncoding(segment: X12Segment, report: Report): void {
  if (!segment.hasOddBytes) return;
  const { encoding } = segment.delimiters;
  for (let element = 1; element <= segment.size; element++) {
    const raw = segment.raw(element).replace(/[\r\n]+/g, '');
    if (isEncoded(raw, encoding) && !raw.includes('\0')) continue;
    const found = Buffer.from(raw.slice(0, 24), 'latin1').toString('hex');
    report('ERR_X12_ENCODING', segment, element, `${nameOf(segment, element)} is not ${encoding} text`, encoding, `bytes ${found}`);
  }
}

function checkValues(segment: X12Segment, element: number, definition: ElementDefinition, shortDates: boolean, report: Report): void {
  const repetitions = segment.delimiters.repetition === undefined ? 1 : segment.repetitions(element);
  for (let nth = 1; nth <= repetitions; nth++) {
    const value = (repetitions === 1 ? segment.value(element) : segment.value(element, undefined, nth)).trimEnd();
    if (value === '') {
      if (definition.mandatory) report('ERR_X12_ELEMENT_MISSING', segment, element, `${nameOf(segment, element)} is mandatory`, 'a value', 'blanks');
      continue;
    }
    const fault = faultOf(value, definition, shortDates);
    if (fault !== undefined) report(fault.code, segment, element, `${nameOf(segment, element)} ${fault.what}`, fault.expected, shown(value));
  }
}

const nameOf = (segment: X12Segment, element: number): string => `${segment.id}${String(element).padStart(2, '0')}`;

interface ValueFault {
  readonly code: X12Code;
  readonly what: string;
  readonly expected: string;
}

function faultOf(value: string, definition: ElementDefinition, shortDates: boolean): ValueFault | undefined {
  switch (definition.type) {
    case 'R':
      if (!/^-?(\d+\.?\d*|\.\d+)$/.test(value))
        return { code: 'ERR_X12_ELEMENT_NUMBER', what: 'is not a number', expected: 'digits, with a point where needed' };
      return lengthFault(value.replace(/[-.]/g, ''), definition);
    case 'N':
      if (/^-?\d*\.\d+$/.test(value))
        return { code: 'ERR_X12_ELEMENT_DECIMAL', what: 'has a decimal point', expected: `digits, ${definition.decimals} of them implied decimals` };
      if (!/^-?\d+$/.test(value)) return { code: 'ERR_X12_ELEMENT_NUMBER', what: 'is not a whole number', expected: 'digits' };
      return lengthFault(value.replace('-', ''), definition);
    case 'DT':
      if (isDate(value, shortDates)) return undefined;
      return { code: 'ERR_X12_ELEMENT_DATE', what: 'is not a date', expected: shortDates ? 'YYMMDD' : 'CCYYMMDD' };
    case 'TM':
      if (/^([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?$/.test(value)) return undefined;
      return { code: 'ERR_X12_ELEMENT_TIME', what: 'is not a time', expected: 'HHMM, HHMMSS or HHMMSSDD' };
    default:
      return lengthFault(value, definition);
  }
}

function lengthFault(value: string, { least, most }: ElementDefinition): ValueFault | undefined {
  if (value.length >= least && value.length <= most) return undefined;
  const expected = least === most ? `${least} characters` : `${least} to ${most} characters`;
  return { code: 'ERR_X12_ELEMENT_LENGTH', what: `is ${value.length < least ? 'too short' : 'too long'}`, expected };
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(value: string, short: boolean): boolean {
  if (!(short ? /^\d{6}(\d\d)?$/ : /^\d{8}$/).test(value)) return false;
  // A year of two digits names no century; every fourth may be a leap year.
  const year = Number(value.slice(0, -4));
  const month = Number(value.slice(-4, -2));
  const day = Number(value.slice(-2));
  const leap = year % 4 === 0 && (value.length === 6 || year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}
