/** CTT: the number of lines, and the hash total of their quantities. */
import Big from 'big.js';
import type { TransactionSet } from './envelope.ts';
import { type Report, shown } from './fault.ts';
import type { SetDefinition } from './grammar.ts';
import type { X12Segment } from './segment.ts';

/** The size of CTT02: a hash total loses what is left of it. */
const HASH_DIGITS = 10;

export function checkTotals({ segments }: TransactionSet, { lines: { counted, hashed } }: SetDefinition, report: Report): void {
  const ctt = segments.findLast((segment) => segment.id === 'CTT');
  if (ctt === undefined || counted === undefined) return;
  let lines = 0;
  for (const segment of segments) if (segment.id === counted) lines++;
  const claimed = ctt.value(1).trim();
  if (/^\d+$/.test(claimed) && Number(claimed) !== lines) {
    report('ERR_X12_LINE_COUNT', ctt, 1, `CTT01 is not the number of ${counted}`, String(lines), shown(claimed));
  }
  if (hashed !== undefined) checkHash(segments, ctt, hashed, report);
}

const NUMBER = /^-?(\d+\.?\d*|\.\d+)$/;

/** The same as `value`, without the table of positions that it makes for the segment. */
function quickly(segment: X12Segment, element: number): string {
  if (segment.wrapped) return segment.value(element);
  const { text } = segment;
  const separator = segment.delimiters.element;
  let from = 0;
  for (let passed = 0; passed < element; passed++) {
    from = text.indexOf(separator, from) + 1;
    if (from === 0) return '';
  }
  const to = text.indexOf(separator, from);
  return text.slice(from, to < 0 ? text.length : to);
}

const WHOLE_DIGITS = 9;

function isWhole(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 0x30 || value.charCodeAt(i) > 0x39) return false;
  return true;
}

/** Senders write the plain sum or what X12 calls a hash total: the digits summed without points and signs. */
function checkHash(segments: readonly X12Segment[], ctt: X12Segment, hashed: string, report: Report): void {
  const claimed = ctt.value(2).trim();
  if (!NUMBER.test(claimed)) return;
  const id = hashed.slice(0, 3);
  const element = Number(hashed.slice(3));
  // Whole numbers, as nearly all are, are summed apart: many of them stay far below where integers are exact.
  let whole = 0;
  let broken = Big('0');
  let digits = 0n;
  for (const segment of segments) {
    if (segment.id !== id) continue;
    const value = quickly(segment, element).trim();
    if (value === '') continue;
    if (value.length <= WHOLE_DIGITS && isWhole(value) && whole < Number.MAX_SAFE_INTEGER / 2) {
      whole += Number(value);
      continue;
    }
    // A quantity that is no number has a fault of its own; nothing can be summed.
    if (!NUMBER.test(value)) return;
    broken = broken.plus(value.replace(/\.$/, '').replace(/^(-?)\./, '$10.'));
    digits += BigInt(value.replace(/[-.]/g, ''));
  }
  const sum = broken.plus(String(whole));
  const hash = (digits + BigInt(whole)) % 10n ** BigInt(HASH_DIGITS);
  if (Big(claimed.replace(/\.$/, '')).eq(sum) || BigInt(claimed.replace(/[-.]/g, '')) === hash) return;
  const expected = sum.eq(hash.toString()) ? sum.toFixed() : `${sum.toFixed()} or ${hash}`;
  report('ERR_X12_HASH_TOTAL', ctt, 2, `CTT02 is not the hash total of ${hashed}`, expected, shown(claimed));
}
