/** How many rows people ask for. */
import { GatewayError } from '../core/errors/errors.ts';

export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new GatewayError('ERR_USAGE', `--limit: expected a positive whole number, found "${text}"`);
}
