/** The closer look at an element that does not look plainly right: decides, and says what was expected. */
import { isEncoded } from './encoding.ts';
import { type Report, shown } from './fault.ts';
import type { X12Segment } from './segment.ts';
import { KIND, type SegmentTable } from './segment-table.ts';
import type { X12Code } from './severity.ts';

export const nameOf = (segment: X12Segment, element: number): string => `${segment.id}${String(element).padStart(2, '0')}`;

/** Bytes over 0x7f must be text in the partner's encoding, and NUL is no character at all, in every segment of every set. */
export function checkEncoding(segment: X12Segment, report: Report): void {
  const { encoding } = segment.delimiters;
  for (let element = 1; element <= segment.size; element++) {
    const raw = segment.raw(element).replace(/[\r\n]+/g, '');
    if (isEncoded(raw, encoding) && !raw.includes('\0')) continue;
    const found = Buffer.from(raw.slice(0, 24), 'latin1').toString('hex');
    report('ERR_X12_ENCODING', segment, element, `${nameOf(segment, element)} is not ${encoding} text`, encoding, `bytes ${found}`);
  }
}

/** Every repetition by itself; trailing blanks count for nothing. */
export function checkValues(segment: X12Segment, element: number, table: SegmentTable, report: Report): void {
  if (table.kinds[element - 1] === KIND.C) return;
  const repetitions = segment.delimiters.repetition === undefined ? 1 : segment.repetitions(element);
  for (let nth = 1; nth <= repetitions; nth++) {
    const repetition = repetitions === 1 ? undefined : nth;
    const value = segment.value(element, undefined, repetition).trimEnd();
    if (value === '') continue;
    const fault = faultOf(segment, value, element, table);
    if (fault === undefined) continue;
    report(fault.code, segment, element, `${nameOf(segment, element)} ${fault.what}`, fault.expected, shown(value), repetition);
  }
}

interface ValueFault {
  readonly code: X12Code;
  readonly what: string;
  readonly expected: string;
}

function faultOf(segment: X12Segment, value: string, element: number, table: SegmentTable): ValueFault | undefined {
  const index = element - 1;
  const length = { least: table.least[index] ?? 0, most: table.most[index] ?? 0 };
  switch (table.kinds[index]) {
    case KIND.R:
      if (!/^-?(\d+\.?\d*|\.\d+)$/.test(value))
        return { code: 'ERR_X12_ELEMENT_NUMBER', what: 'is not a number', expected: 'digits, with a point where needed' };
      return lengthFault(value.replace(/[-.]/g, ''), length) ?? codeFault(value, index, table);
    case KIND.N:
      if (/^-?\d*\.\d+$/.test(value)) {
        const expected = `digits, ${table.decimals[index]} of them implied decimals`;
        return { code: 'ERR_X12_ELEMENT_DECIMAL', what: 'has a decimal point', expected };
      }
      if (!/^-?\d+$/.test(value)) return { code: 'ERR_X12_ELEMENT_NUMBER', what: 'is not a whole number', expected: 'digits' };
      return lengthFault(value.replace('-', ''), length) ?? codeFault(value, index, table);
    case KIND.DT:
      if (isDate(value, length.least === 6) && value.length <= length.most) return undefined;
      return { code: 'ERR_X12_ELEMENT_DATE', what: 'is not a date', expected: length.least === 6 ? 'YYMMDD' : 'CCYYMMDD' };
    case KIND.TM:
      if (isTime(value) && value.length <= length.most) return undefined;
      return { code: 'ERR_X12_ELEMENT_TIME', what: 'is not a time', expected: length.most === 4 ? 'HHMM' : 'HHMM, HHMMSS or HHMMSSDD' };
    default:
      return textFault(segment, value, length) ?? codeFault(value, index, table);
  }
}

interface Length {
  readonly least: number;
  readonly most: number;
}

/** NUL is left out: it is a fault of encoding. */
function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 0) || code === 0x7f) return true;
  }
  return false;
}

function textFault(segment: X12Segment, value: string, length: Length): ValueFault | undefined {
  const { component } = segment.delimiters;
  if (segment.id !== 'ISA' && value.includes(component))
    return { code: 'ERR_X12_ELEMENT_COMPONENTS', what: 'has components, but is not composite', expected: `no ${shown(component)}` };
  if (hasControl(value)) return { code: 'ERR_X12_ELEMENT_CHARACTER', what: 'holds a control character', expected: 'printable characters' };
  return lengthFault(value, length);
}

function codeFault(value: string, index: number, { allowed }: SegmentTable): ValueFault | undefined {
  const words = allowed[index]?.words;
  if (words === undefined || words.has(value)) return undefined;
  const listed = words.size > 20 ? `one of ${words.size} codes` : [...words].join(', ');
  return { code: 'ERR_X12_ELEMENT_CODE', what: 'is not a known code', expected: listed };
}

function lengthFault(value: string, { least, most }: Length): ValueFault | undefined {
  if (value.length >= least && value.length <= most) return undefined;
  const expected = least === most ? `${least} characters` : `${least} to ${most} characters`;
  return { code: 'ERR_X12_ELEMENT_LENGTH', what: `is ${value.length < least ? 'too short' : 'too long'}`, expected };
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `short`: YYMMDD as well. */
export function isDate(value: string, short: boolean): boolean {
  if (!(short ? /^\d{6}(\d\d)?$/ : /^\d{8}$/).test(value)) return false;
  // A year of two digits names no century; every fourth may be a leap year.
  const year = Number(value.slice(0, -4));
  const month = Number(value.slice(-4, -2));
  const day = Number(value.slice(-2));
  const leap = year % 4 === 0 && (value.length === 6 || year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

/** HHMM, HHMMSS, and tenths or hundredths of a second. */
export const isTime = (value: string): boolean => /^([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?$/.test(value);
