/** What T2 tells of itself: how long, how many, what became of them; a span of each message under the one of its receipt. */
import { traceparentOf } from '../core/identity.ts';
import type { Gateway } from './gateway.ts';

/** Runs `work`, which reads and maps one message (commits of full batches in between included). */
export async function observeTranslation(gateway: Gateway, partner: string, messageId: string, work: () => Promise<void>): Promise<void> {
  const { meter, tracer } = gateway.context.telemetry;
  const begunAt = performance.now();
  const span = tracer.start('translate', { parent: traceparentOf(messageId), fields: { message: messageId, partner } });
  try {
    await work();
    meter.observeStage('translate', (performance.now() - begunAt) / 1000);
    span.end();
  } catch (error) {
    span.end({}, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

interface PublishedDocument {
  readonly id: string;
  readonly messageId: string;
  readonly type: string;
  readonly state: string;
}

interface PublishedEvent {
  readonly documentId: string;
  readonly name: string;
  readonly deliveries: readonly unknown[];
}

/** After the commit that began at `begunAt` (monotonic). */
export function observePublication(
  gateway: Gateway,
  partner: string,
  begunAt: number,
  documents: readonly PublishedDocument[],
  events: readonly PublishedEvent[],
): void {
  const { meter, tracer } = gateway.context.telemetry;
  const agoMs = performance.now() - begunAt;
  meter.observeStage('publish', agoMs / 1000);
  for (const { state } of documents) meter.countDocument(partner, state);
  for (const { name, deliveries } of events) meter.countEvent(partner, name, deliveries.length > 0);
  if (!tracer.on) return;
  const eventsOf = new Map<string, number>();
  for (const { documentId } of events) eventsOf.set(documentId, (eventsOf.get(documentId) ?? 0) + 1);
  for (const [message, ofIt] of byMessage(documents)) {
    const fields = {
      message,
      partner,
      types: [...new Set(ofIt.map(({ type }) => type))].join(','),
      documents: ofIt.length,
      events: ofIt.reduce((sum, { id }) => sum + (eventsOf.get(id) ?? 0), 0),
    };
    tracer.start('publish', { parent: traceparentOf(message), agoMs, fields }).end();
  }
}

function byMessage(documents: readonly PublishedDocument[]): Map<string, PublishedDocument[]> {
  const grouped = new Map<string, PublishedDocument[]>();
  for (const document of documents) grouped.set(document.messageId, [...(grouped.get(document.messageId) ?? []), document]);
  return grouped;
}
