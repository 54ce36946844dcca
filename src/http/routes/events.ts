/** The feed of canonical events, which an ERP can read instead of callbacks or to reconcile with them, and each event by itself. */
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../../core/errors/errors.ts';
import { historyOf, readFeed } from '../../store/event-feed.ts';
import { findEvent, lineageOf } from '../../store/event-queries.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { cursorsOf, Position, pageQuery, TransactionId, usual } from '../page.ts';
import { type Route, reading } from '../route.ts';
import { closedObject, Id, Name, OrNull, Time, TimeAsked, timeOf } from '../shapes.ts';
import { EventSummary, summaryOf } from './event-summary.ts';

const MOST = 1000;
const places = cursorsOf(
  'feed',
  Type.Object({ history: Type.String({ pattern: '^\\d{1,20}\\.[0-9A-F]{8}$' }), xid: TransactionId, position: Position }),
);

const CloudEvent = Type.Object(
  { specversion: Type.Literal('1.0'), id: Id, type: Type.String(), source: Type.String(), subject: Type.String(), time: Type.String() },
  { title: 'CloudEvent', description: 'as callbacks carry it: CloudEvents 1.0, data as the schema says that dataschema names' },
);

const FedEvent = closedObject(
  {
    id: Id,
    partner: Type.String(),
    name: Type.String(),
    documentNumber: Type.String(),
    orderNumbers: Type.Array(Type.String()),
    test: Type.Boolean(),
    messageId: Id,
    createdAt: Time,
    event: CloudEvent,
  },
  { title: 'FedEvent' },
);

const noEvent = (id: string): GatewayError => new GatewayError('ERR_NOT_FOUND', `there is no event ${id}`, { hint: 'GET /v1/events' });

export const eventRoutes: readonly Route[] = [
  reading({
    path: '/v1/events',
    tag: 'events',
    summary: 'The feed: events in the order in which they were committed',
    description:
      'Keep next and send it as after the next time: nothing is skipped, nothing comes twice. next is there also when more is false: come again later with the same one.',
    scope: 'events:read',
    reach: 'list',
    query: {
      partner: Type.Optional(Name),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'such as invoice.received' })),
      since: Type.Optional(TimeAsked),
      ...pageQuery(MOST),
    },
    answer: closedObject({
      items: Type.Array(FedEvent),
      next: OrNull(Type.String({ description: 'after of the next page; null only while there has never been an event' })),
      more: Type.Boolean({ description: 'there is more to read now' }),
    }),
    async handle({ gateway: { database, tenant }, caller, query }) {
      const { partner, name, since, after, limit = usual(MOST) } = query;
      const place = places.decode(after);
      if (place !== undefined && place.history !== (await historyOf(database)))
        throw new GatewayError('ERR_API_CURSOR_LOST', 'after: the database was restored or moved since that page', {
          hint: 'start again with since=, a little before the last event that you took',
        });
      const filter = { partners: narrowedTo(partner, caller.partners), name, since: timeOf(since) };
      const page = await readFeed(database, tenant, place, filter, limit);
      const items = page.events.map(({ place: _, body, orderNumbers, ...event }) => ({
        ...event,
        orderNumbers: [...orderNumbers],
        event: JSON.parse(body),
      }));
      return { items, next: places.encode(page.next) ?? after ?? null, more: page.more };
    },
  }),
  reading({
    path: '/v1/events/{id}',
    tag: 'events',
    summary: 'One canonical event',
    scope: 'events:read',
    reach: 'item',
    params: { id: Id },
    answer: closedObject({ ...EventSummary.properties, event: CloudEvent }, { title: 'Event' }),
    async handle({ gateway: { database, tenant }, caller, params: { id } }) {
      const event = await findEvent(database, tenant, id, caller.partners);
      if (event === undefined) throw noEvent(id);
      return { ...summaryOf(event), event: JSON.parse(event.body) };
    },
  }),
  reading({
    path: '/v1/events/{id}/lineage',
    tag: 'events',
    summary: 'Where each value of an event came from',
    scope: 'events:read',
    reach: 'item',
    params: { id: Id },
    answer: closedObject({
      id: Id,
      lineage: Type.Array(
        Type.Object({ target: Type.String(), rule: Type.String() }, { description: 'target, value, rule and, where there is one, source' }),
      ),
    }),
    async handle({ gateway: { database, tenant }, caller, params: { id } }) {
      const lineage = await lineageOf(database, tenant, id, caller.partners);
      if (lineage === undefined) throw noEvent(id);
      return { id, lineage };
    },
  }),
];
