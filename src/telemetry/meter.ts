/**
 * What this process counts, in Prometheus' terms. Counters and histograms are this process's own; sum them over all.
 *
 * The child of every combination of labels is looked up in a map of ours, so that a call on the way of a document costs an addition.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { OUTCOME_CLASSES } from '../core/contracts.ts';
import type { Meter } from '../core/telemetry.ts';

/** Work of milliseconds. */
const WORK_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A whole attempt: as long as an endpoint may take, five minutes at most. */
const ATTEMPT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300];
/** Waits: milliseconds on a good day, days when an endpoint was down. */
const WAIT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400];

/** One metric with these labels; a child for each combination that occurs. */
function childOf<Child>(make: (...labels: string[]) => Child): (...labels: string[]) => Child {
  const children = new Map<string, Child>();
  return (...labels) => {
    const key = labels.length === 1 ? (labels[0] ?? '') : labels.join('\n');
    let child = children.get(key);
    if (child === undefined) {
      child = make(...labels);
      children.set(key, child);
    }
    return child;
  };
}

export function createMeter(registry: Registry): Meter {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) => {
    const metric = new Counter({ name, help, labelNames, registers });
    return childOf((...labels) => metric.labels(...labels));
  };
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) => {
    const metric = new Histogram({ name, help, labelNames, buckets, registers });
    return childOf((...labels) => metric.labels(...labels));
  };
  const gauge = (name: string, help: string, labelNames: string[]) => {
    const metric = new Gauge({ name, help, labelNames, registers });
    return childOf((...labels) => metric.labels(...labels));
  };

  const stages = histogram(
    'quayside_stage_duration_seconds',
    'Work on one message (receive, translate) or one commit of translated documents (publish).',
    ['stage'],
    WORK_SECONDS,
  );
  const received = counter('quayside_messages_received_total', 'Messages stored, by partner and channel.', ['partner', 'channel']);
  const repeated = counter('quayside_messages_repeated_total', 'Hand-overs that had been received before and were only acknowledged.', [
    'partner',
    'channel',
  ]);
  const documents = counter('quayside_documents_total', 'Documents by what became of them.', ['partner', 'state']);
  const duplicates = counter('quayside_duplicates_total', 'Documents that were known already and made no new event.', ['partner']);
  const events = counter('quayside_events_total', 'Canonical events made; routed="false": no endpoint wanted it.', ['partner', 'event', 'routed']);
  const waits = histogram('quayside_dispatch_wait_seconds', 'From the time a delivery was due to its claim by a worker.', ['endpoint'], WAIT_SECONDS);
  const durations = histogram('quayside_attempt_duration_seconds', 'One attempt at an endpoint.', ['endpoint'], ATTEMPT_SECONDS);
  const attempts = counter('quayside_attempts_total', 'Attempts by how they ended.', ['endpoint', 'class']);
  const delivered = histogram(
    'quayside_receipt_to_delivered_seconds',
    'From the receipt of a message to the 2xx for an event of it; replays do not count.',
    ['endpoint'],
    WAIT_SECONDS,
  );
  const polls = counter('quayside_channel_polls_total', 'Looks into a channel by how they ended.', ['partner', 'channel', 'outcome']);
  const polledWell = gauge('quayside_channel_last_success_timestamp_seconds', 'When this process last looked into a channel without a fault.', [
    'partner',
    'channel',
  ]);
  const polledIll = gauge('quayside_channel_last_fault_timestamp_seconds', 'When this process last met a fault in a channel.', [
    'partner',
    'channel',
  ]);
  const requests = histogram(
    'quayside_http_request_duration_seconds',
    'Requests to the HTTP API, by route and status.',
    ['method', 'route', 'status'],
    WORK_SECONDS,
  );
  const queueUp = gauge('quayside_queue_up', 'Whether the store that carries hints (Redis, or PostgreSQL) answered last.', []);
  queueUp().set(1);
  const storeFull = gauge('quayside_store_full', 'Whether this process has stopped to take anything in for want of room.', []);
  storeFull().set(0);
  const seen = new Set<string>();

  return {
    observeStage: (stage, seconds) => stages(stage).observe(seconds),
    countReceived: (partner, channel, again) => (again ? repeated : received)(partner, channel).inc(),
    countDocument(partner, state) {
      documents(partner, state).inc();
      if (state === 'duplicate') duplicates(partner).inc();
    },
    countEvent: (partner, event, routed) => events(partner, event, String(routed)).inc(),
    observeDispatchWait: (endpoint, seconds) => waits(endpoint).observe(Math.max(0, seconds)),
    observeAttempt(endpoint, outcome, seconds) {
      // From an endpoint's first attempt on all classes are there: a rate needs a zero to rise from.
      if (!seen.has(endpoint)) {
        seen.add(endpoint);
        for (const known of OUTCOME_CLASSES) attempts(endpoint, known).inc(0);
      }
      attempts(endpoint, outcome).inc();
      if (seconds !== undefined) durations(endpoint).observe(seconds);
    },
    observeDelivered: (endpoint, seconds) => delivered(endpoint).observe(Math.max(0, seconds)),
    countPoll(partner, channel, outcome) {
      // A channel that has brought nothing yet is there with a zero: a rate sees its first message, and its silence.
      received(partner, channel).inc(0);
      polls(partner, channel, outcome).inc();
      (outcome === 'success' ? polledWell : polledIll)(partner, channel).setToCurrentTime();
    },
    observeRequest: (method, route, status, seconds) => requests(method, route, String(status)).observe(seconds),
    setQueueUp: (up) => queueUp().set(up ? 1 : 0),
    setStoreFull: (full) => storeFull().set(full ? 1 : 0),
  };
}
