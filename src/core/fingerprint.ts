/** Groups faults that have one cause: the same words, whatever numbers and ids stand in them. */
import { createHash } from 'node:crypto';

/** 12 hex digits; equal for parts that differ only in digits, quoted values and UUIDs. */
export function fingerprintOf(parts: readonly (string | number | undefined)[]): string {
  const text = parts
    .map((part) => String(part ?? ''))
    .join('\n')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '#')
    .replace(/"[^"]*"/g, '#')
    .replace(/\d+/g, '#');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
