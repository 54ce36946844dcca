/** What an outcome means: try again and when, give up and why, or park the endpoint. Pure. */
import type { Outcome, OutcomeClass } from '../core/contracts.ts';
import type { ErrorCode } from '../core/errors/errors.ts';
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import type { Settlement } from '../store/deliveries.ts';

/** Under which code an outcome stands in logs, dead letters and park reasons. */
export const OUTCOME_CODES = {
  not_sent: 'ERR_DELIVERY_NOT_SENT',
  ambiguous: 'ERR_DELIVERY_AMBIGUOUS',
  throttled: 'ERR_DELIVERY_THROTTLED',
  auth: 'ERR_DELIVERY_AUTH',
  gone: 'ERR_DELIVERY_GONE',
  rejected: 'ERR_DELIVERY_REJECTED',
  redirect: 'ERR_DELIVERY_REDIRECT',
  refused: 'ERR_DELIVERY_EGRESS',
} as const satisfies Record<Exclude<OutcomeClass, 'delivered'>, ErrorCode>;

export interface Attempted {
  /** Charged before this attempt. */
  readonly attempts: number;
  readonly ageMs: number;
}

export interface Decision extends Pick<Settlement, 'event' | 'charged' | 'delayMs' | 'deadReason'> {
  /** Why no further attempt may be made on this endpoint until someone looks at it. */
  readonly park?: string | undefined;
}

/** `random` is in [0, 1). */
export function decide(outcome: Outcome, attempted: Attempted, endpoint: Endpoint, random: number): Decision {
  switch (outcome.class) {
    case 'delivered':
      return { event: 'succeed', charged: true, delayMs: 0, deadReason: undefined };
    case 'not_sent':
    case 'throttled':
      return retryOrDie(outcome, attempted, endpoint, random);
    case 'ambiguous':
      // The endpoint may have taken it. Only one that recognises the idempotency key may see it again unasked.
      return endpoint.idempotency === 'none' ? die(OUTCOME_CODES.ambiguous) : retryOrDie(outcome, attempted, endpoint, random);
    case 'rejected':
      return die(OUTCOME_CODES.rejected);
    case 'redirect':
      return die(OUTCOME_CODES.redirect);
    case 'auth':
    case 'gone':
    case 'refused':
      return { event: 'release', charged: false, delayMs: 0, deadReason: undefined, park: `${OUTCOME_CODES[outcome.class]} ${outcome.detail}` };
  }
}

const die = (deadReason: ErrorCode): Decision => ({ event: 'die', charged: true, delayMs: 0, deadReason });

function retryOrDie(outcome: Outcome, attempted: Attempted, endpoint: Endpoint, random: number): Decision {
  const { delaysMs, jitter, maximumAgeMs } = endpoint.schedule;
  const delay = delaysMs[attempted.attempts + 1];
  if (delay === undefined) return die('ERR_DELIVERY_EXHAUSTED');
  const spread = delay * (1 + jitter * (2 * random - 1));
  const delayMs = Math.round(Math.max(spread, outcome.retryAfterMs ?? 0));
  if (maximumAgeMs !== undefined && attempted.ageMs + delayMs > maximumAgeMs) return die('ERR_DELIVERY_EXPIRED');
  return { event: 'retry', charged: true, delayMs, deadReason: undefined };
}
