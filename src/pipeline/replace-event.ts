/**
 * The identity rule of a retranslation, carried out: the event's body is replaced where nobody can have it, else a new event follows it.
 *
 * In one transaction, which holds the partner's lane (nothing else is said of the same thing), then the order keys, then the deliveries
 * (none is claimed meanwhile).
 */
import type { FieldChange } from '../core/field-changes.ts';
import { normaliseOrderNumber } from '../core/identity.ts';
import type { Problem } from '../core/problem.ts';
import { eventNameOf } from '../events/documents.ts';
import { type Operator, writeAudit } from '../store/audit.ts';
import type { Db } from '../store/database.ts';
import { wasFed } from '../store/feed-mark.ts';
import { lockLane } from '../store/lanes.ts';
import { insertEvents } from '../store/publish.ts';
import { replayDeadOnes } from '../store/replays.ts';
import {
  type LockedDelivery,
  lockDeliveries,
  movePlaces,
  recallHints,
  recordMapping,
  retireDead,
  rewriteEvent,
  type StoredDocument,
  type StoredEvent,
} from '../store/retranslations.ts';
import { knownStatements, type NewStatement, restate, type Standing } from '../store/statements.ts';
import type { Gateway } from './gateway.ts';
import { judge, type Said } from './judge.ts';
import { draftEvent, type EventDraft, makeEvent } from './make-event.ts';
import { allocatePlaces, orderEvents } from './order-events.ts';
import { whatItSays } from './publish.ts';
import { changesTo, orderKeysOf, type StoredBody } from './stored-event.ts';
import type { Translation } from './translate.ts';
import { newestEvent, surroundingsOf } from './translate-again.ts';

export interface Retranslation {
  /** `replaced`: the same event with another body; `revised`: a new event; `failed`: nothing was changed, `problems` says why. */
  readonly outcome: 'unchanged' | 'replaced' | 'revised' | 'failed';
  /** The event that now speaks for the document. */
  readonly eventId?: string;
  readonly changes: readonly FieldChange[];
  readonly problems: readonly Problem[];
}

export interface Work {
  readonly document: StoredDocument;
  readonly translation: Translation;
  readonly output: Translation['outputs'][number];
  readonly by: Operator;
}

interface Correction extends Work {
  /** As it stands. */
  readonly event: StoredEvent;
  readonly deliveries: readonly LockedDelivery[];
  readonly statement: NewStatement;
}

/** `under way`: it is being sent at this moment, ask again. */
export async function replaceOrRevise(gateway: Gateway, db: Db, work: Work): Promise<Retranslation | 'under way'> {
  const { document, translation, output } = work;
  await lockLane(db, gateway.tenant, document.partner);
  const event = await newestEvent(gateway, db, document);
  const changes = changesTo(event, output.body);
  const failed = (problem: Problem): Retranslation => ({
    outcome: 'failed',
    eventId: event.id,
    changes,
    problems: [...translation.problems, problem],
  });
  if (changes.length === 0) return { outcome: 'unchanged', eventId: event.id, changes, problems: translation.problems };
  if (event.name !== eventNameOf(output.type)) return failed(otherKind(event, eventNameOf(output.type)));

  const deliveries = await lockDeliveries(db, gateway.tenant, event.id);
  const reached = (await wasFed(db, gateway.tenant, event.id)) || deliveries.some((delivery) => delivery.reached);
  if (!reached && deliveries.some(({ state }) => state === 'in_flight')) return 'under way';
  const draft = draftEvent(translation, output, surroundingsOf(gateway, document));
  const statement = await stateAnew(gateway, db, document.partner, event, draft, reached);
  if ('code' in statement) return failed(statement);
  const correction = { ...work, event, deliveries, statement };
  const eventId = reached ? await revise(gateway, db, correction) : await replace(gateway, db, correction);
  if (translation.mapping !== undefined) await recordMapping(db, document.id, translation.mapping, translation.problems);
  await writeAudit(db, gateway.tenant, {
    ...work.by,
    action: 'document.retranslated',
    subject: document.id,
    before: { eventId: event.id, revision: event.revision ?? 1 },
    after: { eventId, revision: statement.revision, mapping: translation.mapping?.name, mappingVersion: translation.mapping?.version },
    detail: { paths: changes.slice(0, 50).map(({ path }) => path), changes: changes.length },
  });
  return { outcome: reached ? 'revised' : 'replaced', eventId, changes, problems: translation.problems };
}

