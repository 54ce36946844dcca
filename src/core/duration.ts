/** Times in files that people write: `200ms`, `5s`, `2m`, `24h`. Whole numbers with a unit; a bare number would be a guess. */
import { Type } from '@sinclair/typebox';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(\d{1,9})(ms|s|m|h)$/;

/** Milliseconds; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** The schema of a duration in an options schema or a file; its value is the text, read with `parseDuration`. */
export const durationText = (what: string, example: string) =>
  Type.String({ pattern: DURATION.source, description: `${what}, such as ${example} (units: ms, s, m, h)` });
