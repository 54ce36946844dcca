/** From a mapped document to the CloudEvent that is stored and sent. */
import type { JsonObject, MappedDocument } from '../core/canonical.ts';
import { documentKey, eventId, orderKey, traceparentOf } from '../core/identity.ts';
import { documentIdOf, orderNumbersOf } from '../events/business-keys.ts';
import { buildEvent, type CloudEvent } from '../events/cloud-event.ts';
import type { Provenance } from '../events/shared-types.ts';
import type { Translation } from './translate.ts';

export interface EventSurroundings {
  readonly tenant: string;
  readonly eventPrefix: string;
  /** Origin that serves /schemas. */
  readonly publicUrl: string;
  readonly partner: string;
  /** The channel's name in the partner file; `manual` and `offline` for what came through no channel. */
  readonly channel: string;
  readonly channelType: Provenance['channel'];
  readonly rawSha256: string;
  /** When the message was received; offline, now. */
  readonly time: Date;
  /** Absent in offline translation. */
  readonly messageId?: string | undefined;
}

export interface EventDraft {
  readonly id: string;
  readonly output: MappedDocument;
  readonly documentNumber: string;
  readonly orderNumbers: readonly string[];
  readonly orderKeys: readonly string[];
}

/** What it is to the events before it. */
export interface Succession {
  /** 1 for the first, which does not say it. */
  readonly revision: number;
  /** The event that it supersedes. */
  readonly causationId: string | undefined;
}

/**
 * Identity and order keys: all that must be known before places in the order are allocated. `again`: the number of the revision that a
 * retranslation makes of bytes that are an event already; a new document has bytes, and so an id, of its own.
 */
export function draftEvent(translation: Translation, output: MappedDocument, around: EventSurroundings, again?: number): EventDraft {
  const documentNumber = documentIdOf(output.type, output.body);
  const orderNumbers = orderNumbersOf(output.type, output.body);
  const keys = orderNumbers.map((number) => orderKey(around.partner, number));
  return {
    id: eventId({
      tenant: around.tenant,
      partner: around.partner,
      sha256: translation.unit.sha256,
      ordinal: translation.document.unitOrdinal,
      outputKey: again === undefined ? output.outputKey : `${output.outputKey}#r${again}`,
    }),
    output,
    documentNumber,
    orderNumbers,
    orderKeys: keys.length > 0 ? [...new Set(keys)].sort() : [documentKey(around.partner, output.type, documentNumber)],
  };
}

/** `sequence` is the place in the lowest order key; absent offline, where nothing is ordered. */
export function makeEvent(
  translation: Translation,
  draft: EventDraft,
  around: EventSurroundings,
  sequence: number | undefined,
  succession: Succession = { revision: 1, causationId: undefined },
): CloudEvent {
  const { document, mapping } = translation;
  if (mapping === undefined) throw new TypeError('a translation with outputs has a mapping');
  const provenance: Provenance = {
    channel: around.channelType,
    rawSha256: around.rawSha256,
    mapping: mapping.name,
    mappingVersion: mapping.version,
    mappingHash: mapping.hash,
    interchangeControl: document.envelope.interchangeControl,
    groupControl: document.envelope.groupControl,
    transactionControl: document.envelope.transactionControl,
    ...(around.messageId !== undefined && { messageId: around.messageId, receivedAt: around.time.toISOString() }),
  };
  return buildEvent({
    typePrefix: around.eventPrefix,
    schemaBase: around.publicUrl,
    tenant: around.tenant,
    partner: around.partner,
    channel: around.channel,
    id: draft.id,
    type: draft.output.type,
    document: withRevision(draft.output.body, succession.revision),
    provenance,
    orderKeys: [...draft.orderKeys],
    time: around.time.toISOString(),
    ...(sequence !== undefined && { sequence }),
    ...(succession.causationId !== undefined && { causationId: succession.causationId }),
    ...(around.messageId !== undefined && { correlationId: around.messageId, traceparent: traceparentOf(around.messageId) }),
  });
}

function withRevision(body: JsonObject, revision: number): JsonObject {
  return revision === 1 ? body : { ...body, document: { ...(body.document as JsonObject), revision: String(revision) } };
}
