/**
 * Drafts become events with places in the order and deliveries to whoever subscribes at this moment.
 *
 * Inside the transaction that writes them, as late as possible: allocating places locks the order keys until the commit.
 */
import { randomUUID } from 'node:crypto';
import { idempotencyKey, normaliseOrderNumber } from '../core/identity.ts';
import { subscribers } from '../endpoints/subscribers.ts';
import { eventNameOf } from '../events/documents.ts';
import type { Db } from '../store/database.ts';
import { allocateSequences } from '../store/order-keys.ts';
import type { NewDelivery, NewEvent } from '../store/publish.ts';
import type { NewStatement } from '../store/statements.ts';
import type { Gateway } from './gateway.ts';
import { type EventDraft, type EventSurroundings, makeEvent } from './make-event.ts';
import type { Translation } from './translate.ts';

export interface PlannedEvent {
  readonly translation: Translation;
  readonly around: EventSurroundings;
  readonly documentId: string;
  readonly draft: EventDraft;
  readonly test: boolean;
  readonly statement: NewStatement;
}

/** In the order in which they are to be sent. */
export async function orderEvents(gateway: Gateway, db: Db, partner: string, planned: readonly PlannedEvent[]): Promise<NewEvent[]> {
  const take = await allocatePlaces(
    db,
    gateway.tenant,
    planned.map(({ draft }) => draft.orderKeys),
  );
  return planned.map(({ translation, around, documentId, draft, test, statement }): NewEvent => {
    const places = take(draft.orderKeys);
    const name = eventNameOf(draft.output.type);
    const event = makeEvent(translation, draft, around, places.get(draft.orderKeys[0] ?? ''), {
      revision: statement.revision,
      causationId: statement.supersedes,
    });
    return {
      id: draft.id,
      documentId,
      name,
      documentNumber: draft.documentNumber,
      orderNumbers: draft.orderNumbers.map(normaliseOrderNumber),
      test,
      body: JSON.stringify(event),
      lineage: draft.output.lineage,
      places,
      deliveries: deliveriesOf(gateway, draft.id, { name, partner, test }),
      statement,
    };
  });
}

/** One for each endpoint that subscribes now. */
export const deliveriesOf = (gateway: Gateway, eventId: string, event: { name: string; partner: string; test: boolean }): NewDelivery[] =>
  subscribers(gateway.catalog().endpoints, event).map((endpoint) => ({
    id: randomUUID(),
    endpoint: endpoint.name,
    idempotencyKey: idempotencyKey(endpoint.name, eventId),
    supersedes: endpoint.ordering === 'supersede',
  }));

/** Allocates places for all of these at once; what is returned gives the next event its own, so ask in the order of sending. */
export async function allocatePlaces(
  db: Db,
  tenant: string,
  orderKeys: readonly (readonly string[])[],
): Promise<(keys: readonly string[]) => Map<string, number>> {
  const counts = new Map<string, number>();
  for (const keys of orderKeys) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const next = counts.size === 0 ? new Map<string, number>() : await allocateSequences(db, tenant, counts);
  const take = (key: string): number => {
    const seq = next.get(key);
    if (seq === undefined) throw new Error(`no place was allocated in ${key}`);
    next.set(key, seq + 1);
    return seq;
  };
  return (keys) => new Map(keys.map((key) => [key, take(key)]));
}
