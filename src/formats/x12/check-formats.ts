/** A date whose format another element names: DTM05 and DTM06, DTP02 and DTP03 (D8, RD8, D6, DT, TM, RTM). Other formats are free. */
import { isDate, isTime, nameOf } from './check-value.ts';
import { type Report, shown } from './fault.ts';
import type { X12Segment } from './segment.ts';

const range = (one: (value: string) => boolean) => (value: string) => {
  const [from = '', to = '', ...more] = value.split('-');
  return more.length === 0 && one(from) && one(to);
};
const day = (value: string) => isDate(value, false);
const FORMATS: Readonly<Record<string, { readonly is: (value: string) => boolean; readonly expected: string; readonly time?: true }>> = {
  D6: { is: (value) => value.length === 6 && isDate(value, true), expected: 'YYMMDD' },
  D8: { is: day, expected: 'CCYYMMDD' },
  RD8: { is: range(day), expected: 'CCYYMMDD-CCYYMMDD' },
  DT: { is: (value) => value.length === 12 && day(value.slice(0, 8)) && isTime(value.slice(8)), expected: 'CCYYMMDDHHMM' },
  TM: { is: (value) => value.length === 4 && isTime(value), expected: 'HHMM', time: true },
  RTM: { is: range((value) => value.length === 4 && isTime(value)), expected: 'HHMM-HHMM', time: true },
};
/** Where the format stands; its value is the next element. */
const PLACES = { DTM: 5, DTP: 2 };

export function checkFormat(segment: X12Segment, report: Report): void {
  if (segment.id !== 'DTM' && segment.id !== 'DTP') return;
  const place = PLACES[segment.id];
  if (segment.lengthOf(place) === 0) return;
  const format = FORMATS[segment.value(place).trim()];
  const value = segment.value(place + 1).trimEnd();
  if (format === undefined || value === '' || format.is(value)) return;
  const code = format.time ? 'ERR_X12_ELEMENT_TIME' : 'ERR_X12_ELEMENT_DATE';
  report(code, segment, place + 1, `${nameOf(segment, place + 1)} is not as ${nameOf(segment, place)} says`, format.expected, shown(value));
}
