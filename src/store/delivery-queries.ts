/**
 * Deliveries as ops looks for them, the newest event's first.
 *
 * They are found by way of their events: an index on deliveries in the order of their making would cost each of them a little at every
 * step of its life. A page looks at a bounded number of events and may come back short, with a place to go on from.
 */
import { normaliseOrderNumber } from '../core/identity.ts';
import type { DeliveryState } from '../core/lifecycle.ts';
import type { Db } from './database.ts';
import { type AttemptRow, attemptsOf } from './dead-letters.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly endpoint: string;
  readonly state: DeliveryState;
  readonly eventId: string;
  readonly event: string;
  readonly documentNumber: string;
  readonly partner: string;
  readonly orderNumbers: readonly string[];
  readonly messageId: string;
  /** On how many of its orders something earlier is open. */
  readonly waiting: number;
  readonly attempts: number;
  readonly lastClass: string | null;
  readonly lastStatus: number | null;
  readonly lastDetail: string | null;
  readonly deadReason: string | null;
  readonly idempotencyKey: string;
  readonly replayOf: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date;
  readonly endedAt: Date | null;
}

export interface DeliveryFilter {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  readonly endpoint?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly orderNumber?: string | undefined;
  readonly eventId?: string | undefined;
  /** Behind something earlier of its orders. */
  readonly blocked?: boolean | undefined;
}

/** The last one of a page: its event, and which of the event's deliveries. */
export interface DeliveryPlace {
  readonly xid: string;
  readonly position: number;
  readonly delivery: number;
}

export interface DeliveryPage {
  readonly deliveries: readonly DeliveryRow[];
  readonly next: DeliveryPlace | undefined;
}

const LOOKED_AT = 20_000;

const DELIVERY = `v.id, v.endpoint, v.state, v.event_id as "eventId", e.name as event, e.document_number as "documentNumber", e.partner,
  e.order_numbers as "orderNumbers", (select message_id from document d where d.id = e.document_id) as "messageId", v.waiting,
  v.attempt_count as attempts, v.last_class as "lastClass", v.last_status as "lastStatus", v.last_detail as "lastDetail",
  v.dead_reason as "deadReason", v.idempotency_key as "idempotencyKey", v.replay_of as "replayOf", v.created_at as "createdAt",
  v.next_attempt_at as "nextAttemptAt", v.ended_at as "endedAt"`;

/** Of an event all of whose deliveries were passed. */
const PAST_ALL = Number.MAX_SAFE_INTEGER;

interface Row extends Omit<DeliveryRow, 'id'> {
  readonly id: string | null;
  readonly xid: string;
  readonly position: number;
  readonly delivery: number;
  readonly more: boolean;
}

export async function searchDeliveries(
  db: Db,
  tenant: string,
  filter: DeliveryFilter,
  after: DeliveryPlace | undefined,
  limit: number,
): Promise<DeliveryPage> {
  const { partners, endpoint, state, blocked } = filter;
  const picky = [partners, endpoint, state, blocked].some((asked) => asked !== undefined);
  const values: unknown[] = [tenant, picky ? LOOKED_AT : limit + 1, limit + 1];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const ofEvents = ['e.tenant = $1'];
  const ofDeliveries = ['looked.matches', 'looked.r <= $2'];
  if (after !== undefined) {
    const [xid, position] = [value(after.xid), value(after.position)];
    // An event that was passed wholly must not be looked at again, or a page could end where it began.
    ofEvents.push(`(e.xid, e.position) ${after.delivery === PAST_ALL ? '<' : '<='} (${xid}::xid8, ${position}::bigint)`);
    ofDeliveries.push(`((looked.xid, looked.position) <> (${xid}::xid8, ${position}::bigint) or v.position > ${value(after.delivery)})`);
  }
  // These two have an index of their own; without them events are looked through from the newest.
  if (filter.orderNumber !== undefined) ofEvents.push(`e.order_numbers @> array[${value(normaliseOrderNumber(filter.orderNumber))}]`);
  if (filter.eventId !== undefined) ofEvents.push(`e.id = ${value(filter.eventId)}`);
  if (endpoint !== undefined) ofDeliveries.push(`v.endpoint = ${value(endpoint)}`);
  if (state !== undefined) ofDeliveries.push(`v.state = ${value(state)}`);
  if (blocked !== undefined) ofDeliveries.push(`(v.waiting > 0) = ${value(blocked)}`);
  const { rows } = await db.query<Row>(
    `with looked as materialized (
       select e.id, e.xid, e.position, row_number() over (order by e.xid desc, e.position desc) as r,
              ${inPartners('e.partner', value(valueOfPartners(partners)))} as matches
       from event e where ${ofEvents.join(' and ')} order by e.xid desc, e.position desc limit $2::int + 1
     ), chosen as (
       (select v.id as delivery_id, looked.id as event_id, looked.xid, looked.position, looked.r, v.position as delivery from looked
        join delivery v on v.event_id = looked.id where ${ofDeliveries.join(' and ')} order by looked.r, v.position limit $3)
       union all
       (select null, id, xid, position, r, ${PAST_ALL} from looked where r <= $2 order by r desc limit 1)
     )
     select ${DELIVERY}, c.xid::text as xid, c.position, c.delivery, (select count(*) from looked) > $2 as more
     from chosen c join event e on e.id = c.event_id left join delivery v on v.id = c.delivery_id order by c.delivery_id is null, c.r, c.delivery`,
    values,
  );
  const end = rows.find((row) => row.id === null);
  const found = rows.filter((row) => row.id !== null);
  const placeOf = ({ xid, position, delivery }: Row): DeliveryPlace => ({ xid, position, delivery });
  const shown = found.slice(0, limit).map(({ xid: _, position: __, delivery: ___, more: ____, ...row }) => row as DeliveryRow);
  const last = found[limit - 1];
  if (found.length > limit && last !== undefined) return { deliveries: shown, next: placeOf(last) };
  return { deliveries: shown, next: end?.more ? placeOf(end) : undefined };
}

export interface DeliveryDetail extends DeliveryRow {
  readonly orderKeys: readonly { readonly key: string; readonly seq: number; readonly open: boolean; readonly head: boolean }[];
  readonly attemptRows: readonly AttemptRow[];
}

export async function findDelivery(db: Db, tenant: string, id: string, partners: readonly string[] | undefined): Promise<DeliveryDetail | undefined> {
  const { rows } = await db.query<DeliveryRow>(
    `select ${DELIVERY} from delivery v join event e on e.id = v.event_id where v.tenant = $1 and v.id = $2 and ${inPartners('e.partner', '$3')}`,
    [tenant, id, valueOfPartners(partners)],
  );
  const delivery = rows[0];
  if (delivery === undefined) return undefined;
  const keys = await db.query<DeliveryDetail['orderKeys'][number]>(
    'select order_key as key, seq, open, active as head from delivery_key where delivery_id = $1 order by order_key',
    [id],
  );
  return { ...delivery, orderKeys: keys.rows, attemptRows: await attemptsOf(db, id) };
}
