/**
 * What the pipeline says of itself while it works: figures and traces, through a port, so that nothing but src/telemetry knows
 * Prometheus or OpenTelemetry.
 *
 * Every call is cheap, never waits and never throws: the work must not notice whether anyone listens. Labels are names from files or
 * words of ours, never what a document says, so that nobody can make their number grow.
 */
import type { OutcomeClass } from './contracts.ts';

export interface Meter {
  /** Of one message (receive, translate) or one commit (publish). */
  observeStage(stage: 'receive' | 'translate' | 'publish', seconds: number): void;
  countReceived(partner: string, channel: string, repeated: boolean): void;
  countDocument(partner: string, state: string): void;
  /** `routed`: some endpoint wants it. */
  countEvent(partner: string, event: string, routed: boolean): void;
  /** From the time it was due to the claim: its turn in the order, room in the window, the queue. */
  observeDispatchWait(endpoint: string, seconds: number): void;
  /** `seconds`: undefined where the worker died in the middle. */
  observeAttempt(endpoint: string, outcome: OutcomeClass, seconds: number | undefined): void;
  observeDelivered(endpoint: string, secondsSinceReceipt: number): void;
  /** A look into a partner's channel, and how it ended. */
  countPoll(partner: string, channel: string, outcome: 'success' | 'fault'): void;
  /** `route` is the pattern, never the path that was asked for. */
  observeRequest(method: string, route: string, status: number, seconds: number): void;
  /** Whether the store that carries hints answers. */
  setQueueUp(up: boolean): void;
  /** Whether intake has stopped for want of room. */
  setStoreFull(full: boolean): void;
}

/** What a span says besides its name: ids, names from files, counts. Never a payload, never a secret. */
export type SpanFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanStart {
  /** The span under which it belongs, as W3C traceparent; absent: it begins its trace. */
  readonly parent?: string;
  /** Which span it is, where that follows from what it is about; else a random one under its parent. */
  readonly self?: string;
  /** Spans of other attempts that this one repeats. */
  readonly links?: readonly string[];
  /** Began so long before now. */
  readonly agoMs?: number;
  readonly fields: SpanFields;
}

export interface Span {
  /** For whoever works under it. */
  readonly traceparent: string;
  /** `fault`: why it failed, in words for ops. */
  end(fields?: SpanFields, fault?: string): void;
}

export interface Tracer {
  /** False: nobody listens, and names of spans need not be worked out. */
  readonly on: boolean;
  start(name: 'receive' | 'translate' | 'publish' | 'dispatch' | 'deliver', span: SpanStart): Span;
}

export interface Telemetry {
  readonly meter: Meter;
  readonly tracer: Tracer;
}

const nothing = (): void => {};

const silentMeter: Meter = {
  observeStage: nothing,
  countReceived: nothing,
  countDocument: nothing,
  countEvent: nothing,
  observeDispatchWait: nothing,
  observeAttempt: nothing,
  observeDelivered: nothing,
  countPoll: nothing,
  observeRequest: nothing,
  setQueueUp: nothing,
  setStoreFull: nothing,
};

/** Hands on what it was given: without tracing the callback carries the trace of its message all the same. */
export const silentTracer: Tracer = {
  on: false,
  start: (_name, { parent, self }) => ({ traceparent: self ?? parent ?? '', end: nothing }),
};

export const silentTelemetry: Telemetry = { meter: silentMeter, tracer: silentTracer };
