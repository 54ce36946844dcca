/** What an outcome means: for the delivery, try again and when, or give up and why; for its endpoint, well, failed, or parked. Pure. */
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
  /** The half-open probe of an endpoint whose breaker is open. */
  readonly probe: boolean;
}

/** `park`: why no further attempt may be made on this endpoint until someone looks at it. */
export type Decision = Pick<Settlement, 'event' | 'charged' | 'delayMs' | 'deadReason' | 'yields' | 'park'>;

/** `random` is in [0, 1). */
export function decide(outcome: Outcome, attempted: Attempted, endpoint: Endpoint, random: number): Decision {
  switch (outcome.class) {
    case 'delivered':
      return { event: 'succeed', charged: true, delayMs: 0, deadReason: undefined, yields: false, park: undefined };
    case 'not_sent':
    case 'throttled':
      return retryOrDie(outcome, attempted, endpoint, random);
    case 'ambiguous':
      // The endpoint may have taken it. Only one that recognises the idempotency key, or can be asked, may see it again.
      return endpoint.idempotency === 'none' ? die(OUTCOME_CODES.ambiguous, endpoint) : retryOrDie(outcome, attempted, endpoint, random);
    case 'rejected':
      return die(OUTCOME_CODES.rejected, endpoint);
    case 'redirect':
      return die(OUTCOME_CODES.redirect, endpoint);
    case 'auth':
    case 'gone':
    case 'refused':
      return { ...released, park: `${OUTCOME_CODES[outcome.class]} ${outcome.detail}` };
  }
}

const released = { event: 'release', charged: false, delayMs: 0, deadReason: undefined, yields: false, park: undefined } as const;

const die = (deadReason: ErrorCode, endpoint: Endpoint): Decision => ({
  event: 'die',
  charged: true,
  delayMs: 0,
  deadReason,
  yields: endpoint.ordering === 'skip',
  park: undefined,
});

function retryOrDie(outcome: Outcome, attempted: Attempted, endpoint: Endpoint, random: number): Decision {
  // A probe asks how the endpoint is: its failure is not the document's, so that a day of outage uses up no schedule.
  if (attempted.probe) return released;
  const { delaysMs, jitter, maximumAgeMs } = endpoint.schedule;
  const delay = delaysMs[attempted.attempts + 1];
  if (delay === undefined) return die('ERR_DELIVERY_EXHAUSTED', endpoint);
  const spread = delay * (1 + jitter * (2 * random - 1));
  const delayMs = Math.round(Math.max(spread, outcome.retryAfterMs ?? 0));
  if (maximumAgeMs !== undefined && attempted.ageMs + delayMs > maximumAgeMs) return die('ERR_DELIVERY_EXPIRED', endpoint);
  return { event: 'retry', charged: true, delayMs, deadReason: undefined, yields: false, park: undefined };
}

/** Too many requests and too early say that it lives; every other lack of a clear answer counts against it. */
export function healthOf(outcome: Outcome): Settlement['health'] {
  switch (outcome.class) {
    case 'delivered':
      return 'well';
    case 'not_sent':
    case 'ambiguous':
      return 'failed';
    case 'throttled':
      return outcome.status === 429 || outcome.status === 425 ? 'indifferent' : 'failed';
    case 'rejected':
    case 'redirect':
      return 'rejected';
    case 'auth':
    case 'gone':
    case 'refused':
      return 'indifferent';
  }
}
