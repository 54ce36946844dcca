/**
 * Gauges of the whole installation, read from PostgreSQL when someone scrapes.
 *
 * Ten scrapers are one question: an answer is kept for a few seconds, and while one is under way nobody asks again. A scrape never
 * waits for a database that is away: it says quayside_store_up 0 and leaves the other gauges out, because an old figure that looks
 * like a new one is worse than none. Every gateway shows the same figures: take the maximum over them, never the sum.
 */
import { Gauge, Registry } from 'prom-client';
import type { EndpointFigures, StoreFigures, Tally } from '../core/store-figures.ts';

const KEPT_MS = 5_000;
/** On a bad day the questions take longer: they are asked the less often, so that they never are more than a twentieth of the time. */
const KEPT_FOR_EACH_MS = 20;
/** Half of what Prometheus waits for a scrape. */
const PATIENCE_MS = 5_000;
/** A connection that died without a word: after so long another one is asked. */
const GIVEN_UP_MS = 60_000;
/** Fingerprints that have a series of their own; the rest is one series, `other`. */
const TOP_FINGERPRINTS = 50;

export interface StoreGauges {
  /** In Prometheus' text format, within a bounded time. */
  render(): Promise<string>;
}

const DEPTHS: readonly [state: string, of: (figures: EndpointFigures) => number][] = [
  ['due', (figures) => figures.due],
  ['retry_wait', (figures) => figures.retryWait],
  ['blocked', (figures) => figures.blocked],
  ['queued', (figures) => figures.queued],
  ['in_flight', (figures) => figures.inFlight],
];
const BREAKERS = ['closed', 'half_open', 'open'] as const;

export function createStoreGauges(read: () => Promise<StoreFigures>, patienceMs = PATIENCE_MS): StoreGauges {
  let asking: Promise<string> | undefined;
  let kept: { readonly text: string; readonly until: number } | undefined;
  const ask = async (): Promise<string> => {
    const askedAt = performance.now();
    const figures = await withPatience(read(), GIVEN_UP_MS).catch(() => undefined);
    const text = await expose(figures);
    const now = performance.now();
    kept = { text, until: now + (figures === undefined ? KEPT_MS : Math.max(KEPT_MS, (now - askedAt) * KEPT_FOR_EACH_MS)) };
    asking = undefined;
    return text;
  };
  return {
    async render() {
      if (kept !== undefined && performance.now() < kept.until) return kept.text;
      asking ??= ask();
      return (await withPatience(asking, patienceMs)) ?? expose(undefined);
    },
  };
}

/** A registry for each answer: a label that is gone must be gone from the text. */
async function expose(figures: StoreFigures | undefined): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, ...labelNames: string[]) => new Gauge({ name, help, labelNames, registers: [registry] });
  gauge('quayside_store_up', 'Whether PostgreSQL answered the last question for the gauges of the installation in time.').set(
    figures === undefined ? 0 : 1,
  );
  if (figures === undefined) return registry.metrics();

  exposeEndpoints(figures.endpoints, gauge);
  const dead = gauge('quayside_dead_letters', 'Dead letters: the 50 largest groups, and the rest as other.', 'stage', 'fingerprint');
  for (const [index, { stage, fingerprint, count }] of figures.deadLetters.entries())
    dead.inc({ stage, fingerprint: index < TOP_FINGERPRINTS ? fingerprint : 'other' }, count);
  gauge('quayside_untranslated_messages', 'Messages received and not yet translated.').set(figures.untranslated);
  gauge('quayside_oldest_untranslated_age_seconds', 'How long the oldest of them has been here; 0 without one.').set(
    figures.oldestUntranslatedSeconds ?? 0,
  );
  gauge('quayside_unrouted_events', 'Events of the last 24 hours that no endpoint wanted.').set(figures.unrouted);
  gauge('quayside_quarantined_documents', 'Documents that wait for a person: held or quarantined.').set(figures.quarantined);
  const unexplained = gauge(
    'quayside_unexplained_sources',
    'Kinds of source of the last 24 hours that no rule reads, by partner and mapping.',
    'partner',
    'mapping',
  );
  for (const { partner, mapping, kinds } of figures.unexplained) unexplained.set({ partner, mapping }, kinds);
  const tallies: [tallies: readonly Tally[], name: string, help: string, label: string][] = [
    [figures.interventions, 'quayside_interventions', 'What people changed in the last 24 hours, by action (the audit).', 'action'],
    [figures.replayJobs, 'quayside_replay_jobs', 'Replay jobs that are not over, by state.', 'state'],
    [figures.alerts, 'quayside_alerts', 'Alerts that have begun and are not over, by rule.', 'rule'],
  ];
  for (const [entries, name, help, label] of tallies) {
    const metric = gauge(name, help, label);
    for (const tally of entries) metric.set({ [label]: tally.name }, tally.count);
  }
  return registry.metrics();
}

type MakeGauge = (name: string, help: string, ...labelNames: string[]) => Gauge;

function exposeEndpoints(endpoints: readonly EndpointFigures[], gauge: MakeGauge): void {
  const depth = gauge('quayside_queue_depth', 'Open deliveries by endpoint and state; a count ends at 100000.', 'endpoint', 'state');
  const oldestDue = gauge('quayside_oldest_due_age_seconds', 'How long the longest due delivery of an endpoint has been due.', 'endpoint');
  const oldestBlocked = gauge('quayside_oldest_blocked_age_seconds', 'Age of the oldest delivery behind an earlier one of its order.', 'endpoint');
  const parked = gauge('quayside_endpoint_parked', '1: nothing is sent to the endpoint until a person resumes it.', 'endpoint');
  const breaker = gauge('quayside_endpoint_breaker', '1 for the state that the breaker of an endpoint is in.', 'endpoint', 'state');
  for (const figures of endpoints) {
    const { endpoint } = figures;
    for (const [state, of] of DEPTHS) depth.set({ endpoint, state }, of(figures));
    oldestDue.set({ endpoint }, figures.oldestDueSeconds ?? 0);
    oldestBlocked.set({ endpoint }, figures.oldestBlockedSeconds ?? 0);
    parked.set({ endpoint }, figures.state === 'active' ? 0 : 1);
    for (const state of BREAKERS) breaker.set({ endpoint, state }, figures.breaker === state ? 1 : 0);
  }
}

async function withPatience<T>(promise: Promise<T>, patienceMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
