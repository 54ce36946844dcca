/**
 * Finds out from an ISA how its interchange is written: element, component and repetition separators and the terminator.
 *
 * Guarantees: walks the sixteen separators, so an unpadded or wrapped ISA is read too (with a warning); looks at no more
 * than HEADER_LIMIT characters; the answer depends on the bytes only, never on how they were chunked.
 */
import type { X12Code } from './severity.ts';

export type Encoding = 'ascii' | 'latin1' | 'utf-8';

export interface Delimiters {
  readonly element: string;
  readonly component: string;
  /** Only from ISA12 00402 on, and only when ISA11 is neither a letter nor a digit. */
  readonly repetition: string | undefined;
  /** One byte as a rule; several in latin1 where the sender uses a UTF-8 character. */
  readonly terminator: string;
  readonly encoding: Encoding;
}

/** `message`, `expected`, `found` of a fault in an ISA, before its place is known. */
export interface HeaderFault {
  readonly code: X12Code;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  /** Relative to the I of ISA. */
  readonly at: number;
  readonly element?: number;
}

export type Header =
  | { readonly kind: 'more' }
  | { readonly kind: 'invalid'; readonly fault: HeaderFault }
  | {
      readonly kind: 'header';
      readonly delimiters: Delimiters;
      /** Characters of the ISA without its terminator. */
      readonly textLength: number;
      /** With the terminator and blanks before it. */
      readonly length: number;
      readonly wrapped: boolean;
      /** ISA12 and ISA15 look as they do in an ISA: asked for where the letters ISA might be data. */
      readonly plausible: boolean;
      readonly warnings: readonly HeaderFault[];
    };

/** An unpadded, wrapped or over-padded ISA stays far below this. */
export const HEADER_LIMIT = 320;

const ISA_WIDTHS = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1] as const;
const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BREAKS = /[\r\n]+/g;

export const isLineEnd = (code: number): boolean => code === LF || code === CR;

const isAlphanumeric = (code: number): boolean => (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);

const canSeparate = (code: number): boolean => !isAlphanumeric(code) && code !== SPACE && code !== TAB && code !== 0;

