/** What an answer, or the lack of one, means for a delivery: docs/architecture.md, outcome classes. */
import type { Outcome, OutcomeClass } from '../../core/contracts.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { EgressRefused } from './egress.ts';
import { type Answer, headerOf, readable } from './exchange.ts';

/** No endpoint may put a delivery off for longer in one go. */
export const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** Thrown where an attempt ends before the event is sent: no token, no consent. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.detail);
    this.outcome = outcome;
  }
}

export function outcomeOfAnswer(answer: Answer, now: Date): Outcome {
  const retryAfterMs = parseRetryAfter(headerOf(answer, 'retry-after'), now);
  const outcomeClass = classOfStatus(answer.status, retryAfterMs !== undefined);
  const body = readable(answer);
  return {
    class: outcomeClass,
    status: answer.status,
    detail: `the endpoint answered ${answer.status}${outcomeClass === 'redirect' ? ', redirects are not followed' : ''}`,
    ...(body === '' ? {} : { responseBody: body }),
    ...(retryAfterMs === undefined || outcomeClass === 'delivered' ? {} : { retryAfterMs }),
  };
}

/** An attempt that ended without an answer. `sent`: a byte may have been written. Credentials of ours that are missing park the endpoint as refused ones do. */
export function outcomeOfFailure(failure: unknown, sent: boolean): Outcome {
  if (failure instanceof Withheld) return failure.outcome;
  const reason = describe(failure);
  if (failure instanceof EgressRefused) return { class: 'refused', detail: reason };
  if (failure instanceof GatewayError && failure.code === 'ERR_CONFIG_SECRET') return { class: 'auth', detail: failure.message };
  if (sent) return { class: 'ambiguous', detail: `no answer came after the request was sent: ${reason}` };
  return { class: 'not_sent', detail: `the request was not sent: ${reason}` };
}

/** 500, 502, 504 stay ambiguous even with Retry-After: the document may have been taken, and only an idempotent endpoint may see it again. */
function classOfStatus(status: number, asksForPatience: boolean): OutcomeClass {
  if (status >= 200 && status < 300) return 'delivered';
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 401 || status === 403) return 'auth';
  if (status === 410) return 'gone';
  if (status === 408 || status === 425 || status === 429 || status === 503) return 'throttled';
  if (status === 500 || status === 502 || status === 504) return 'ambiguous';
  if (asksForPatience) return 'throttled';
  return status >= 400 && status < 500 ? 'rejected' : 'ambiguous';
}

/** RFC 9110 §10.2.3: seconds or an HTTP date. What is neither counts as absent. */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  const text = value?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) - now.getTime() : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}

/** One sentence of a failure, with its code: what ops see. */
export function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const inner = failure instanceof AggregateError && failure.errors[0] instanceof Error ? failure.errors[0] : failure;
  const code = 'code' in inner && typeof inner.code === 'string' && !inner.message.includes(inner.code) ? ` (${inner.code})` : '';
  return `${inner.message}${code}`.slice(0, 300);
}
