/** Points in time that people type. */
import { GatewayError } from '../core/errors/errors.ts';

/** `2h` before `now`, or a date, or a time; refuses anything else. */
export function parseSince(text: string | undefined, now: Date, option = '--since'): Date | undefined {
  if (text === undefined) return undefined;
  const ago = /^(\d+)(m|h|d)$/.exec(text);
  if (ago !== null) return new Date(now.getTime() - Number(ago[1]) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[ago[2] as 'm' | 'h' | 'd']);
  const at = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(at.getTime())) return at;
  throw new GatewayError('ERR_USAGE', `${option}: expected a date, a time or a span such as 2h, found "${text}"`);
}
