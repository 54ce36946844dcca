/**
 * Asks an endpoint whether it has an event already: a GET whose status says yes or no, as the queue file has it.
 *
 * Whatever is not in its two lists is no answer: a page for people, a login, a redirect, an error. `absent` is believed only because the
 * file says that this endpoint can be believed.
 */
import type { Outgoing, ProbeAnswer } from '../../core/contracts.ts';
import { exchangeAuthorized } from './authorization.ts';
import type { Limits } from './exchange.ts';
import { KEY_PLACE } from './options.ts';
import { describe } from './outcome.ts';
import { type Route, urlOf } from './routes.ts';

export async function askWhetherReceived(route: Route, outgoing: Outgoing, limits: Limits): Promise<ProbeAnswer> {
  const { probe, headers } = route.options;
  if (probe === undefined) return { found: 'unknown', detail: 'the queue file says no probe' };
  const url = urlOf(probe.url.replaceAll(KEY_PLACE, encodeURIComponent(outgoing.idempotencyKey)));
  const request = (authorization: Record<string, string>) => ({
    method: 'GET' as const,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      'user-agent': 'quayside',
      'accept-encoding': 'identity',
      ...(outgoing.traceparent === undefined ? {} : { traceparent: outgoing.traceparent }),
      ...authorization,
    },
  });
  const result = await exchangeAuthorized(route, url, request, limits, 0);
  if ('failure' in result) return { found: 'unknown', detail: `the probe got no answer: ${describe(result.failure)}` };
  const { status } = result.answer;
  const found = probe.received.includes(status) ? 'received' : probe.absent.includes(status) ? 'absent' : 'unknown';
  return { found, detail: `the probe was answered ${status}: ${MEANINGS[found]}` };
}

const MEANINGS = {
  received: 'the endpoint has the event',
  absent: 'the endpoint does not have the event',
  unknown: 'neither received nor absent, by the queue file',
} as const;
