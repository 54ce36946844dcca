/** Who the audit names for what is done on the command line, and why. */
import { hostname, userInfo } from 'node:os';
import { GatewayError } from '../core/errors/errors.ts';

export const operatorName = (): string => `cli:${userInfo().username}@${hostname()}`;

/** Refuses a reason that says nothing. */
export function operatorBecause(reason: string): { actor: string; reason: string } {
  if (reason.trim() === '') throw new GatewayError('ERR_USAGE', '--reason: expected a sentence for the audit, found nothing');
  return { actor: operatorName(), reason };
}
