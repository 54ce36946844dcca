/**
 * What PostgreSQL says of the whole installation at one moment: read in src/store, shown by src/telemetry, judged by alerts.
 *
 * Ages are PostgreSQL's own (its clock stamped what they are counted from). Counts stop at a limit, so that reading them takes as
 * long on a bad day as on a good one: COUNT_LIMIT means "at least so many".
 */

/** No count says more. */
export const COUNT_LIMIT = 100_000;
/** Of dead letters; with so many, smaller groups may be missing. */
export const GROUP_LIMIT = 1_000;

export interface EndpointFigures {
  readonly endpoint: string;
  readonly state: 'active' | 'parked' | 'disabled';
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** Why it is not served, if it is not. */
  readonly reason: string | null;
  /** Since when it is parked, or its breaker is not closed. */
  readonly stoppedSeconds: number | null;
  /** Head of its order and due. */
  readonly due: number;
  /** Head of its order, waits for its time. */
  readonly retryWait: number;
  /** Behind another one of its order. */
  readonly blocked: number;
  readonly queued: number;
  readonly inFlight: number;
  readonly oldestDueSeconds: number | null;
  readonly oldestBlockedSeconds: number | null;
}

export interface DeadLetterGroup {
  readonly stage: 'receive' | 'translate' | 'deliver';
  readonly fingerprint: string;
  readonly count: number;
}

/** Of one partner and mapping: kinds of source that no rule reads, met in the last 24 hours by the version in use. */
export interface UnexplainedFigures {
  readonly partner: string;
  readonly mapping: string;
  readonly kinds: number;
  /** The newest kind, with an example. */
  readonly key: string;
  readonly example: string;
}

export interface Tally {
  readonly name: string;
  readonly count: number;
}

export interface StoreFigures {
  readonly endpoints: readonly EndpointFigures[];
  /** The largest first. */
  readonly deadLetters: readonly DeadLetterGroup[];
  /** Received and not yet translated. */
  readonly untranslated: number;
  readonly oldestUntranslatedSeconds: number | null;
  /** Events of the last 24 hours that no endpoint wanted. */
  readonly unrouted: number;
  /** Documents that wait for a person: held or quarantined. */
  readonly quarantined: number;
  readonly unexplained: readonly UnexplainedFigures[];
  /** By action, of the last 24 hours. */
  readonly interventions: readonly Tally[];
  /** By state. */
  readonly replayJobs: readonly Tally[];
  /** That have begun and are not over, by rule. */
  readonly alerts: readonly Tally[];
}
