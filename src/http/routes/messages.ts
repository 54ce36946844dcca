/** What was received: found by any number that stands in it, as it came, and its way through the gateway. */
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../../core/errors/errors.ts';
import { StringEnum } from '../../core/schema-check.ts';
import { eventsOfMessage } from '../../store/event-queries.ts';
import { describeMessage, MESSAGE_STATUSES, openMessage } from '../../store/message-queries.ts';
import { searchMessages } from '../../store/message-search.ts';
import { messageOwner, TRACE_STEPS, traceMessage } from '../../store/message-trace.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { cursorsOf, Position, pageFrom, pageOf, pageQuery, usual } from '../page.ts';
import { PlainAnswer, plain, type Route, reading } from '../route.ts';
import { Count, closedObject, Fault, Id, Name, OrNull, Time, TimeAsked, timeOf, Words } from '../shapes.ts';
import { EventSummary, summaryOf } from './event-summary.ts';

const Message = closedObject(
  {
    id: Id,
    partner: Type.String(),
    channel: Type.String(),
    filename: Type.String(),
    arrival: Type.Integer({ description: 'the how-manieth of this partner' }),
    size: Count,
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    status: StringEnum(MESSAGE_STATUSES),
    documents: Count,
    events: Count,
    orderNumbers: Type.Array(Type.String()),
    receivedAt: Time,
  },
  { title: 'Message' },
);

const Document = closedObject(
  {
    id: Id,
    ordinal: Type.Integer({ minimum: 1 }),
    type: Type.String(),
    state: Type.String(),
    repeats: OrNull(Id),
    verdict: Type.String(),
    envelope: Type.Object({}),
    mapping: OrNull(Type.String()),
    mappingVersion: OrNull(Type.String()),
    problems: Type.Array(Fault),
  },
  { title: 'Document' },
);

const TraceEntry = closedObject(
  {
    at: Time,
    step: StringEnum(TRACE_STEPS),
    id: Id,
    ordinal: OrNull(Type.Integer()),
    endpoint: OrNull(Type.String()),
    what: Type.String(),
    detail: OrNull(Type.String()),
    attempt: OrNull(Type.Integer()),
    status: OrNull(Type.Integer()),
  },
  { title: 'TraceEntry' },
);

const MOST = 200;
const MOST_DOCUMENTS = 100;
const MOST_TRACED = 500;
const places = cursorsOf('messages', Type.Object({ receivedAt: Position, arrival: Position, id: Id }));
const eventPlaces = cursorsOf('message-events', Type.Object({ ordinal: Position, id: Id }));
const documentPlaces = cursorsOf('trace', Type.Object({ ordinal: Position }));

const noMessage = (id: string): GatewayError => new GatewayError('ERR_NOT_FOUND', `there is no message ${id}`, { hint: 'GET /v1/messages' });
const item = { tag: 'messages', reach: 'item', params: { id: Id } } as const;

export const messageRoutes: readonly Route[] = [
  reading({
    path: '/v1/messages',
    tag: 'messages',
    summary: 'Messages, the newest first',
    description: 'A page looks through a bounded number of messages: with a filter it may be short or empty and still have a next.',
    scope: 'messages:read',
    reach: 'list',
    query: {
      partner: Type.Optional(Name),
      po: Type.Optional(Words),
      documentNumber: Type.Optional(Words),
      controlNumber: Type.Optional(
        Type.String({ minLength: 1, maxLength: 14, description: 'of the interchange (ISA13) or the group (GS06), as it was sent' }),
      ),
      filename: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'a part of it' })),
      status: Type.Optional(StringEnum(MESSAGE_STATUSES)),
      since: Type.Optional(TimeAsked),
      until: Type.Optional(TimeAsked),
      ...pageQuery(MOST),
    },
    answer: pageOf(Message),
    async handle({ gateway: { database, tenant }, caller, query }) {
      const { partner, po, since, until, limit = usual(MOST), after, ...rest } = query;
      const filter = { ...rest, partners: narrowedTo(partner, caller.partners), orderNumber: po, since: timeOf(since), until: timeOf(until) };
      const { messages, next } = await searchMessages(database, tenant, filter, places.decode(after), limit);
      return { items: messages, next: places.encode(next) };
    },
  }),
  reading({
    ...item,
    path: '/v1/messages/{id}',
    summary: `One message, with its faults and its first ${MOST_DOCUMENTS} documents`,
    scope: 'messages:read',
    answer: closedObject({ ...Message.properties, problems: Type.Array(Fault), firstDocuments: Type.Array(Document) }, { title: 'MessageDetail' }),
    async handle({ gateway: { database, tenant }, caller, params: { id } }) {
      const message = await describeMessage(database, tenant, id, caller.partners, MOST_DOCUMENTS);
      if (message === undefined) throw noMessage(id);
      return message;
    },
  }),
  plain({
    ...item,
    path: '/v1/messages/{id}/raw',
    summary: 'The bytes as they came',
    scope: 'messages:raw',
    answers: [{ status: 200, what: 'the bytes', media: 'application/octet-stream', schema: Type.String({ format: 'binary' }) }],
    async handle({ gateway: { database, tenant }, caller, params: { id } }) {
      const raw = await openMessage(database, tenant, id, caller.partners);
      if (raw === undefined) throw noMessage(id);
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': String(raw.size),
        'content-disposition': attachment(raw.filename),
        // It comes from outside: no browser is to do anything with it but keep it.
        'content-security-policy': "default-src 'none'; sandbox",
      };
      return new PlainAnswer(200, headers, raw.bytes);
    },
  }),
  reading({
    ...item,
    path: '/v1/messages/{id}/events',
    summary: 'The canonical events that a message became, in the order of its documents',
    scope: 'messages:read',
    query: pageQuery(MOST),
    answer: pageOf(EventSummary),
    async handle({ gateway: { database, tenant }, caller, params: { id }, query: { limit = usual(MOST), after } }) {
      if ((await messageOwner(database, tenant, id, caller.partners)) === undefined) throw noMessage(id);
      const rows = await eventsOfMessage(database, tenant, id, eventPlaces.decode(after), limit + 1);
      return pageFrom(rows, limit, summaryOf, ({ ordinal, id: event }) => eventPlaces.encode({ ordinal, id: event }));
    },
  }),
  reading({
    ...item,
    path: '/v1/messages/{id}/trace',
    summary: 'Its way as one timeline: received, translated, published, scheduled, attempted, ended',
    description: 'A page is so many documents with all that became of them; nearly every message is one page.',
    scope: 'messages:read',
    query: pageQuery(MOST_TRACED),
    answer: pageOf(TraceEntry),
    async handle({ gateway: { database, tenant }, caller, params: { id }, query: { limit = usual(MOST_TRACED), after } }) {
      if ((await messageOwner(database, tenant, id, caller.partners)) === undefined) throw noMessage(id);
      const { entries, next } = await traceMessage(database, tenant, id, documentPlaces.decode(after)?.ordinal ?? 0, limit);
      return { items: entries, next: documentPlaces.encode(next === undefined ? undefined : { ordinal: next }) };
    },
  }),
];

/** RFC 6266: a plain name for old clients, the real one percent-encoded. */
function attachment(filename: string): string {
  const plainName = filename.replace(/[^A-Za-z0-9._-]/g, '_');
  const encoded = encodeURIComponent(filename.replace(/\p{Surrogate}/gu, '_')).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plainName}"; filename*=UTF-8''${encoded}`;
}
