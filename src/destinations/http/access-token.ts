/**
 * OAuth 2.0 client credentials (RFC 6749 §4.4): asks for an access token.
 *
 * What goes wrong here happened before the event was sent: never `ambiguous`, never `rejected`, which would make a dead letter of an event
 * for a fault of our credentials. Neither the secret nor anything the token endpoint says in words reaches an outcome or a log.
 */
import type { Outcome } from '../../core/contracts.ts';
import type { OAuth2Options } from './auth-options.ts';
import { type Answer, exchange, headerOf, type Limits } from './exchange.ts';
import type { Lines } from './lines.ts';
import { describe, outcomeOfFailure, parseRetryAfter, Withheld } from './outcome.ts';
import type { Obtained } from './renewable.ts';

/** How long a token is relied on when its answer does not say: short, and a 401 ends it earlier. */
export const UNSTATED_LIFETIME_S = 300;
const MAX_LIFETIME_S = 24 * 3600;
/** Not used in its last moments, in which it could expire on the way; of a short-lived one, not in its second half. */
const MARGIN_S = 30;
const MAX_TOKEN_ANSWER_BYTES = 64 * 1024;

export async function requestToken(
  lines: Lines,
  options: OAuth2Options,
  secretOf: (reference: string) => string,
  now: () => Date,
  limits: Limits,
): Promise<Obtained<string>> {
  const url = new URL(options.tokenUrl);
  const asked = performance.now();
  const request = tokenRequest(url, options, secretOf(options.clientSecret));
  const result = await exchange(lines.poolTo(url), request, limits, MAX_TOKEN_ANSWER_BYTES);
  if ('failure' in result) throw new Withheld(noAnswer(result.failure));
  const { answer } = result;
  if (answer.status !== 200) throw new Withheld(refusal(answer, now()));
  return tokenIn(answer, asked);
}

function tokenRequest(url: URL, { clientId, style, scope, audience }: OAuth2Options, secret: string) {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) form.set('scope', scope);
  if (audience !== undefined) form.set('audience', audience);
  if (style === 'body') {
    form.set('client_id', clientId);
    form.set('client_secret', secret);
  }
  // RFC 6749 §2.3.1: id and secret are form-encoded before they are put together.
  const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
  return {
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'quayside',
      ...(style === 'basic' ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {}),
    },
    body: Buffer.from(form.toString()),
  } as const;
}

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** Whether the token request itself was sent does not matter: the event was not. */
function noAnswer(failure: Error): Outcome {
  const outcome = outcomeOfFailure(failure, false);
  return outcome.class === 'not_sent' ? { ...outcome, detail: `no access token: ${describe(failure)}` } : outcome;
}

function refusal(answer: Answer, now: Date): Outcome {
  const { status } = answer;
  const retryAfterMs = parseRetryAfter(headerOf(answer, 'retry-after'), now);
  const later = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const said = `no access token: the token endpoint answered ${status}`;
  if (status === 408 || status === 425 || status === 429) return { class: 'throttled', ...later, detail: said };
  if (status >= 500) return { class: 'not_sent', ...later, detail: said };
  if (status >= 300 && status < 400) return { class: 'auth', status, detail: `${said}, redirects are not followed` };
  if (status < 300) return { class: 'not_sent', status, detail: `${said}, expected 200` };
  const code = errorCodeIn(answer);
  return { class: 'auth', status, detail: code === undefined ? said : `${said} ${code}` };
}

/** Only a word as RFC 6749 §5.2 has them: a description could repeat what we sent. */
function errorCodeIn(answer: Answer): string | undefined {
  const { error } = objectIn(answer) ?? {};
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : undefined;
}

function tokenIn(answer: Answer, asked: number): Obtained<string> {
  const unusable = (what: string) => new Withheld({ class: 'not_sent', status: answer.status, detail: `no access token: ${what}` });
  if (answer.size > MAX_TOKEN_ANSWER_BYTES) throw unusable(`expected an answer of at most ${MAX_TOKEN_ANSWER_BYTES} bytes, found more`);
  const said = objectIn(answer);
  if (said === undefined) throw unusable('expected JSON from the token endpoint, found something else');
  const { access_token: token, token_type: type, expires_in: expiresIn } = said;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw unusable('expected an access_token of printable ASCII, found none');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw unusable('expected token_type Bearer, found another or none');
  const lifetime = lifetimeOf(expiresIn);
  return { value: token, until: asked + (lifetime - Math.min(MARGIN_S, lifetime / 2)) * 1000 };
}

/** Seconds; some servers write the number as text. What is neither counts as unstated. */
function lifetimeOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && /^\d+$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  return typeof seconds === 'number' && seconds >= 0 ? Math.min(seconds, MAX_LIFETIME_S) : UNSTATED_LIFETIME_S;
}

function objectIn({ kept }: Answer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(kept.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
