/** From figures to what is wrong right now, in words: pure, so that every rule can be tried without a clock or a database. */
import { COUNT_LIMIT, type EndpointFigures, GROUP_LIMIT, type StoreFigures, type UnexplainedFigures } from '../core/store-figures.ts';
import type { AlertRule, Alerts, RuleName, Silence } from './alerts-file.ts';

/** Something that an alert is about, as long as it is true. */
export interface Condition {
  readonly rule: RuleName;
  /** What it is about, among those of its rule. */
  readonly subject: string;
  /** Grows with the thresholds that are passed; 1 where a rule has none. */
  readonly level: number;
  /** One sentence. */
  readonly summary: string;
  /** What to do. */
  readonly hint: string;
}

export interface Heard {
  readonly silence: Silence;
  /** Since the last message, or since we began to listen. */
  readonly silentSeconds: number;
}

export function conditionsOf(figures: StoreFigures, heard: readonly Heard[], { rules }: Pick<Alerts, 'rules'>): Condition[] {
  const found: Condition[] = [];
  const judge = (name: RuleName, of: (rule: AlertRule) => readonly Omit<Condition, 'rule'>[]): void => {
    const rule = rules.get(name);
    if (rule !== undefined) found.push(...of(rule).map((condition) => ({ rule: name, ...condition })));
  };
  const served = figures.endpoints.filter((endpoint) => !isStopped(endpoint));
  judge('stopped', ({ afterMs }) => figures.endpoints.filter(isStopped).filter(olderThan(afterMs, 'stoppedSeconds')).map(stopped));
  // Behind an endpoint that is stopped everything waits and is due: that is said once.
  judge('blocked', ({ afterMs }) => served.filter(olderThan(afterMs, 'oldestBlockedSeconds')).map(blocked));
  judge('overdue', ({ afterMs }) => served.filter(olderThan(afterMs, 'oldestDueSeconds')).map(overdue));
  judge('dead', ({ thresholds }) =>
    figures.deadLetters.flatMap(({ stage, fingerprint, count }) =>
      counted(count, thresholds, {
        subject: `${stage}/${fingerprint}`,
        summary: `${many(count, 'dead letter')} of one cause (${stage}, fingerprint ${fingerprint})`,
        hint: `quayside dead list shows them; mend the cause, then quayside replay --fingerprint ${fingerprint}`,
      }),
    ),
  );
  judge('silence', () => heard.filter(({ silence, silentSeconds }) => silentSeconds * 1000 >= silence.afterMs).map(silent));
  judge('unrouted', () => counted(figures.unrouted, [1], unrouted(figures.unrouted)));
  judge('quarantine', ({ thresholds }) => counted(figures.quarantined, thresholds, quarantined(figures.quarantined)));
  judge('unexplained', () => figures.unexplained.map(unexplained));
  return found;
}

/** Rules of which a condition that is missing from the figures is known to be over. */
export const rulesThatEnd = (figures: StoreFigures, names: readonly RuleName[]): RuleName[] =>
  names.filter((name) => name !== 'dead' || figures.deadLetters.length < GROUP_LIMIT);

const isStopped = (endpoint: EndpointFigures): boolean => endpoint.state !== 'active' || endpoint.breaker !== 'closed';

const olderThan =
  (afterMs: number, age: 'stoppedSeconds' | 'oldestBlockedSeconds' | 'oldestDueSeconds') =>
  (endpoint: EndpointFigures): boolean => {
    const seconds = endpoint[age];
    return seconds !== null && seconds * 1000 >= afterMs;
  };

type Words = Omit<Condition, 'rule'>;

const stopped = ({ endpoint, state, stoppedSeconds, reason, due }: EndpointFigures): Words => ({
  subject: endpoint,
  level: 1,
  summary: `endpoint ${endpoint} ${state === 'active' ? 'is not sent to, its breaker is open' : `is ${state}`} since ${inWords(stoppedSeconds ?? 0)}, ${many(due, 'delivery', 'deliveries')} due: ${reason ?? 'no reason is known'}`,
  hint: state === 'active' ? 'mend the endpoint; it is probed by itself' : `mend the endpoint, then quayside endpoint resume ${endpoint}`,
});

const blocked = ({ endpoint, blocked: count, oldestBlockedSeconds }: EndpointFigures): Words => ({
  subject: endpoint,
  level: 1,
  summary: `${many(count, 'delivery', 'deliveries')} to ${endpoint} behind an earlier one of their order, the oldest since ${inWords(oldestBlockedSeconds ?? 0)}`,
  hint: 'quayside dead list shows what blocks them: replay, skip or discard it',
});

const overdue = ({ endpoint, due, oldestDueSeconds }: EndpointFigures): Words => ({
  subject: endpoint,
  level: 1,
  summary: `${many(due, 'delivery', 'deliveries')} due at ${endpoint}, the oldest since ${inWords(oldestDueSeconds ?? 0)}`,
  hint: 'is a gateway with the deliver role running, and does the endpoint answer in time? Raise maxInFlight where it is merely slow',
});

const silent = ({ silence, silentSeconds }: Heard): Words => ({
  subject: silence.subject,
  level: 1,
  summary: `nothing was received from ${silence.channel === undefined ? 'anybody' : silence.subject} for ${inWords(silentSeconds)}`,
  hint: 'look for channel faults in the log, run quayside doctor, then ask the partner',
});

const unrouted = (count: number): Omit<Words, 'level'> => ({
  subject: 'events',
  summary: `${many(count, 'event')} of the last 24 hours that no endpoint wanted`,
  hint: 'the log names them (unrouted): add the event to the queue file that should have it',
});

const quarantined = (count: number): Omit<Words, 'level'> => ({
  subject: 'documents',
  summary: `${many(count, 'document')} held or quarantined, waiting for a person`,
  hint: 'quayside quarantine list, then release or reject each',
});

/** Each kind more is told anew: it is something else that the partner has begun to send. */
const unexplained = ({ partner, mapping, kinds, key, example }: UnexplainedFigures): Words => ({
  subject: `${partner}/${mapping}`,
  level: kinds,
  summary: `${partner} sends ${many(kinds, 'kind')} of source that no rule of ${mapping} reads, the newest ${key}, e.g. ${example.slice(0, 40)}`,
  hint: `quayside map coverage --live --partner ${partner}; map what matters, name the rest under ignore with a reason`,
});

/** Its level is the highest threshold that the count has reached; below the first it is nothing. */
function counted(count: number, thresholds: readonly number[], words: Omit<Words, 'level'>): Words[] {
  const level = thresholds.findLast((threshold) => count >= threshold);
  return level === undefined ? [] : [{ ...words, level }];
}

const many = (count: number, one: string, more = `${one}s`): string =>
  `${count >= COUNT_LIMIT ? 'at least ' : ''}${count} ${count === 1 ? one : more}`;

function inWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
