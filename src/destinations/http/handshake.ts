/**
 * Asks an endpoint whether it wants our deliveries (CloudEvents, HTTP 1.1 Web Hooks for Event Delivery 1.0.2, §4).
 *
 * Consent is a header, never a status: an answer without it is a refusal, unless it says that the endpoint cannot answer now. A callback
 * (WebHook-Request-Callback) is not offered. The request carries no credentials: consent comes before trust.
 */
import { parseDuration } from '../../core/duration.ts';
import { exchange, headerOf, type Limits } from './exchange.ts';
import type { Lines } from './lines.ts';
import type { HttpOptions } from './options.ts';
import { describe, outcomeOfFailure, parseRetryAfter, Withheld } from './outcome.ts';
import type { Obtained } from './renewable.ts';

const AGAIN_MS = 24 * 3_600_000;

export async function askConsent(
  lines: Lines,
  options: HttpOptions,
  handshake: NonNullable<HttpOptions['handshake']>,
  now: () => Date,
  limits: Limits,
): Promise<Obtained<true>> {
  const url = new URL(options.url);
  const { origin, rate, again } = handshake;
  const headers = {
    ...options.headers,
    'user-agent': 'quayside',
    'accept-encoding': 'identity',
    'webhook-request-origin': origin,
    ...(rate === undefined ? {} : { 'webhook-request-rate': String(rate) }),
  };
  const asked = performance.now();
  const result = await exchange(lines.poolTo(url), { method: 'OPTIONS', path: `${url.pathname}${url.search}`, headers }, limits, 0);
  if ('failure' in result) {
    const outcome = outcomeOfFailure(result.failure, false);
    throw new Withheld(outcome.class === 'not_sent' ? { ...outcome, detail: `no handshake: ${describe(result.failure)}` } : outcome);
  }
  const { answer } = result;
  const { status } = answer;
  const allowed = headerOf(answer, 'webhook-allowed-origin')?.trim().toLowerCase();
  const retryAfterMs = parseRetryAfter(headerOf(answer, 'retry-after'), now());
  if (allowed === undefined && (status >= 500 || status === 408 || status === 425 || status === 429)) {
    const detail = `no handshake: the endpoint answered ${status}`;
    throw new Withheld({ class: 'not_sent', status, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
  const refused = (detail: string) => new Withheld({ class: 'refused', status, detail: `the endpoint does not consent to deliveries: ${detail}` });
  if (allowed === undefined) throw refused(`its answer, ${status}, has no WebHook-Allowed-Origin`);
  if (allowed !== origin && allowed !== '*') throw refused(`expected WebHook-Allowed-Origin ${origin}, found another`);
  if (rate !== undefined) checkRate(rate, headerOf(answer, 'webhook-allowed-rate')?.trim(), refused);
  return { value: true, until: asked + (again === undefined ? AGAIN_MS : (parseDuration(again) ?? AGAIN_MS)) };
}

/** Less than was asked for is a refusal: whoever wrote the file has to decide what to do with it. */
function checkRate(rate: number, allowed: string | undefined, refused: (detail: string) => Withheld): void {
  if (allowed === '*') return;
  if (allowed === undefined) throw refused(`expected WebHook-Allowed-Rate for the ${rate} a minute asked for, found none`);
  if (!/^[1-9]\d{0,9}$/.test(allowed)) throw refused('expected a number or * in WebHook-Allowed-Rate, found something else');
  if (Number(allowed) < rate) throw refused(`it allows ${allowed} requests a minute, ${rate} were asked for`);
}
