/** What was given up: by cause, one by one, and the two ways to close one. Once more is a replay. */
import { Type } from '@sinclair/typebox';
import type { Caller } from '../../access/authenticate-key.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { StringEnum } from '../../core/schema-check.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { closeDeadLetter } from '../../pipeline/replay.ts';
import { groupDeadLetters, partnerOfDeadLetter, searchDeadLetters } from '../../store/dead-letter-queries.ts';
import { findDeadLetter } from '../../store/dead-letters.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { cursorsOf, Position, pageQuery, placedPageFrom, usual } from '../page.ts';
import { changing, type Route, reading } from '../route.ts';
import { Count, closedObject, EndpointName, Fault, Id, Name, OrNull, Reason, Time, TimeAsked, timeOf } from '../shapes.ts';
import { Attempt } from './deliveries.ts';

const STAGES = ['receive', 'translate', 'deliver'] as const;
const MOST = 200;
const MOST_GROUPS = 500;
const places = cursorsOf('dead-letters', Type.Object({ at: Position, id: Id }));

const DeadLetter = closedObject(
  {
    id: Id,
    stage: StringEnum(STAGES),
    fingerprint: Type.String({ description: 'the same for what has the same cause' }),
    partner: Type.String(),
    endpoint: OrNull(Type.String()),
    subject: Type.String(),
    orderNumbers: Type.Array(Type.String()),
    reason: Type.String(),
    at: Time,
    messageId: Id,
    blocks: Type.Integer({ minimum: 0, description: 'how many open deliveries wait behind it' }),
  },
  { title: 'DeadLetter' },
);

const Group = closedObject(
  {
    fingerprint: Type.String(),
    stage: StringEnum(STAGES),
    count: Count,
    reason: Type.String({ description: 'of one of them' }),
    partners: Type.Array(Type.String()),
    endpoints: Type.Array(Type.String()),
    oldest: Time,
    newest: Time,
  },
  { title: 'DeadLetterGroup' },
);

const noLetter = (id: string): GatewayError => new GatewayError('ERR_NOT_FOUND', `there is no dead letter ${id}`, { hint: 'GET /v1/dead-letters' });

/** Of another partner's letters this key knows nothing. */
async function mustSee({ database, tenant }: Gateway, caller: Caller, id: string): Promise<void> {
  const partner = await partnerOfDeadLetter(database, tenant, id);
  if (caller.partners !== undefined && (partner === undefined || !caller.partners.includes(partner))) throw noLetter(id);
}

const closing = (way: 'skip' | 'discard', summary: string): Route =>
  changing({
    path: `/v1/dead-letters/{id}/${way}`,
    tag: 'dead letters',
    summary,
    scope: 'dead-letters:write',
    reach: 'item',
    params: { id: Id },
    body: { reason: Reason },
    answer: closedObject({ id: Id, done: StringEnum(['skip', 'discard']) }),
    async handle({ gateway, caller, params: { id }, body: { reason }, by }) {
      await mustSee(gateway, caller, id);
      await closeDeadLetter(gateway, id, way, by(reason));
      return { id, done: way };
    },
  });

export const deadLetterRoutes: readonly Route[] = [
  reading({
    path: '/v1/dead-letters',
    tag: 'dead letters',
    summary: 'Dead letters, the newest first; with group=true counted by cause, the most frequent first',
    scope: 'dead-letters:read',
    reach: 'list',
    query: {
      group: Type.Optional(Type.Boolean()),
      partner: Type.Optional(Name),
      endpoint: Type.Optional(EndpointName),
      fingerprint: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      stage: Type.Optional(StringEnum(STAGES)),
      since: Type.Optional(TimeAsked),
      ...pageQuery(MOST),
    },
    answer: closedObject({
      items: Type.Array(DeadLetter, { description: 'empty with group=true' }),
      groups: Type.Optional(Type.Array(Group, { description: `with group=true, at most ${MOST_GROUPS}` })),
      next: OrNull(Type.String()),
    }),
    async handle({ gateway: { database, tenant }, caller, query }) {
      const { group, partner, since, limit = usual(MOST), after, ...rest } = query;
      const search = { ...rest, partners: narrowedTo(partner, caller.partners), since: timeOf(since) };
      if (group === true) {
        const groups = await groupDeadLetters(database, tenant, search, MOST_GROUPS);
        return { items: [], groups, next: null };
      }
      const rows = await searchDeadLetters(database, tenant, search, places.decode(after), limit + 1);
      return placedPageFrom(rows, limit, places);
    },
  }),
  reading({
    path: '/v1/dead-letters/{id}',
    tag: 'dead letters',
    summary: 'One dead letter with its faults, its attempts and, if it has one, its event',
    scope: 'dead-letters:read',
    reach: 'item',
    params: { id: Id },
    answer: closedObject(
      { ...DeadLetter.properties, problems: Type.Array(Fault), attempts: Type.Array(Attempt), event: OrNull(Type.Object({})) },
      { title: 'DeadLetterDetail' },
    ),
    async handle({ gateway, caller, params: { id } }) {
      await mustSee(gateway, caller, id);
      const letter = await findDeadLetter(gateway.database, gateway.tenant, id);
      if (letter === undefined) throw noLetter(id);
      const { body, ...rest } = letter;
      const event = body === null ? null : JSON.parse(body);
      return { ...rest, event };
    },
  }),
  closing('skip', 'Let its order go on without it; it can be replayed later'),
  closing('discard', 'Give it up for good'),
];
