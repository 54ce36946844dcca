/**
 * The CloudEvents 1.0 envelope of a canonical document.
 *
 * Attribute names are lower-case letters and digits, extension values are text (CloudEvents 1.0, §3.1); the same input gives the same bytes.
 */
import type { DocumentType, Json, JsonObject } from '../core/canonical.ts';
import { documentIdOf, orderNumbersOf } from './business-keys.ts';
import { eventNameOf, schemaIdOf } from './documents.ts';
import type { Provenance } from './shared-types.ts';

export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly partitionkey: string;
  /** Every order key, lowest first, with commas between; only where there are several. */
  readonly orderkeys?: string;
  /** Counter of the order key, zero-padded so that it sorts as text; absent in offline translation. */
  readonly sequence?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  readonly data: JsonObject;
}

export interface EventInput {
  /** Reverse DNS name of the owner, `dev.quayside`. */
  readonly typePrefix: string;
  readonly tenant: string;
  readonly partner: string;
  readonly channel: string;
  /** Deterministic: core/identity.ts. */
  readonly id: string;
  readonly type: DocumentType;
  /** As the mapping made it, without provenance. */
  readonly document: JsonObject;
  readonly provenance: Provenance;
  /** At least one; any order. Keys are percent-encoded, so they hold no comma. */
  readonly orderKeys: readonly string[];
  /** RFC 3339: when the message was received. */
  readonly time: string;
  readonly sequence?: bigint | number | undefined;
  /** Origin that serves `/schemas`, without a slash at its end; without one `dataschema` is a path. */
  readonly schemaBase?: string | undefined;
  /** Defaults to the message id: everything that one received message caused. */
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** Digits of the largest 64-bit counter. */
const SEQUENCE_DIGITS = 19;

export function buildEvent(input: EventInput): CloudEvent {
  const keys = [...new Set(input.orderKeys)].sort();
  const orders = orderNumbersOf(input.type, input.document);
  const correlationId = input.correlationId ?? input.provenance.messageId;
  const step = encodeURIComponent;
  return {
    specversion: '1.0',
    id: input.id,
    type: `${input.typePrefix}.procurement.${eventNameOf(input.type)}.v1`,
    source: `/tenants/${step(input.tenant)}/partners/${step(input.partner)}/channels/${step(input.channel)}`,
    subject: orders.length === 1 && orders[0] !== undefined ? orders[0] : documentIdOf(input.type, input.document),
    time: input.time,
    datacontenttype: 'application/json',
    dataschema: `${input.schemaBase ?? ''}${schemaIdOf(input.type)}`,
    partitionkey: keys[0] ?? '',
    ...(keys.length > 1 ? { orderkeys: keys.join(',') } : {}),
    ...(input.sequence === undefined ? {} : { sequence: String(input.sequence).padStart(SEQUENCE_DIGITS, '0') }),
    ...(correlationId === undefined ? {} : { correlationid: correlationId }),
    ...(input.causationId === undefined ? {} : { causationid: input.causationId }),
    ...(input.traceparent === undefined ? {} : { traceparent: input.traceparent }),
    data: dataOf(input.document, input.provenance),
  };
}

/** `document` and `provenance` first, as the schema has them. */
function dataOf(body: JsonObject, provenance: Provenance): JsonObject {
  const data: Record<string, Json> = {};
  if (body.document !== undefined) data.document = body.document;
  data.provenance = { ...provenance };
  for (const [name, value] of Object.entries(body)) if (name !== 'document') data[name] = value;
  return data;
}
