/** The request that a callback is: what an endpoint sees, in either mode of CloudEvents. */
import type { Outgoing } from '../../core/contracts.ts';
import { takeApart } from './binary-mode.ts';
import type { ExchangeRequest } from './exchange.ts';
import type { Route } from './routes.ts';
import { signatureHeaders } from './signature.ts';

/** Throws ERR_CONFIG_SECRET. Signed anew each time, so that the timestamp is the one of the sending. */
export function callbackOf(outgoing: Outgoing, { options, url, keys }: Route, authorization: Record<string, string>, now: Date): ExchangeRequest {
  const { contentType, attributes, body } =
    options.mode === 'binary' ? takeApart(outgoing.body) : { contentType: outgoing.contentType, attributes: undefined, body: outgoing.body };
  return {
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: {
      ...options.headers,
      'content-type': contentType,
      'user-agent': 'quayside',
      // Answers are kept for people to read, so they come as they are.
      'accept-encoding': 'identity',
      ...attributes,
      ...signatureHeaders(outgoing.idempotencyKey, Math.floor(now.getTime() / 1000), body, keys()),
      'idempotency-key': outgoing.idempotencyKey,
      'quayside-attempt': String(outgoing.attempt),
      ...(outgoing.replay ? { 'quayside-replay': 'true' } : {}),
      ...(outgoing.traceparent === undefined ? {} : { traceparent: outgoing.traceparent }),
      ...(options.handshake === undefined ? {} : { 'webhook-request-origin': options.handshake.origin }),
      ...authorization,
    },
    body,
  };
}
