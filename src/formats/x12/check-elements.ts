/**
 * Checks the elements of one segment in one walk over its text: mandatory, length, numbers, dates, times, codes, relations, encoding.
 *
 * Made to cost nothing where there is no fault: no string, object or table of positions is made; each character is looked up
 * once in a table of classes. Whatever does not look plainly right is handed to check-value.ts, which decides and explains.
 */
import { checkEncoding, checkValues, nameOf } from './check-value.ts';
import type { Delimiters } from './delimiters.ts';
import type { Report } from './fault.ts';
import { shown } from './fault.ts';
import type { X12Segment } from './segment.ts';
import { type Condition, KIND, packCode, type SegmentTable } from './segment-table.ts';

/** What a character is; the classes of an element's characters are or-ed together. */
const DIGIT = 1;
const POINT = 2;
const MINUS = 4;
const BLANK = 8;
const OTHER = 16;
const CONTROL = 32;
const HIGH = 64;
const COMPONENT = 128;
const REPETITION = 256;
const NUL = 512;
const BREAK = 1024;
/** Characters for which an element is looked at more closely, whatever its type. */
const DOUBTFUL = CONTROL | HIGH | COMPONENT | REPETITION | NUL | BREAK;

function classesFor({ component, repetition }: Delimiters, ofIsa: boolean): Uint16Array {
  const classes = new Uint16Array(256).fill(OTHER);
  for (let code = 0; code < 256; code++) {
    if (code === 0) classes[code] = NUL;
    else if (code === 0x0a || code === 0x0d) classes[code] = BREAK;
    else if (code < 0x20 || code === 0x7f) classes[code] = CONTROL;
    else if (code === 0x20) classes[code] = BLANK;
    else if (code >= 0x30 && code <= 0x39) classes[code] = DIGIT;
    else if (code > 0x7f) classes[code] = HIGH;
  }
  classes[0x2e] = POINT;
  classes[0x2d] = MINUS;
  if (ofIsa) return classes;
  classes[component.charCodeAt(0)] = COMPONENT;
  if (repetition !== undefined) classes[repetition.charCodeAt(0)] = REPETITION;
  return classes;
}

const byDelimiters = new WeakMap<Delimiters, Uint16Array>();
let lastDelimiters: Delimiters | undefined;
let lastClasses: Uint16Array = new Uint16Array(256);

function classesOf(delimiters: Delimiters): Uint16Array {
  if (delimiters === lastDelimiters) return lastClasses;
  const classes = byDelimiters.get(delimiters) ?? classesFor(delimiters, false);
  byDelimiters.set(delimiters, classes);
  lastDelimiters = delimiters;
  lastClasses = classes;
  return classes;
}

/** Without a table only the encoding is checked: nothing is known of the segment. */
export function checkElements(segment: X12Segment, table: SegmentTable | undefined, report: Report): void {
  const { text, delimiters } = segment;
  const classes = segment.id === 'ISA' ? classesFor(delimiters, true) : classesOf(delimiters);
  const separator = delimiters.element.charCodeAt(0);
  const end = text.length;
  const size = table === undefined ? 0 : table.size;
  let at = text.indexOf(delimiters.element);
  if (at < 0) at = end;
  let present = 0;
  let seen = 0;
  let extra = 0;
  for (let element = 1; at < end; element++) {
    const from = at + 1;
    let flags = 0;
    let to = from;
    for (; to < end; to++) {
      const code = text.charCodeAt(to);
      if (code === separator) break;
      flags |= classes[code] as number;
    }
    at = to;
    seen |= flags;
    // Nothing but blanks or line breaks is nothing.
    if ((flags & ~(BLANK | BREAK)) === 0) continue;
    if (element > size) {
      if (extra === 0) extra = element;
      continue;
    }
    present |= 1 << (element - 1);
    if (table !== undefined && !isPlain(text, from, to, flags, table, element - 1)) checkValues(segment, element, table, report);
  }
  if ((seen & (HIGH | NUL)) !== 0) checkEncoding(segment, report);
  if (table === undefined) return;
  if (text.charCodeAt(end - 1) === separator) reportTrailing(segment, report);
  if ((table.mandatory & ~present) !== 0) reportMissing(segment, table, present, report);
  if ((table.forbidden & present) !== 0) reportForbidden(segment, table, present, report);
  for (const condition of table.conditions) if (isBroken(condition, present)) reportCondition(segment, condition, present, table, report);
  if (extra > 0) {
    const expected = `at most ${size} elements`;
    report('ERR_X12_ELEMENT_EXTRA', segment, extra, `${segment.id} has more elements than it can have`, expected, shown(segment.value(extra)));
  }
}

