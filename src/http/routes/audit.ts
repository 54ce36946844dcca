/** Who changed what, and why: read only, like the table. */
import { Type } from '@sinclair/typebox';
import { listAudit } from '../../store/audit-queries.ts';
import { cursorsOf, Position, pageFrom, pageOf, pageQuery, usual } from '../page.ts';
import { type Route, reading } from '../route.ts';
import { closedObject, OrNull, Time, TimeAsked, timeOf, Words } from '../shapes.ts';

const MOST = 500;
const places = cursorsOf('audit', Type.Object({ n: Position }));

const AuditRow = closedObject(
  {
    n: Type.Integer({ minimum: 1, description: 'its place in the chain' }),
    at: Time,
    actor: Type.String({ description: 'key:<id> (<name>), or cli:<user>@<machine>' }),
    action: Type.String(),
    subject: Type.String(),
    reason: OrNull(Type.String()),
    before: OrNull(Type.Object({})),
    after: OrNull(Type.Object({})),
    detail: Type.Object({}),
    hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { title: 'AuditRow' },
);

export const auditRoutes: readonly Route[] = [
  reading({
    path: '/v1/audit',
    tag: 'audit',
    summary: 'The audit, the newest first',
    scope: 'audit:read',
    reach: 'site',
    query: {
      actor: Type.Optional(Type.String({ ...Words, description: 'what it begins with, such as key:' })),
      action: Type.Optional(Type.String({ ...Words, description: 'what it begins with, such as endpoint.' })),
      subject: Type.Optional(Words),
      since: Type.Optional(TimeAsked),
      until: Type.Optional(TimeAsked),
      ...pageQuery(MOST),
    },
    answer: pageOf(AuditRow),
    async handle({ gateway: { database, tenant }, query }) {
      const { since, until, limit = usual(MOST), after, ...rest } = query;
      const filter = { ...rest, since: timeOf(since), until: timeOf(until), below: places.decode(after)?.n };
      const rows = await listAudit(database, tenant, filter, limit + 1);
      return pageFrom(
        rows,
        limit,
        (row) => row,
        ({ n }) => places.encode({ n }),
      );
    },
  }),
];
