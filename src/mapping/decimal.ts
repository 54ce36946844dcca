/** Exact decimals as text. No number type of JavaScript is involved: conversions move the point, sums go through big.js in strict mode. */
import Big from 'big.js';

Big.strict = true;

/** At most what the canonical schema takes: 18 digits before the point, 10 after. */
const PLAIN = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** X12 type R, or plain text: `0012.50` → `12.50`, `.5` → `0.5`, `-3` → `-3`. Undefined if it is no decimal. */
export function readDecimal(text: string): string | undefined {
  if (isCanonical(text)) return text;
  const match = PLAIN.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  return whole === '' && fraction === '' ? undefined : join(sign, whole, fraction);
}

/** As the canonical schema writes it already: `0`, `12.50`; no sign, no zero too many in front. Read sign by sign, as most are. */
function isCanonical(text: string): boolean {
  const { length } = text;
  let at = 0;
  while (at < length && isDigit(text.charCodeAt(at))) at++;
  if (at === 0 || (at > 1 && text.charCodeAt(0) === ZERO)) return false;
  if (at === length) return true;
  if (text.charCodeAt(at) !== POINT || at + 1 === length) return false;
  for (at++; at < length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

const ZERO = 0x30;
const POINT = 0x2e;
const isDigit = (code: number): boolean => code >= ZERO && code <= ZERO + 9;

/** X12 type Nn: `9588` with 2 places → `95.88`, `-5` → `-0.05`. A point in it is not Nn. */
export function readImplied(text: string, places: number): string | undefined {
  const match = /^([+-]?)(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = ''] = match;
  const padded = digits.padStart(places + 1, '0');
  return join(sign, padded.slice(0, padded.length - places), padded.slice(padded.length - places));
}

function join(sign: string, whole: string, fraction: string): string {
  const plain = whole.replace(/^0+(?=\d)/, '') || '0';
  const text = fraction === '' ? plain : `${plain}.${fraction}`;
  return sign === '-' && /[1-9]/.test(text) ? `-${text}` : text;
}

const placesOf = (decimal: string): number => {
  const point = decimal.indexOf('.');
  return point < 0 ? 0 : decimal.length - point - 1;
};

/** The exact sum, with as many places as the longest has: `1.50` + `2` = `3.50`. */
export function addDecimals(decimals: readonly string[]): string {
  const places = Math.max(0, ...decimals.map(placesOf));
  return decimals.reduce((sum, decimal) => sum.plus(new Big(decimal)), new Big('0')).toFixed(places);
}

export const subtractDecimals = (from: string, less: string): string => addDecimals([from, less.startsWith('-') ? less.slice(1) : negate(less)]);

const negate = (decimal: string): string => (/[1-9]/.test(decimal) ? `-${decimal}` : decimal);
