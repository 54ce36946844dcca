/**
 * From the Authorization header to a caller, or to the refusal that he gets.
 *
 * Whatever is wrong with a key, the answer is the same 401 (RFC 6750), so that nobody learns which keys exist; the log says which and why.
 */
import { authenticateKey, type Caller } from '../access/authenticate-key.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { problem } from './problem.ts';
import { type RateLimit, rateHeaders } from './rate-limit.ts';

const BEARER = /^Bearer +([^\s]+) *$/i;

export async function authenticate(
  gateway: Gateway,
  authorization: string | undefined,
  address: string,
  failures: RateLimit,
): Promise<Caller | Response> {
  const { database, tenant, context } = gateway;
  const [, text] = BEARER.exec(authorization ?? '') ?? [];
  const found =
    authorization === undefined
      ? { refused: 'no key' as const }
      : text === undefined
        ? { refused: 'malformed' as const }
        : await authenticateKey(database, tenant, text, context.log);
  if (!('refused' in found)) return found;
  const taken = failures.take(address);
  // Whoever tries on and on must not fill the log.
  const fields = { ...found, address };
  if (taken.allowed) context.log.warn(fields, 'a request was refused: no valid API key');
  else context.log.debug(fields, 'a request was refused: no valid API key');
  if (!taken.allowed)
    return problem('ERR_API_RATE', { detail: 'expected fewer attempts without a valid key from one address', headers: rateHeaders(taken) });
  if (found.refused === 'no key')
    return problem('ERR_API_KEY', {
      detail: 'expected Authorization: Bearer and an API key, found no such header',
      headers: { 'www-authenticate': 'Bearer realm="quayside"' },
    });
  return problem('ERR_API_KEY', {
    detail: 'the key was not accepted',
    headers: { 'www-authenticate': 'Bearer realm="quayside", error="invalid_token"' },
  });
}
