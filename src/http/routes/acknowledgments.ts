/** What partners are owed as acknowledgments, and how far each is. */
import { Type } from '@sinclair/typebox';
import { ACKNOWLEDGMENT_KINDS } from '../../core/acknowledgment.ts';
import { StringEnum } from '../../core/schema-check.ts';
import { listAcknowledgments } from '../../pipeline/list-acknowledgments.ts';
import { ACKNOWLEDGMENT_STATES } from '../../store/acknowledgment-pages.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { cursorsOf, Position, pageFrom, pageOf, pageQuery, usual } from '../page.ts';
import { type Route, reading } from '../route.ts';
import { closedObject, Id, Name, OrNull, Time } from '../shapes.ts';

const MOST = 200;
const places = cursorsOf('acknowledgments', Type.Object({ owedAt: Position, id: Id }));

const Acknowledgment = closedObject(
  {
    id: Id,
    partner: Type.String(),
    kind: StringEnum(ACKNOWLEDGMENT_KINDS),
    state: StringEnum(ACKNOWLEDGMENT_STATES),
    reason: OrNull(Type.String({ description: 'why it is withheld or was dropped' })),
    messageId: Id,
    interchangeControl: Type.String({ description: 'ISA13 of what is acknowledged' }),
    functionalId: OrNull(Type.String({ description: 'GS01 of what is acknowledged; null for a TA1' })),
    groupControl: OrNull(Type.String({ description: 'GS06 of what is acknowledged; null for a TA1' })),
    control: OrNull(Type.Integer({ minimum: 1, maximum: 999_999_999, description: 'ISA13 of the acknowledgment; null until it is sent' })),
    deliveryId: OrNull(Id),
    owedAt: Time,
    dueAt: Time,
    overdue: Type.Boolean(),
  },
  { title: 'Acknowledgment' },
);

export const acknowledgmentRoutes: readonly Route[] = [
  reading({
    path: '/v1/acknowledgments',
    tag: 'acknowledgments',
    summary: 'TA1, 997 and 999 that partners are owed or have got, the newest first',
    scope: 'acknowledgments:read',
    reach: 'list',
    query: {
      partner: Type.Optional(Name),
      overdue: Type.Optional(
        Type.Boolean({ description: 'true: only those that are withheld or undelivered for longer than the partner file allows' }),
      ),
      ...pageQuery(MOST),
    },
    answer: pageOf(Acknowledgment),
    async handle({ gateway, caller, query: { partner, overdue, limit = usual(MOST), after } }) {
      const query = { partners: narrowedTo(partner, caller.partners), overdue };
      const rows = await listAcknowledgments(gateway, query, places.decode(after), limit + 1);
      return pageFrom(
        rows,
        limit,
        ({ place: _, ...acknowledgment }) => acknowledgment,
        ({ place }) => places.encode(place),
      );
    },
  }),
];
