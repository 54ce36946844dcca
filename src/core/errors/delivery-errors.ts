import type { ErrorTable } from './error-table.ts';

/** Faults on the way from a canonical event to an endpoint. */
export const DELIVERY_ERRORS = {
  ERR_DELIVERY_NOT_SENT: {
    retry: 'later',
    http: 502,
    summary: 'The endpoint could not be reached: name resolution, connection or TLS failed before a byte was sent.',
    remedy: 'Check the url in the queue file and the endpoint itself; the delivery is retried on schedule.',
  },
  ERR_DELIVERY_AMBIGUOUS: {
    retry: 'later',
    http: 502,
    summary: 'The request was sent but no clear answer came: timeout, reset, 500, 502, 504 or an expired lease.',
    remedy: 'Nothing: it is repeated with the same idempotency key where the endpoint is idempotent.',
  },
  ERR_DELIVERY_THROTTLED: {
    retry: 'later',
    http: 503,
    summary: 'The endpoint asked for patience: 408, 425, 429, 503 or Retry-After.',
    remedy: 'Nothing: it is retried when the endpoint asked, else on schedule.',
  },
  ERR_DELIVERY_AUTH: {
    retry: 'later',
    http: 502,
    summary: 'The endpoint refused our credentials (401 or 403). It is parked; the attempt is not charged.',
    remedy: 'Mend the credentials in the queue file, then resume the endpoint.',
  },
  ERR_DELIVERY_GONE: {
    retry: 'later',
    http: 502,
    summary: 'The endpoint says that it is gone (410). It is parked.',
    remedy: 'Mend the url in the queue file, then resume the endpoint.',
  },
  ERR_DELIVERY_REJECTED: {
    retry: 'never',
    http: 502,
    summary: 'The endpoint refused this document for good (a 4xx answer). It is a dead letter.',
    remedy: 'Read the answer with quayside dead show, mend the cause, then quayside replay it.',
  },
  ERR_DELIVERY_REDIRECT: {
    retry: 'never',
    http: 502,
    summary: 'The endpoint answered with a redirect, which is never followed.',
    remedy: 'Put the final url in the queue file, then replay the dead letter.',
  },
  ERR_DELIVERY_EGRESS: {
    retry: 'never',
    http: 502,
    summary: 'The address that the url resolves to is private and not listed under allow in the queue file.',
    remedy: 'List the CIDR under allow if the endpoint is really there.',
  },
  ERR_DELIVERY_EXHAUSTED: {
    retry: 'never',
    http: 502,
    summary: 'Every retry of the schedule was used.',
    remedy: 'Mend the endpoint, then quayside replay the dead letter.',
  },
  ERR_DELIVERY_EXPIRED: {
    retry: 'never',
    http: 502,
    summary: 'The delivery grew older than the maximum age of the queue file allows.',
    remedy: 'Mend the endpoint, then quayside replay the dead letter if it is still of use.',
  },
  ERR_DELIVERY_STATE: {
    retry: 'never',
    http: 409,
    summary: 'The delivery is not in a state that allows this action.',
    remedy: 'Look at it: quayside dead show, quayside messages show.',
  },
  ERR_REPLAY_TOO_WIDE: {
    retry: 'never',
    http: 422,
    summary: 'The filter of a replay leaves more than one job takes, or choosing takes too long.',
    remedy: 'Narrow the filter by time, endpoint, partner or fingerprint, and replay in pieces.',
  },
  ERR_REPLAY_STATE: {
    retry: 'never',
    http: 409,
    summary: 'The replay job has ended already.',
    remedy: 'Look at it: quayside replays show.',
  },
} as const satisfies ErrorTable;
