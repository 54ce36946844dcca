/**
 * Quarantine: what a person must decide. Released, a document goes through translation again and passes what held it; rejected, it is
 * closed, and the bytes of its interchange stay. Both are audited in the transaction that makes the change.
 */
import type { JsonObject } from '../core/canonical.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { type FieldChange, fieldChanges } from '../core/field-changes.ts';
import { isOwed } from '../store/acknowledgments.ts';
import { type Operator, writeAudit } from '../store/audit.ts';
import { inTransaction } from '../store/database.ts';
import { rereadMessage } from '../store/messages.ts';
import {
  decideQuarantined,
  findQuarantineEntry,
  listQuarantined,
  type QuarantineDecision,
  type QuarantinedDocument,
  type QuarantineEntry,
  type QuarantineFilter,
} from '../store/quarantine.ts';
import type { Gateway } from './gateway.ts';
import { whatIsSaid } from './stored-event.ts';

export const listQuarantine = (gateway: Gateway, filter: QuarantineFilter = {}, limit?: number): Promise<QuarantinedDocument[]> =>
  listQuarantined(gateway.database, gateway.tenant, filter, limit);

export interface QuarantineDetail extends Omit<QuarantineEntry, 'content' | 'standing' | 'businessKey'> {
  /** Of a conflict: what it says, without provenance. */
  readonly content: JsonObject | undefined;
  /** Of a conflict: what stands now and would be superseded. */
  readonly standing: { readonly eventId: string; readonly revision: number; readonly content: JsonObject } | undefined;
  /** From what stands to what it says. */
  readonly changes: readonly FieldChange[];
}

/** Also one that was decided already; undefined: the document was never in quarantine, or does not exist. */
export async function findQuarantined(gateway: Gateway, id: string): Promise<QuarantineDetail | undefined> {
  const entry = await findQuarantineEntry(gateway.database, gateway.tenant, id);
  if (entry === undefined) return undefined;
  const { content: text, standing: newest, businessKey: _, ...rest } = entry;
  const content = text === null ? undefined : (JSON.parse(text) as JsonObject);
  const standing = newest === null ? undefined : { ...newest, content: whatIsSaid((JSON.parse(newest.body) as { data: JsonObject }).data) };
  const changes = content === undefined || standing === undefined ? [] : fieldChanges(standing.content, whatIsSaid(content));
  return { ...rest, content, standing: standing && { eventId: standing.eventId, revision: standing.revision, content: standing.content }, changes };
}

/** It is translated again and then passes: its sender is vouched for, or it is the next revision. False: it was released before. */
export const releaseQuarantined = (gateway: Gateway, id: string, by: Operator): Promise<boolean> => decide(gateway, id, 'released', by);

/** Nothing of it is ever sent. False: it was rejected before. */
export const rejectQuarantined = (gateway: Gateway, id: string, by: Operator): Promise<boolean> => decide(gateway, id, 'rejected', by);

async function decide(gateway: Gateway, id: string, decision: QuarantineDecision, by: Operator): Promise<boolean> {
  const { database, tenant } = gateway;
  const changed = await inTransaction(database, async (db) => {
    const decided = await decideQuarantined(db, tenant, id, decision, by);
    if (decided === undefined) return false;
    const released = decision === 'released';
    // A refused document has its part in acknowledgments, which are made where its message is finished.
    if (released || decided.cause === 'interchange' || (await isOwed(db, decided.messageId))) await rereadMessage(db, decided.messageId);
    await writeAudit(db, tenant, {
      ...by,
      action: released ? 'document.released' : 'document.refused',
      subject: id,
      before: { state: decided.before },
      after: { state: released ? 'retrying' : 'refused', decision },
      detail: { cause: decided.cause },
    });
    return true;
  });
  if (changed) gateway.nudge('translate');
  else await checkDecided(gateway, id, decision);
  return changed;
}

/** The same decision twice is one; anything else deserves to be told why it is too late. */
async function checkDecided(gateway: Gateway, id: string, decision: QuarantineDecision): Promise<void> {
  const entry = await findQuarantineEntry(gateway.database, gateway.tenant, id);
  if (entry === undefined)
    throw new GatewayError('ERR_NOT_FOUND', `there is no document ${id} in quarantine`, { hint: 'list them: quayside quarantine list' });
  if (entry.decision === decision) return;
  const said = `document ${id} (${entry.type}, number ${entry.ordinal} in ${entry.filename}) is ${entry.state}`;
  if (entry.decision === null)
    throw new GatewayError('ERR_DOCUMENT_STATE', `${said}: expected one that waits in quarantine`, {
      hint: `quayside messages show ${entry.messageId}`,
    });
  throw new GatewayError(
    'ERR_DOCUMENT_STATE',
    `${said}: ${entry.decidedBy} has ${entry.decision} it already (${entry.decisionReason ?? 'no reason given'})`,
    {
      hint:
        entry.decision === 'rejected'
          ? `its bytes are kept: quayside messages raw ${entry.messageId} > FILE, then quayside receive FILE --partner ${entry.partner}`
          : `quayside messages show ${entry.messageId}`,
    },
  );
}
