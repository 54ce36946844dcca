/** Sizes that people write and read: `500MB`, `200GB`. Powers of 1024, as PostgreSQL has them; a bare number would be a guess. */

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;
const SIZE = /^([1-9]\d{0,8})(kB|MB|GB|TB)$/;

const bytesIn = (unit: (typeof UNITS)[number]): number => 1024 ** (UNITS.indexOf(unit) + 1);

/** Bytes; undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  const bytes = match === null ? 0 : Number(match[1]) * bytesIn(match[2] as (typeof UNITS)[number]);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** For people: the largest unit of which there is at least one, with one decimal below ten. */
export function formatSize(bytes: number): string {
  const unit = UNITS.findLast((candidate) => bytes >= bytesIn(candidate)) ?? 'kB';
  const count = bytes / bytesIn(unit);
  return `${count < 10 && !Number.isInteger(count) ? count.toFixed(1) : Math.floor(count)}${unit}`;
}