/** `"*"`, or `0x1d` for what a terminal cannot show. */
export function showDelimiter(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return `"${text}"`;
  return [...text].map((c) => `0x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join(' ');
}

/**
 * Whether an ISA can begin at `start`, as far as the text goes: no element much wider than an ISA has it.
 * Cheap and without garbage, for text in which the letters ISA occur a million times.
 */
export function mayBeHeader(text: string, start: number): boolean {
  const separator = text.charCodeAt(start + 3);
  if (Number.isNaN(separator)) return true;
  if (!canSeparate(separator) || isLineEnd(separator)) return false;
  let element = 0;
  let width = 0;
  for (let i = start + 4; i < text.length && element < 15; i++) {
    const code = text.charCodeAt(i);
    const most = ISA_WIDTHS[element] ?? 1;
    if (code === separator) {
      element++;
      width = 0;
    } else if (!isLineEnd(code) && ++width > (most < 10 ? most : most + 2)) return false;
    if (i - start > HEADER_LIMIT) return false;
  }
  return true;
}

/** Reads the ISA that begins at `start` of `text` (latin1). `ended`: there are no bytes after `text`. */
export function readHeader(text: string, start: number, ended: boolean, encoding: Encoding): Header {
  const short = (at: number): Header =>
    ended ? invalid('the file ends inside an ISA', 'sixteen elements and a terminator', 'end of file', at - start) : { kind: 'more' };
  const limit = Math.min(text.length, start + HEADER_LIMIT);
  if (start + 3 >= text.length) return short(text.length);
  const separator = text.charCodeAt(start + 3);
  if (!canSeparate(separator) || isLineEnd(separator)) {
    return invalid('the element separator after ISA is unusable', 'neither letter, digit nor blank', showDelimiter(text.charAt(start + 3)), 3);
  }
  const starts: number[] = [];
  for (let i = start + 3; i < limit && starts.length < 16; i++) if (text.charCodeAt(i) === separator) starts.push(i + 1);
  if (starts.length < 16) {
    if (limit < start + HEADER_LIMIT) return short(limit);
    return invalid('an ISA is not closed', `16 separators within ${HEADER_LIMIT} characters`, `${starts.length}`, 0);
  }
  const last = starts[15] ?? 0;
  const ending = readEnding(text, last + 1);
  if (ending === 'more') return short(text.length);
  if (ending === 'none') {
    return invalid(
      'the terminator after ISA16 is unusable',
      'neither letter, digit nor blank',
      showDelimiter(text.charAt(last + 1)),
      last + 1 - start,
    );
  }
  const component = text.charAt(last);
  const element = text.charAt(start + 3);
  const code = text.charCodeAt(last);
  if (!canSeparate(code) || isLineEnd(code) || component === element || component === ending.terminator || element === ending.terminator) {
    const found = `${showDelimiter(element)} ${showDelimiter(component)} ${showDelimiter(ending.terminator)}`;
    const fault = { what: 'delimiters are unusable', expected: 'three distinct ones, neither letters, digits nor blanks', found, at: last - start };
    return { kind: 'invalid', fault: { code: 'ERR_X12_DELIMITERS', ...fault, element: 16 } };
  }
  const raw = text.slice(start, last + 1);
  const elements = raw.slice(4).replace(BREAKS, '').split(element);
  const warnings: HeaderFault[] = [...ending.warnings.map((w) => ({ ...w, at: last + 1 - start }))];
  const odd = ISA_WIDTHS.findIndex((width, i) => elements[i]?.length !== width);
  if (odd >= 0) warnings.unshift(padding(odd, elements[odd] ?? '', (starts[odd] ?? start) - start));
  const version = (elements[11] ?? '').trim();
  const repetition = elements[10] ?? '';
  const repeats = version >= '00402' && repetition.length === 1 && canSeparate(repetition.charCodeAt(0));
  const taken = repetition === component || repetition === element || repetition === ending.terminator;
  return {
    kind: 'header',
    delimiters: { element, component, repetition: repeats && !taken ? repetition : undefined, terminator: ending.terminator, encoding },
    textLength: raw.length,
    length: ending.end - start,
    wrapped: /[\r\n]/.test(raw),
    plausible: /^\d{5}$/.test(version) && /^\d+ *$/.test(elements[12] ?? '') && (elements[14] ?? '').length === 1,
    warnings,
  };
}

interface Ending {
  readonly terminator: string;
  readonly end: number;
  readonly warnings: readonly Omit<HeaderFault, 'at'>[];
}

/** The terminator, which may take several bytes in UTF-8 or be a line end with blanks before it. */
function readEnding(text: string, at: number): Ending | 'more' | 'none' {
  let end = at;
  while (end < at + 8 && (text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB)) end++;
  if (end >= text.length) return 'more';
  const code = text.charCodeAt(end);
  if (end > at) {
    if (!isLineEnd(code)) return 'none';
    const warning = { what: 'blanks stand before the terminator of ISA', expected: 'the terminator right after ISA16', found: `${end - at} blanks` };
    return { terminator: text.charAt(end), end: end + 1, warnings: [{ code: 'ERR_X12_TERMINATOR', ...warning }] };
  }
  if (!canSeparate(code)) return 'none';
  const size = code >= 0xf0 && code < 0xf5 ? 4 : code >= 0xe0 ? 3 : code >= 0xc2 ? 2 : 1;
  if (code >= 0xf5 || size === 1) return { terminator: text.charAt(at), end: at + 1, warnings: [] };
  for (let i = 1; i < size; i++) {
    if (at + i >= text.length) return 'more';
    const next = text.charCodeAt(at + i);
    if (next < 0x80 || next > 0xbf) return { terminator: text.charAt(at), end: at + 1, warnings: [] };
  }
  const terminator = text.slice(at, at + size);
  const warning = { what: 'the segment terminator is a multi-byte character', expected: 'one byte', found: showDelimiter(terminator) };
  return { terminator, end: at + size, warnings: [{ code: 'ERR_X12_TERMINATOR', ...warning }] };
}

function padding(index: number, found: string, at: number): HeaderFault {
  const name = `ISA${String(index + 1).padStart(2, '0')}`;
  const width = ISA_WIDTHS[index] ?? 0;
  return {
    code: 'ERR_X12_ISA_LENGTH',
    what: `${name} is not of its fixed width`,
    expected: `${width} characters`,
    found: `${found.length}`,
    at,
    element: index + 1,
  };
}

const invalid = (what: string, expected: string, found: string, at: number): Header => ({
  kind: 'invalid',
  fault: { code: 'ERR_X12_HEADER', what, expected, found, at },
});
