/**
 * T2's writes: documents, canonical events, one delivery for each subscribed endpoint, in few round trips.
 *
 * All functions run inside the caller's transaction, after `fenceLane`.
 */

import type { LineageEntry } from '../core/canonical.ts';
import type { SourceEnvelope } from '../core/contracts.ts';
import type { Problem } from '../core/problem.ts';
import type { Db } from './database.ts';
import { openPlaces, placeOf } from './order-keys.ts';
import type { NewStatement } from './statements.ts';
import { supersedeOlder } from './supersede.ts';

export type DocumentState =
  | 'translated'
  /** It repeats an event. */
  | 'duplicate'
  /** It contradicts an event and does not say that it replaces it: a person decides. */
  | 'held'
  /** By the format. */
  | 'rejected'
  | 'failed'
  /** Not the sender that its channel belongs to: a person decides. */
  | 'quarantined'
  | 'retrying'
  | 'discarded'
  /** By a person, out of quarantine. */
  | 'refused'
  /** An acknowledgment of the partner's: it is recorded, nothing is mapped. */
  | 'recorded'
  /** Ours. */
  | 'sent';

export interface NewDocument {
  readonly id: string;
  readonly messageId: string;
  readonly ordinal: number;
  readonly type: string;
  readonly state: DocumentState;
  readonly verdict: string;
  readonly envelope: SourceEnvelope;
  readonly offset: number;
  readonly segments: number;
  readonly problems: readonly Problem[];
  readonly fingerprint: string | undefined;
  readonly mapping: { readonly name: string; readonly version: string; readonly hash: string } | undefined;
  /** Of a duplicate: the event that it repeats. */
  readonly repeats?: string | undefined;
}

/** Writes documents, or the new outcome of one that ops sent through again. */
export async function insertDocuments(db: Db, tenant: string, partner: string, documents: readonly NewDocument[]): Promise<void> {
  const rows = documents.map((d) => ({
    id: d.id,
    message_id: d.messageId,
    ordinal: d.ordinal,
    type: d.type,
    state: d.state,
    verdict: d.verdict,
    envelope: d.envelope,
    byte_offset: d.offset,
    segments: d.segments,
    problems: d.problems,
    fingerprint: d.fingerprint ?? null,
    mapping: d.mapping?.name ?? null,
    mapping_version: d.mapping?.version ?? null,
    mapping_hash: d.mapping?.hash ?? null,
    repeats: d.repeats ?? null,
  }));
  await db.query(
    `insert into document (id, tenant, partner, message_id, ordinal, type, state, verdict, envelope, byte_offset, segments, problems,
                           fingerprint, mapping, mapping_version, mapping_hash, repeats)
     select id, $1, $2, message_id, ordinal, type, state, verdict, envelope, byte_offset, segments, problems,
            fingerprint, mapping, mapping_version, mapping_hash, repeats
     from jsonb_to_recordset($3::jsonb) as d (id uuid, message_id uuid, ordinal int, type text, state text, verdict text, envelope jsonb,
       byte_offset bigint, segments int, problems jsonb, fingerprint text, mapping text, mapping_version text, mapping_hash text,
       repeats uuid)
     on conflict (message_id, ordinal) do update set state = excluded.state, problems = excluded.problems, verdict = excluded.verdict,
       fingerprint = excluded.fingerprint, mapping = excluded.mapping, mapping_version = excluded.mapping_version,
       mapping_hash = excluded.mapping_hash, repeats = excluded.repeats
     where document.state = 'retrying'`,
    [tenant, partner, JSON.stringify(rows)],
  );
}

export interface NewDelivery {
  readonly id: string;
  readonly endpoint: string;
  readonly idempotencyKey: string;
  /** It retires older ones of its kind that were not sent yet. */
  readonly supersedes: boolean;
}

export interface NewEvent {
  readonly id: string;
  readonly documentId: string;
  readonly name: string;
  readonly documentNumber: string;
  readonly orderNumbers: readonly string[];
  readonly test: boolean;
  readonly body: string;
  readonly lineage: readonly LineageEntry[];
  /** Order key → the place in it that was allocated for this event. */
  readonly places: ReadonlyMap<string, number>;
  readonly deliveries: readonly NewDelivery[];
  /** What it says of which thing, for those after it: src/store/statements.ts. */
  readonly statement?: NewStatement | undefined;
}

/**
 * Writes events with their deliveries. Call it in the order of the sequences, with the order keys locked (`allocateSequences`):
 * a delivery waits for each key on which an earlier one of its endpoint is open.
 */
