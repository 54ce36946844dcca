/** What waits for a person: why, what it would change, and the two decisions. */
import { Type } from '@sinclair/typebox';
import type { Caller } from '../../access/authenticate-key.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { StringEnum } from '../../core/schema-check.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { findQuarantined, type QuarantineDetail, rejectQuarantined, releaseQuarantined } from '../../pipeline/quarantine.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { pageOfQuarantine } from '../../store/quarantine-pages.ts';
import { cursorsOf, Position, pageOf, pageQuery, placedPageFrom, usual } from '../page.ts';
import { changing, type Route, reading } from '../route.ts';
import { closedObject, Fault, Id, Name, OrNull, Reason, Time, TimeAsked, timeOf } from '../shapes.ts';

const CAUSES = ['sender', 'conflict', 'interchange'] as const;
const MOST = 200;
const places = cursorsOf('quarantine', Type.Object({ enteredAt: Position, id: Id }));

const Quarantined = closedObject(
  {
    id: Id,
    cause: StringEnum(CAUSES),
    partner: Type.String(),
    messageId: Id,
    filename: Type.String(),
    ordinal: Type.Integer({ minimum: 1 }),
    type: Type.String(),
    documentNumber: OrNull(Type.String({ description: 'known of a conflict only' })),
    orderNumbers: Type.Array(Type.String()),
    reason: Type.String(),
    enteredAt: Time,
  },
  { title: 'Quarantined' },
);

const Detail = closedObject(
  {
    ...Quarantined.properties,
    state: Type.String(),
    problems: Type.Array(Fault),
    decision: OrNull(StringEnum(['released', 'rejected'])),
    decidedBy: OrNull(Type.String()),
    decidedAt: OrNull(Time),
    decisionReason: OrNull(Type.String()),
    content: OrNull(Type.Object({}, { description: 'of a conflict: what it says' })),
    standing: OrNull(Type.Object({ eventId: Id, revision: Type.Integer() }, { description: 'of a conflict: what stands now' })),
    changes: Type.Array(Type.Object({}), { description: 'from what stands to what it says' }),
  },
  { title: 'QuarantinedDetail' },
);

const noDocument = (id: string): GatewayError =>
  new GatewayError('ERR_NOT_FOUND', `there is no document ${id} in quarantine`, { hint: 'GET /v1/quarantine' });

async function mustFind(gateway: Gateway, { partners }: Caller, id: string): Promise<QuarantineDetail> {
  const found = await findQuarantined(gateway, id);
  if (found === undefined || (partners !== undefined && !partners.includes(found.partner))) throw noDocument(id);
  return found;
}

const deciding = (way: 'release' | 'reject', summary: string): Route =>
  changing({
    path: `/v1/quarantine/{id}/${way}`,
    tag: 'quarantine',
    summary,
    description: 'The same decision twice is one: changed says whether this request made it.',
    scope: 'quarantine:write',
    reach: 'item',
    params: { id: Id },
    body: { reason: Reason },
    answer: closedObject({ id: Id, decision: StringEnum(['released', 'rejected']), changed: Type.Boolean() }),
    async handle({ gateway, caller, params: { id }, body: { reason }, by }) {
      await mustFind(gateway, caller, id);
      if (way === 'release') return { id, decision: 'released' as const, changed: await releaseQuarantined(gateway, id, by(reason)) };
      return { id, decision: 'rejected' as const, changed: await rejectQuarantined(gateway, id, by(reason)) };
    },
  });

export const quarantineRoutes: readonly Route[] = [
  reading({
    path: '/v1/quarantine',
    tag: 'quarantine',
    summary: 'What waits for a person, the oldest first',
    scope: 'quarantine:read',
    reach: 'list',
    query: {
      partner: Type.Optional(Name),
      cause: Type.Optional(StringEnum(CAUSES)),
      since: Type.Optional(TimeAsked),
      ...pageQuery(MOST),
    },
    answer: pageOf(Quarantined),
    async handle({ gateway: { database, tenant }, caller, query: { partner, cause, since, limit = usual(MOST), after } }) {
      const search = { partners: narrowedTo(partner, caller.partners), cause, since: timeOf(since) };
      const rows = await pageOfQuarantine(database, tenant, search, places.decode(after), limit + 1);
      return placedPageFrom(rows, limit, places);
    },
  }),
  reading({
    path: '/v1/quarantine/{id}',
    tag: 'quarantine',
    summary: 'One document that waits, or was decided on: why, and of a conflict what it would change',
    scope: 'quarantine:read',
    reach: 'item',
    params: { id: Id },
    answer: Detail,
    async handle({ gateway, caller, params: { id } }) {
      const { content, standing, ...rest } = await mustFind(gateway, caller, id);
      return { ...rest, content: content ?? null, standing: standing ?? null };
    },
  }),
  deciding('release', 'Translate it again, past what held it'),
  deciding('reject', 'Close it: nothing of it is ever sent, its bytes are kept'),
];