/** What the document says now, and as which revision; a problem where that is not for a mapping to say. */
async function stateAnew(
  gateway: Gateway,
  db: Db,
  partner: string,
  event: StoredEvent,
  draft: EventDraft,
  reached: boolean,
): Promise<NewStatement | Problem> {
  const said = whatItSays(draft, event.test, false);
  const old = event.revision ?? 1;
  const standing = (await knownStatements(db, gateway.tenant, partner, [event.id], [said.businessKey])).standings.get(said.businessKey);
  // Of the same thing as before: it stays, or follows on itself; but what came after it from elsewhere is not overwritten.
  if (standing?.eventId === event.id || (standing === undefined && event.businessKey === null)) return followOn(said, event.id, old, reached);
  if (event.businessKey === said.businessKey || event.businessKey === null)
    return reached ? overtaken(event, standing) : { ...followOn(said, event.id, old, false), basis: 'first' };
  const judgment = judge(said, standing);
  if (judgment.kind !== 'new') return taken(draft, judgment.kind === 'repeat' ? judgment.of : judgment.with);
  const revision = reached ? Math.max(judgment.statement.revision, old + 1) : judgment.statement.revision;
  return { ...judgment.statement, revision, supersedes: reached ? event.id : judgment.statement.supersedes };
}

const followOn = ({ businessKey, contentHash }: Said, eventId: string, old: number, reached: boolean): NewStatement => ({
  businessKey,
  contentHash,
  revision: reached ? old + 1 : old,
  basis: reached ? 'retranslated' : 'first',
  supersedes: reached ? eventId : undefined,
});

/** Nobody can have the event: the same id and keys, another body; its deliveries are due as before, dead ones again. */
async function replace(gateway: Gateway, db: Db, correction: Correction): Promise<string> {
  const { document, translation, output, event, deliveries, statement } = correction;
  const { tenant } = gateway;
  const before = JSON.parse(event.body) as StoredBody;
  const draft = { ...draftEvent(translation, output, surroundingsOf(gateway, document)), id: event.id };
  const ids = deliveries.map(({ id }) => id);
  await recallHints(db, ids);
  let sequence = before.sequence === undefined ? undefined : Number(before.sequence);
  if (orderKeysOf(before).join() !== draft.orderKeys.join()) {
    const places = (await allocatePlaces(db, tenant, [draft.orderKeys]))(draft.orderKeys);
    sequence = places.get(draft.orderKeys[0] ?? '');
    await movePlaces(db, tenant, ids, places);
  }
  const succession = { revision: statement.revision, causationId: before.causationid ?? statement.supersedes };
  await rewriteEvent(db, {
    id: event.id,
    body: JSON.stringify(makeEvent(translation, draft, surroundingsOf(gateway, document), sequence, succession)),
    documentNumber: draft.documentNumber,
    orderNumbers: draft.orderNumbers.map(normaliseOrderNumber),
    lineage: output.lineage,
  });
  await restate(db, tenant, document.partner, event.id, statement);
  await replayDeadOnes(db, tenant, ids, { outOfOrder: false });
  return event.id;
}

/** Somebody has the event, or may have it: a new one at the end of its orders, for those who subscribe today. */
async function revise(gateway: Gateway, db: Db, correction: Correction): Promise<string> {
  const { document, translation, output, event, deliveries, statement } = correction;
  const { tenant } = gateway;
  if (event.businessKey === null) await adopt(gateway, db, document.partner, event, statement);
  await retireDead(
    db,
    deliveries.map(({ id }) => id),
    `revision ${statement.revision} takes its place`,
  );
  const draft = draftEvent(translation, output, surroundingsOf(gateway, document), statement.revision);
  const planned = { translation, around: surroundingsOf(gateway, document), documentId: document.id, draft, test: event.test, statement };
  await insertEvents(db, tenant, document.partner, await orderEvents(gateway, db, document.partner, [planned]));
  return draft.id;
}

/** An event of before business documents were recorded is the first of its revisions. */
async function adopt(gateway: Gateway, db: Db, partner: string, event: StoredEvent, { businessKey }: NewStatement): Promise<void> {
  const first = { businessKey, revision: 1, contentHash: 'not recorded', basis: 'first', supersedes: undefined } as const;
  await restate(db, gateway.tenant, partner, event.id, first);
}

const otherKind = (event: StoredEvent, found: string): Problem => ({
  code: 'ERR_DOCUMENT_CONFLICT',
  severity: 'error',
  message: `expected ${event.name}, as it was published, found ${found}`,
  expected: event.name,
  found,
  hint: 'a mapping with another target makes other events: hand the document in again instead',
});

const overtaken = (event: StoredEvent, newest: Standing | undefined): Problem => ({
  code: 'ERR_DOCUMENT_STATE',
  severity: 'error',
  message: `event ${event.id} was superseded by ${newest?.eventId} (revision ${newest?.revision}), and a correction of it would overwrite that`,
  hint: 'retranslate the document of the newest revision',
});

const taken = (draft: EventDraft, by: Standing): Problem => ({
  code: 'ERR_DOCUMENT_CONFLICT',
  severity: 'error',
  message: `it would become ${draft.output.type} ${draft.documentNumber}, which event ${by.eventId} is already`,
  hint: 'look at the mapping: it reads the number of the document from another place than before',
});
