/** How many rows people ask for; what they read is held in memory. */
import { GatewayError } from '../core/errors/errors.ts';

export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new GatewayError('ERR_USAGE', `--limit: expected a whole number from 1 to 99999, found "${text}"`);
}
