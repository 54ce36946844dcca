/** Figures of an installation at rest: a test says only what is different. */
import type { EndpointFigures, StoreFigures } from '../../src/core/store-figures.ts';

export const ENDPOINT_AT_REST: EndpointFigures = {
  endpoint: 'erp',
  state: 'active',
  breaker: 'closed',
  reason: null,
  stoppedSeconds: null,
  due: 0,
  retryWait: 0,
  blocked: 0,
  queued: 0,
  inFlight: 0,
  oldestDueSeconds: null,
  oldestBlockedSeconds: null,
};

export const STORE_AT_REST: StoreFigures = {
  endpoints: [],
  deadLetters: [],
  untranslated: 0,
  oldestUntranslatedSeconds: null,
  unrouted: 0,
  quarantined: 0,
  unexplained: [],
  interventions: [],
  replayJobs: [],
  alerts: [],
};
