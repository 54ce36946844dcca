/** Canonical events one by one, and those of a message. */
import type { LineageEntry } from '../core/canonical.ts';
import type { Db } from './database.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';

export interface EventRow {
  readonly id: string;
  readonly partner: string;
  readonly name: string;
  readonly documentNumber: string;
  readonly orderNumbers: readonly string[];
  readonly test: boolean;
  readonly messageId: string;
  readonly documentId: string;
  /** Endpoints that wanted it; 0: unrouted. */
  readonly routedTo: number;
  readonly createdAt: Date;
}

const EVENT = `e.id, e.partner, e.name, e.document_number as "documentNumber", e.order_numbers as "orderNumbers", e.test,
  d.message_id as "messageId", e.document_id as "documentId", e.routed_to as "routedTo", e.created_at as "createdAt"`;

/** With the CloudEvent, byte for byte as it is sent. */
export async function findEvent(
  db: Db,
  tenant: string,
  id: string,
  partners: readonly string[] | undefined,
): Promise<(EventRow & { readonly body: string }) | undefined> {
  const { rows } = await db.query<EventRow & { body: string }>(
    `select ${EVENT}, e.body from event e join document d on d.id = e.document_id
     where e.tenant = $1 and e.id = $2 and ${inPartners('e.partner', '$3')}`,
    [tenant, id, valueOfPartners(partners)],
  );
  return rows[0];
}

export async function lineageOf(
  db: Db,
  tenant: string,
  id: string,
  partners: readonly string[] | undefined,
): Promise<readonly LineageEntry[] | undefined> {
  const { rows } = await db.query<{ lineage: LineageEntry[] }>(
    `select lineage from event e where tenant = $1 and id = $2 and ${inPartners('partner', '$3')}`,
    [tenant, id, valueOfPartners(partners)],
  );
  return rows[0]?.lineage;
}

export interface MessageEventPlace {
  readonly ordinal: number;
  readonly id: string;
}

/** In the order of the documents in the message. One more than `limit` tells that there are more. */
export async function eventsOfMessage(
  db: Db,
  tenant: string,
  messageId: string,
  after: MessageEventPlace | undefined,
  limit: number,
): Promise<(EventRow & MessageEventPlace)[]> {
  const { rows } = await db.query<EventRow & MessageEventPlace>(
    `select ${EVENT}, d.ordinal from document d join event e on e.document_id = d.id
     where d.tenant = $1 and d.message_id = $2 and d.ordinal >= $3 and (d.ordinal, e.id) > ($3, $4::uuid) order by d.ordinal, e.id limit $5`,
    [tenant, messageId, after?.ordinal ?? 0, after?.id ?? '00000000-0000-0000-0000-000000000000', limit],
  );
  return rows;
}
