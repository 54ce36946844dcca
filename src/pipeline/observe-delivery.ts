/**
 * What one attempt tells of itself: how long it waited and took, how it ended, and its span under the trace of its message.
 *
 * All times are differences on one clock: up to the claim PostgreSQL's, from there on this process's own.
 */
import type { Outcome } from '../core/contracts.ts';
import { attemptTraceparent, traceparentOf } from '../core/identity.ts';
import type { Span, Tracer } from '../core/telemetry.ts';
import type { ClaimedDelivery } from '../store/deliveries.ts';
import type { Gateway } from './gateway.ts';

export interface ObservedAttempt {
  /** What the callback carries: the span of this attempt, or the one of the message where nobody traces. */
  readonly traceparent: string;
  ended(outcome: Outcome): void;
}

/** Call right after the claim. */
export function observeAttempt(gateway: Gateway, endpoint: string, claimed: ClaimedDelivery): ObservedAttempt {
  const { meter, tracer } = gateway.context.telemetry;
  const begunAt = performance.now();
  const waitedMs = Math.max(0, claimed.claimedAt.getTime() - claimed.dueAt.getTime());
  meter.observeDispatchWait(endpoint, waitedMs / 1000);
  const span = tracer.on ? startSpan(tracer, endpoint, claimed, waitedMs) : undefined;
  return {
    traceparent: span?.traceparent ?? traceparentOf(claimed.messageId),
    ended(outcome) {
      const tookMs = performance.now() - begunAt;
      meter.observeAttempt(endpoint, outcome.class, tookMs / 1000);
      if (outcome.class === 'delivered' && !claimed.replay) {
        const receivedAt = receivedAtOf(claimed.body);
        if (receivedAt !== undefined) meter.observeDelivered(endpoint, (claimed.claimedAt.getTime() - receivedAt + tookMs) / 1000);
      }
      span?.end({ class: outcome.class, status: outcome.status }, outcome.class === 'delivered' ? undefined : outcome.detail);
    },
  };
}

/** Its attributes stand before its data: nothing that a document says is in these characters. */
const envelopeOf = (body: string): string => body.slice(0, body.indexOf('"data":{'));

/** The event's time is when its message was received. */
function receivedAtOf(body: string): number | undefined {
  const time = Date.parse(/"time":"([^"]+)"/.exec(envelopeOf(body))?.[1] ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function startSpan(tracer: Tracer, endpoint: string, claimed: ClaimedDelivery, waitedMs: number): Span {
  const { id, messageId, eventId, attemptCount, replay, replayOf, probe, body } = claimed;
  const [, partner] = /"source":"[^"]*\/partners\/([^"/]+)/.exec(envelopeOf(body)) ?? [];
  const [, type] = /"type":"([^"]+)"/.exec(envelopeOf(body)) ?? [];
  const fields = { message: messageId, event: eventId, type, partner, delivery: id, endpoint, attempt: attemptCount, replay, probe };
  const wait = tracer.start('dispatch', { parent: traceparentOf(messageId), agoMs: waitedMs, fields });
  wait.end();
  const links = [
    ...(attemptCount > 1 ? [attemptTraceparent(messageId, id, attemptCount - 1)] : []),
    ...(replayOf === null ? [] : [attemptTraceparent(messageId, replayOf, 1)]),
  ];
  return tracer.start('deliver', { parent: wait.traceparent, self: attemptTraceparent(messageId, id, attemptCount), links, fields });
}
