/** A published document once more, from its archived bytes through the mapping that is now in force; nothing is written. */
import { GatewayError } from '../core/errors/errors.ts';
import type { Db } from '../store/database.ts';
import { openRaw } from '../store/raw.ts';
import { findDocument, newestEventOf, type StoredDocument, type StoredEvent } from '../store/retranslations.ts';
import type { Gateway } from './gateway.ts';
import type { EventSurroundings } from './make-event.ts';
import { detectFormat, type Translation, translate } from './translate.ts';

/** Throws for a document that has no event of its own. */
export async function findPublished({ database, tenant }: Gateway, documentId: string): Promise<StoredDocument> {
  const document = await findDocument(database, tenant, documentId);
  if (document === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no document ${documentId}`);
  if (document.state === 'translated') return document;
  const hint = {
    duplicate: `retranslate the document of the event that it repeats, ${document.repeats}`,
    held: `quayside quarantine release ${documentId} --reason …`,
    quarantined: `quayside quarantine release ${documentId} --reason …`,
  }[document.state];
  throw new GatewayError('ERR_DOCUMENT_STATE', `document ${documentId} is ${document.state}: expected a translated one, which has an event`, {
    hint: hint ?? `quayside replay ${documentId}`,
  });
}

export async function newestEvent({ tenant }: Gateway, db: Db, document: StoredDocument): Promise<StoredEvent> {
  const event = await newestEventOf(db, tenant, document.id);
  if (event === undefined) throw new GatewayError('ERR_DOCUMENT_STATE', `document ${document.id} has no event to replace`);
  return event;
}

/** From the same bytes as the first time; only the mapping may have changed. */
export async function translateAgain(
  gateway: Gateway,
  document: StoredDocument,
): Promise<
  { translation: Pick<Translation, 'problems'>; output?: undefined } | { translation: Translation; output: Translation['outputs'][number] }
> {
  const { database, catalog } = gateway;
  const source = openRaw(database, document.blobId, document.size);
  const { partners, mappings } = catalog();
  const partner = partners.get(document.partner);
  const format = await detectFormat(gateway.formats, source);
  if (partner === undefined || format === undefined) {
    const message =
      partner === undefined ? `there is no partner ${document.partner} among the files in force` : 'its bytes belong to no format that is known';
    return { translation: { problems: [{ code: 'ERR_FILE_REFERENCE', severity: 'error', message }] } };
  }
  const vouched = document.vouched ? new Set([document.ordinal]) : undefined;
  for await (const item of translate(source, { partner, mappings, format, only: document.ordinal, checkSender: true, vouched })) {
    if (item.kind === 'fault') continue;
    const [output] = item.outputs;
    return output === undefined ? { translation: item } : { translation: item, output };
  }
  throw new Error(`message ${document.messageId} has no document ${document.ordinal} any more`);
}

export const surroundingsOf = (gateway: Gateway, document: StoredDocument): EventSurroundings => ({
  tenant: gateway.tenant,
  eventPrefix: gateway.eventPrefix,
  publicUrl: gateway.publicUrl,
  partner: document.partner,
  channel: document.channel,
  channelType: document.channelType as EventSurroundings['channelType'],
  rawSha256: document.sha256,
  time: document.receivedAt,
  messageId: document.messageId,
});
