/**
 * A document that was published is translated again, from its archived bytes, by the mapping that is now in force.
 *
 * The identity rule (docs/architecture.md): an event keeps its id and its idempotency keys only while nobody can have it, that is, while
 * no attempt at any endpoint succeeded or was ambiguous and the feed has not handed it out; then its body is replaced where it stands. Otherwise the correction is a new
 * event, the next revision, because a correct receiver would discard it under the old key.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FieldChange } from '../core/field-changes.ts';
import type { Problem } from '../core/problem.ts';
import type { Operator } from '../store/audit.ts';
import { inTransaction } from '../store/database.ts';
import type { Gateway } from './gateway.ts';
import { takeVersions } from './mapping-versions.ts';
import { type Retranslation, replaceOrRevise } from './replace-event.ts';
import { changesTo } from './stored-event.ts';
import { isTest, type Translation } from './translate.ts';
import { findPublished, newestEvent, translateAgain } from './translate-again.ts';

export interface RetranslationPreview {
  readonly documentId: string;
  readonly eventId: string;
  /** Without provenance and revision; none: nothing would be sent. */
  readonly changes: readonly FieldChange[];
  readonly problems: readonly Problem[];
}

/** What `retranslate` would change. Throws for a document that has no event of its own. */
export async function previewRetranslation(gateway: Gateway, documentId: string): Promise<RetranslationPreview> {
  const document = await findPublished(gateway, documentId);
  const event = await newestEvent(gateway, gateway.database, document);
  const { translation, output } = await translateAgain(gateway, document);
  const changes = output === undefined ? [] : changesTo(event, output.body);
  return { documentId, eventId: event.id, changes, problems: translation.problems };
}

const BUSY_TRIES = 20;
const BUSY_WAIT_MS = 250;

/** Safe to repeat: once done it is `unchanged`. Throws for a document that has no event of its own. */
export async function retranslate(gateway: Gateway, documentId: string, by: Operator): Promise<Retranslation> {
  const document = await findPublished(gateway, documentId);
  const { translation, output } = await translateAgain(gateway, document);
  if (output === undefined) return { outcome: 'failed', changes: [], problems: translation.problems };
  const refused = await refusedVersion(gateway, document.partner, translation);
  if (refused !== undefined) return { outcome: 'failed', changes: [], problems: [...translation.problems, refused] };
  for (let attempt = 1; ; attempt++) {
    const done = await inTransaction(gateway.database, (db) => replaceOrRevise(gateway, db, { document, translation, output, by }));
    if (done !== 'under way') {
      if (done.outcome === 'replaced' || done.outcome === 'revised') gateway.nudge('deliver');
      return done;
    }
    if (attempt === BUSY_TRIES) return { outcome: 'failed', changes: [], problems: [underWay(documentId)] };
    await sleep(BUSY_WAIT_MS);
  }
}

/** What is wrong when the mapping's version is in use for other rules. */
async function refusedVersion(
  { database, tenant, catalog }: Gateway,
  partner: string,
  { mapping, document }: Translation,
): Promise<Problem | undefined> {
  if (mapping === undefined || isTest(catalog().partners.get(partner), document.envelope)) return undefined;
  return (await inTransaction(database, (db) => takeVersions(db, tenant, [mapping]))).get(mapping);
}

const underWay = (documentId: string): Problem => ({
  code: 'ERR_DELIVERY_STATE',
  severity: 'error',
  message: `document ${documentId} is being sent at this moment: nobody knows yet whether it may still be replaced`,
  hint: 'try again once the attempt has ended',
});