export async function insertEvents(db: Db, tenant: string, partner: string, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const keys = [...new Set(events.flatMap((event) => [...event.places.keys()]))];
  const open = await openPlaces(db, tenant, keys);
  const { deliveries, places } = placeDeliveries(events, open);
  const rows = events.map((event) => ({
    id: event.id,
    document_id: event.documentId,
    name: event.name,
    document_number: event.documentNumber,
    order_numbers: event.orderNumbers,
    test: event.test,
    routed_to: event.deliveries.length,
  }));
  // Bodies and lineage go as plain text beside the rest: as strings inside JSON they would be escaped, parsed and unescaped again.
  await db.query(
    `with new_event as (
       insert into event (id, tenant, partner, document_id, name, document_number, order_numbers, test, routed_to, body, lineage)
       select id, $1, $2, document_id, name, document_number, order_numbers, test, routed_to, body, lineage::json
       from rows from (
         jsonb_to_recordset($3::jsonb) as (id uuid, document_id uuid, name text, document_number text, order_numbers text[], test boolean, routed_to int),
         unnest($6::text[]), unnest($7::text[])
       ) as e (id, document_id, name, document_number, order_numbers, test, routed_to, body, lineage)
     ), new_statement as (
       insert into business_document (tenant, partner, business_key, revision, content_hash, event_id, basis, supersedes)
       select $1, $2, business_key, revision, content_hash, event_id, basis, supersedes
       from jsonb_to_recordset($8::jsonb) as s (business_key text, revision int, content_hash text, event_id uuid, basis text, supersedes uuid)
     ), new_delivery as (
       insert into delivery (id, tenant, endpoint, event_id, idempotency_key, waiting) ${GIVEN_DELIVERIES('$1', '$4')}
     )
     insert into delivery_key (delivery_id, tenant, endpoint, order_key, seq, active) ${GIVEN_PLACES('$1', '$5')}`,
    [
      tenant,
      partner,
      JSON.stringify(rows),
      JSON.stringify(deliveries),
      JSON.stringify(places),
      events.map((event) => event.body),
      events.map((event) => JSON.stringify(event.lineage)),
      JSON.stringify(events.flatMap((event) => (event.statement === undefined ? [] : [statementRow(event.id, event.statement)]))),
    ],
  );
  await supersede(db, tenant, events);
}

async function supersede(db: Db, tenant: string, events: readonly Pick<NewEvent, 'deliveries'>[]): Promise<void> {
  const superseding = events.flatMap((event) => event.deliveries.filter((delivery) => delivery.supersedes).map((delivery) => delivery.id));
  if (superseding.length > 0) await supersedeOlder(db, tenant, superseding);
}

const statementRow = (eventId: string, { businessKey, revision, contentHash, basis, supersedes }: NewStatement) => ({
  business_key: businessKey,
  revision,
  content_hash: contentHash,
  event_id: eventId,
  basis,
  supersedes: supersedes ?? null,
});

/** Deliveries of events that are there already: they go to the end of their orders. Call under the same locks as `insertEvents`. */
export async function insertDeliveries(db: Db, tenant: string, events: readonly Pick<NewEvent, 'id' | 'places' | 'deliveries'>[]): Promise<void> {
  const keys = [...new Set(events.flatMap((event) => [...event.places.keys()]))];
  const { deliveries, places } = placeDeliveries(events, await openPlaces(db, tenant, keys));
  await db.query(
    `with new_delivery as (
       insert into delivery (id, tenant, endpoint, event_id, idempotency_key, waiting) ${GIVEN_DELIVERIES('$1', '$2')}
     )
     insert into delivery_key (delivery_id, tenant, endpoint, order_key, seq, active) ${GIVEN_PLACES('$1', '$3')}`,
    [tenant, JSON.stringify(deliveries), JSON.stringify(places)],
  );
  await supersede(db, tenant, events);
}

const GIVEN_DELIVERIES = (tenant: string, given: string) => `
  select id, ${tenant}, endpoint, event_id, idempotency_key, waiting
  from jsonb_to_recordset(${given}::jsonb) as d (id uuid, endpoint text, event_id uuid, idempotency_key uuid, waiting int)`;
const GIVEN_PLACES = (tenant: string, given: string) => `
  select delivery_id, ${tenant}, endpoint, order_key, seq, active
  from jsonb_to_recordset(${given}::jsonb) as k (delivery_id uuid, endpoint text, order_key text, seq bigint, active boolean)`;

/** Rows of deliveries and of their places; `open` has the places that are open before them, and theirs afterwards. */
function placeDeliveries(
  events: readonly Pick<NewEvent, 'id' | 'places' | 'deliveries'>[],
  open: Set<string>,
): { deliveries: object[]; places: object[] } {
  const deliveries: object[] = [];
  const places: object[] = [];
  for (const event of events) {
    for (const delivery of event.deliveries) {
      let waiting = 0;
      for (const [key, seq] of event.places) {
        const place = placeOf(delivery.endpoint, key);
        const active = !open.has(place);
        if (!active) waiting++;
        open.add(place);
        places.push({ delivery_id: delivery.id, endpoint: delivery.endpoint, order_key: key, seq, active });
      }
      deliveries.push({ id: delivery.id, endpoint: delivery.endpoint, event_id: event.id, idempotency_key: delivery.idempotencyKey, waiting });
    }
  }
  return { deliveries, places };
}
