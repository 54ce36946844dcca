/** Ids that people type. */
import { GatewayError } from '../core/errors/errors.ts';

/** Ids are UUIDs; anything else is a typing mistake, said before a store is asked. */
export function checkId(id: string): void {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return;
  throw new GatewayError('ERR_USAGE', `expected an id such as 6a1c7c6e-0f3f-4c7e-9d0e-2f8a4a5b6c7d, found "${id}"`);
}