/** Whether the element is right without a doubt. */
function isPlain(text: string, from: number, to: number, flags: number, table: SegmentTable, index: number): boolean {
  const kind = table.kinds[index] as number;
  if ((flags & DOUBTFUL) !== 0) return kind === KIND.C && (flags & (DOUBTFUL & ~(COMPONENT | REPETITION))) === 0;
  if (kind === KIND.C) return true;
  const length = to - from;
  if (kind <= KIND.ID) {
    if (length < (table.least[index] as number) || length > (table.most[index] as number)) return false;
    if ((flags & BLANK) !== 0 && text.charCodeAt(to - 1) === 0x20) return false;
    const allowed = table.allowed[index];
    return allowed === undefined || (length <= 4 && allowed.packed.has(packCode(text, from, to)));
  }
  if (table.allowed[index] !== undefined) return false;
  if (flags === DIGIT) {
    if (kind === KIND.DT) return length === table.most[index] && length === 8 && isDateAt(text, from);
    if (kind === KIND.TM) return length === 4 && isTimeAt(text, from);
    return length >= (table.least[index] as number) && length <= (table.most[index] as number);
  }
  if (kind !== KIND.R || flags !== (DIGIT | POINT)) return false;
  const point = text.indexOf('.', from);
  return text.lastIndexOf('.', to - 1) === point && length - 1 >= (table.least[index] as number) && length - 1 <= (table.most[index] as number);
}

const two = (text: string, at: number): number => (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;

/** Of months from 1; the 29th of February is left to the closer look. */
const DAYS = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** CCYYMMDD of digits. */
function isDateAt(text: string, at: number): boolean {
  const month = two(text, at + 4);
  const day = two(text, at + 6);
  return month <= 12 && day >= 1 && day <= (DAYS[month] as number);
}

const isTimeAt = (text: string, at: number): boolean => two(text, at) < 24 && two(text, at + 2) < 60;

function isBroken({ kind, mask, first }: Condition, present: number): boolean {
  const there = present & mask;
  switch (kind) {
    case 'P':
      return there !== 0 && there !== mask;
    case 'R':
      return there === 0;
    case 'E':
      return (there & (there - 1)) !== 0;
    case 'C':
      return (there & first) !== 0 && there !== mask;
    default:
      return there === first;
  }
}

function reportMissing(segment: X12Segment, table: SegmentTable, present: number, report: Report): void {
  for (let element = 1; element <= table.size; element++) {
    const bit = 1 << (element - 1);
    if ((table.mandatory & bit) === 0 || (present & bit) !== 0) continue;
    const found = segment.lengthOf(element) > 0 ? 'blanks' : 'none';
    report('ERR_X12_ELEMENT_MISSING', segment, element, `${nameOf(segment, element)} is mandatory`, table.names[element - 1] ?? 'a value', found);
  }
}

function reportTrailing(segment: X12Segment, report: Report): void {
  report(
    'ERR_X12_TRAILING_SEPARATOR',
    segment,
    segment.size,
    `${segment.id} ends with an empty element`,
    'no separator at its end',
    'an empty element',
  );
}

function reportForbidden(segment: X12Segment, table: SegmentTable, present: number, report: Report): void {
  for (let element = 1; element <= table.size; element++) {
    if ((table.forbidden & present & (1 << (element - 1))) === 0) continue;
    const what = `${nameOf(segment, element)} is not used by the partner's guide`;
    report('ERR_X12_ELEMENT_FORBIDDEN', segment, element, what, 'nothing', shown(segment.value(element)));
  }
}

/** At the element that is missing, or that is one too many. */
function reportCondition(segment: X12Segment, { text, kind, elements }: Condition, present: number, table: SegmentTable, report: Report): void {
  const isThere = (element: number) => (present & (1 << (element - 1))) !== 0;
  const there = elements.filter(isThere);
  const missing = elements.filter((element) => !isThere(element));
  const listed = (some: readonly number[], word: string) => some.map((element) => nameOf(segment, element)).join(` ${word} `);
  if (kind === 'E') {
    const surplus = there[1] ?? 0;
    const what = `${listed(there, 'and')} exclude each other (${text})`;
    report('ERR_X12_ELEMENT_EXCLUSION', segment, surplus, what, 'one of them', shown(segment.value(surplus)));
    return;
  }
  const wanted = listed(missing, kind === 'R' || kind === 'L' ? 'or' : 'and');
  const what = there.length === 0 ? `${segment.id} lacks ${wanted} (${text})` : `${listed(there, 'and')} requires ${wanted} (${text})`;
  report('ERR_X12_ELEMENT_CONDITION', segment, missing[0], what, table.names[(missing[0] ?? 1) - 1] ?? 'a value', 'none');
}
