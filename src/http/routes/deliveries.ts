/** Deliveries: what goes where, how far it is, and each attempt. */
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../../core/errors/errors.ts';
import { type DeliveryState, LIFECYCLE } from '../../core/lifecycle.ts';
import { StringEnum } from '../../core/schema-check.ts';
import { findDelivery, searchDeliveries } from '../../store/delivery-queries.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { cursorsOf, Position, pageOf, pageQuery, TransactionId, usual } from '../page.ts';
import { type Route, reading } from '../route.ts';
import { Count, closedObject, EndpointName, Id, Name, OrNull, Time, Words } from '../shapes.ts';

const STATES = Object.keys(LIFECYCLE) as DeliveryState[];
const MOST = 200;
const places = cursorsOf('deliveries', Type.Object({ xid: TransactionId, position: Position, delivery: Position }));

const Delivery = closedObject(
  {
    id: Id,
    endpoint: Type.String(),
    state: StringEnum(STATES),
    eventId: Id,
    event: Type.String(),
    documentNumber: Type.String(),
    partner: Type.String(),
    orderNumbers: Type.Array(Type.String()),
    messageId: Id,
    waiting: Type.Integer({ minimum: 0, description: 'on how many of its orders something earlier is open' }),
    attempts: Count,
    lastClass: OrNull(Type.String()),
    lastStatus: OrNull(Type.Integer()),
    lastDetail: OrNull(Type.String()),
    deadReason: OrNull(Type.String()),
    idempotencyKey: Id,
    replayOf: OrNull(Id),
    createdAt: Time,
    nextAttemptAt: Time,
    endedAt: OrNull(Time),
  },
  { title: 'Delivery' },
);

export const Attempt = closedObject(
  {
    n: Type.Integer({ minimum: 1 }),
    startedAt: Time,
    endedAt: OrNull(Time),
    class: OrNull(Type.String()),
    status: OrNull(Type.Integer()),
    detail: OrNull(Type.String()),
    responseBody: OrNull(Type.String()),
  },
  { title: 'Attempt' },
);

export const deliveryRoutes: readonly Route[] = [
  reading({
    path: '/v1/deliveries',
    tag: 'deliveries',
    summary: "Deliveries, the newest event's first",
    description: 'A page looks through a bounded number of events: with a filter it may be short or empty and still have a next.',
    scope: 'deliveries:read',
    reach: 'list',
    query: {
      endpoint: Type.Optional(EndpointName),
      state: Type.Optional(StringEnum(STATES)),
      partner: Type.Optional(Name),
      po: Type.Optional(Words),
      eventId: Type.Optional(Id),
      blocked: Type.Optional(Type.Boolean({ description: 'true: only what stands behind something earlier of its orders' })),
      ...pageQuery(MOST),
    },
    answer: pageOf(Delivery),
    async handle({ gateway: { database, tenant }, caller, query }) {
      const { partner, po, limit = usual(MOST), after, ...rest } = query;
      const filter = { ...rest, partners: narrowedTo(partner, caller.partners), orderNumber: po };
      const { deliveries, next } = await searchDeliveries(database, tenant, filter, places.decode(after), limit);
      return { items: deliveries, next: places.encode(next) };
    },
  }),
  reading({
    path: '/v1/deliveries/{id}',
    tag: 'deliveries',
    summary: 'One delivery with its places in the order and its attempts',
    scope: 'deliveries:read',
    reach: 'item',
    params: { id: Id },
    answer: closedObject(
      {
        ...Delivery.properties,
        orderKeys: Type.Array(
          closedObject(
            { key: Type.String(), seq: Type.Integer(), open: Type.Boolean(), head: Type.Boolean() },
            { description: 'its place in each order' },
          ),
        ),
        attemptRows: Type.Array(Attempt),
      },
      { title: 'DeliveryDetail' },
    ),
    async handle({ gateway: { database, tenant }, caller, params: { id } }) {
      const delivery = await findDelivery(database, tenant, id, caller.partners);
      if (delivery === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no delivery ${id}`, { hint: 'GET /v1/deliveries' });
      return delivery;
    },
  }),
];
