/** What an outcome means: try again and when, give up and why, or park the endpoint. Pure. */
import type { Outcome } from '../core/contracts.ts';
import type { Settlement } from '../store/deliveries.ts';
import type { Endpoint } from '../endpoints/endpoint-file.ts';

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
      return endpoint.idempotency === 'none' ? die('ambiguous') : retryOrDie(outcome, attempted, endpoint, random);
    case 'rejected':
      return die('rejected');
    case 'redirect':
      return die('redirect');
    case 'auth':
    case 'gone':
    case 'refused':
      return { event: 'release', charged: false, delayMs: 0, deadReason: undefined, park: `${outcome.class}: ${outcome.detail}` };
  }
}

const die = (deadReason: string): Decision => ({ event: 'die', charged: true, delayMs: 0, deadReason });

function retryOrDie(outcome: Outcome, attempted: Attempted, endpoint: Endpoint, random: number): Decision {
  const { delaysMs, jitter, maximumAgeMs } = endpoint.schedule;
  const delay = delaysMs[attempted.attempts + 1];
  if (delay === undefined) return die('exhausted');
  const spread = delay * (1 + jitter * (2 * random - 1));
  const delayMs = Math.round(Math.max(spread, outcome.retryAfterMs ?? 0));
  if (maximumAgeMs !== undefined && attempted.ageMs + delayMs > maximumAgeMs) return die('expired');
  return { event: 'retry', charged: true, delayMs, deadReason: undefined };
}
