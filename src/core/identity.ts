/**
 * Deterministic identity: the same bytes from the same partner are the same event, today, after a crash and after a restore.
 *
 * Rules: docs/architecture.md, Identity. UUIDv5 as RFC 9562 §5.5.
 */
import { createHash } from 'node:crypto';
import { v5 } from 'uuid';

/** Ours alone: changing it would give every event a new id. */
const NAMESPACE = '6f0d5c1e-6d3b-5b8a-9a53-0f5b0a3f7c11';

export interface EventOrigin {
  readonly tenant: string;
  readonly partner: string;
  /** Of the interchange's bytes ISA…IEA (or of the body). */
  readonly sha256: string;
  /** 1-based ordinal of the transaction set in that interchange. */
  readonly ordinal: number;
  readonly outputKey: string;
}

export function eventId(origin: EventOrigin): string {
  return v5(JSON.stringify([origin.tenant, origin.partner, origin.sha256, origin.ordinal, origin.outputKey]), NAMESPACE);
}

/** Of one interchange in one hand-over: the same bytes handed over anew are another one. `unit` counts from 0. */
export const interchangeId = (origin: { tenant: string; partner: string; receiptKey: string; unit: number }): string =>
  v5(JSON.stringify(['interchange', origin.tenant, origin.partner, origin.receiptKey, origin.unit]), NAMESPACE);

/** Of what answers it: a TA1 (no group), or the 997 or 999 of one of its groups. */
export const acknowledgmentId = (interchange: string, group: number | undefined): string =>
  v5(JSON.stringify(['acknowledgment', interchange, group ?? 'TA1']), NAMESPACE);

/** The same on every retry, replay and restore; what an ERP deduplicates by. */
export function idempotencyKey(endpoint: string, event: string): string {
  return v5(JSON.stringify([endpoint, event]), NAMESPACE);
}

/**
 * Purchase order numbers compare without surrounding blanks and without case, and runs of blanks count as one.
 * Leading zeros are kept: `0042` and `42` are two orders at most ERPs.
 */
export const normaliseOrderNumber = (orderNumber: string): string => orderNumber.trim().replace(/\s+/g, ' ').toUpperCase();

export const orderKey = (partner: string, orderNumber: string): string => `${partner}/po/${encodeURIComponent(normaliseOrderNumber(orderNumber))}`;

/** For a document that names no purchase order. */
export const documentKey = (partner: string, type: string, documentId: string): string =>
  `${partner}/${type}/${encodeURIComponent(documentId.trim())}`;

export const sha256Hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/**
 * W3C trace context of a message's first hop, derived from its id so that every replica and every replay names the same trace.
 * `messageId` is a UUID; the parent id is its last 8 bytes.
 */
export function traceparentOf(messageId: string): string {
  const hex = messageId.replaceAll('-', '');
  return `00-${hex}-${hex.slice(16)}-01`;
}

/**
 * Of one attempt at a delivery, in the trace of its message: known to whoever knows the attempt, so that a retry or a replay can
 * point at what it repeats without having seen it.
 */
export const attemptTraceparent = (messageId: string, deliveryId: string, attempt: number): string =>
  `${traceparentOf(messageId).slice(0, 36)}${sha256Hex(`${deliveryId}/${attempt}`).slice(0, 16)}-01`;
