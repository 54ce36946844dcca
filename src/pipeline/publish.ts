/**
 * T2's commit: a batch of translated documents becomes documents, events and deliveries, all or nothing.
 *
 * The lane's fence comes first, so that a worker that lost its lease publishes nothing; places in the order are allocated
 * as late as possible, because they lock their order keys until the commit.
 */
import { randomUUID } from 'node:crypto';
import { fingerprintOf } from '../core/fingerprint.ts';
import { idempotencyKey, normaliseOrderNumber } from '../core/identity.ts';
import { subscribers } from '../endpoints/subscribers.ts';
import { eventNameOf } from '../events/documents.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { fenceLane } from '../store/lanes.ts';
import { type FinishedMessage, finishMessages } from '../store/messages.ts';
import { allocateSequences } from '../store/order-keys.ts';
import { type DocumentState, insertDocuments, insertEvents, knownEvents, type NewDocument, type NewEvent } from '../store/publish.ts';
import type { Gateway } from './gateway.ts';
import { draftEvent, type EventDraft, type EventSurroundings, makeEvent } from './make-event.ts';
import type { Translation } from './translate.ts';

export interface PublishItem {
  readonly translation: Translation;
  readonly around: EventSurroundings & { readonly messageId: string };
  /** The row of a document that ops sent through again. */
  readonly documentId: string | undefined;
}

export interface Lane {
  readonly partner: string;
  readonly token: string;
  readonly leaseMs: number;
}

export class LaneLost extends Error {}

/** Throws LaneLost, having written nothing, when another worker took the lane meanwhile. */
export async function publish(gateway: Gateway, lane: Lane, items: readonly PublishItem[], finished: readonly FinishedMessage[]): Promise<void> {
  const { database, tenant, context } = gateway;
  const prepared = items.map((item) => prepare(item));
  const sent = await inTransaction(database, async (db) => {
    if (!(await fenceLane(db, tenant, lane.partner, lane.token, lane.leaseMs))) throw new LaneLost(`the lane of ${lane.partner} was taken over`);
    const known = await knownEvents(
      db,
      prepared.flatMap((p) => p.drafts.map((draft) => draft.id)),
    );
    const fresh = withoutRepeats(prepared, known);
    await insertDocuments(
      db,
      tenant,
      lane.partner,
      fresh.map(({ row, repeated }) => (repeated ? { ...row, state: 'duplicate' as const } : row)),
    );
    const events = await orderEvents(gateway, db, lane.partner, fresh);
    await insertEvents(db, tenant, lane.partner, events);
    await finishMessages(db, finished);
    context.failpoint('translate.uncommitted');
    return { fresh, events };
  });
  context.failpoint('translate.committed');
  report(gateway, lane.partner, sent.fresh, sent.events);
}

interface Prepared {
  readonly item: PublishItem;
  readonly row: NewDocument;
  readonly drafts: readonly EventDraft[];
}

function prepare(item: PublishItem): Prepared {
  const { translation, around } = item;
  const { document, mapping, problems } = translation;
  const worst = problems.find((problem) => problem.severity === 'error');
  const row: NewDocument = {
    id: item.documentId ?? randomUUID(),
    messageId: around.messageId,
    ordinal: document.ordinal,
    type: document.type,
    state: translation.state satisfies DocumentState,
    verdict: document.verdict,
    envelope: document.envelope,
    offset: document.offset,
    segments: document.segments,
    problems,
    fingerprint: worst && fingerprintOf([around.partner, document.type, worst.code, worst.message]),
    mapping: mapping && { name: mapping.name, version: mapping.version, hash: mapping.hash },
  };
  return { item, row, drafts: translation.outputs.map((output) => draftEvent(translation, output, around)) };
}

/** The same bytes again, in this batch or earlier, are no new event; a document of which nothing is new is a duplicate. */
function withoutRepeats(prepared: readonly Prepared[], known: ReadonlySet<string>): (Prepared & { repeated: boolean })[] {
  const seen = new Set(known);
  return prepared.map((p) => {
    const drafts = p.drafts.filter((draft) => !seen.has(draft.id));
    for (const draft of drafts) seen.add(draft.id);
    return { ...p, drafts, repeated: p.drafts.length > 0 && drafts.length === 0 };
  });
}

async function orderEvents(gateway: Gateway, db: Db, partner: string, prepared: readonly Prepared[]): Promise<NewEvent[]> {
  const counts = new Map<string, number>();
  for (const { drafts } of prepared) for (const draft of drafts) for (const key of draft.orderKeys) counts.set(key, (counts.get(key) ?? 0) + 1);
  if (counts.size === 0) return [];
  const next = await allocateSequences(db, gateway.tenant, counts);
  const take = (key: string): number => {
    const seq = next.get(key);
    if (seq === undefined) throw new Error(`no place was allocated in ${key}`);
    next.set(key, seq + 1);
    return seq;
  };
  const { endpoints, partners } = gateway.catalog();
  const testPartner = partners.get(partner)?.stage === 'test';
  return prepared.flatMap(({ item, row, drafts }) =>
    drafts.map((draft): NewEvent => {
      const places = new Map(draft.orderKeys.map((key) => [key, take(key)]));
      const name = eventNameOf(draft.output.type);
      const test = testPartner || item.translation.document.envelope.test;
      const event = makeEvent(item.translation, draft, item.around, places.get(draft.orderKeys[0] ?? ''));
      return {
        id: draft.id,
        documentId: row.id,
        name,
        documentNumber: draft.documentNumber,
        orderNumbers: draft.orderNumbers.map(normaliseOrderNumber),
        test,
        body: JSON.stringify(event),
        lineage: draft.output.lineage,
        places,
        deliveries: subscribers(endpoints, { name, partner, test }).map((endpoint) => ({
          id: randomUUID(),
          endpoint: endpoint.name,
          idempotencyKey: idempotencyKey(endpoint.name, draft.id),
        })),
      };
    }),
  );
}

function report(gateway: Gateway, partner: string, prepared: readonly (Prepared & { repeated: boolean })[], events: readonly NewEvent[]): void {
  const { log } = gateway.context;
  for (const { item, row, repeated } of prepared) {
    const fields = { messageId: row.messageId, documentId: row.id, partner, type: row.type, ordinal: row.ordinal };
    if (repeated) log.info(fields, 'duplicate: these bytes were translated before');
    else if (row.state === 'translated') log.info({ ...fields, mapping: row.mapping?.name }, 'translated');
    else
      log.warn(
        { ...fields, state: row.state, problem: item.translation.problems.find((p) => p.severity === 'error') },
        'not translated: dead letter',
      );
  }
  for (const event of events) {
    if (event.deliveries.length === 0) log.warn({ eventId: event.id, partner, event: event.name }, 'unrouted: no endpoint wants this event');
  }
  if (events.length > 0) gateway.nudge('deliver');
}
