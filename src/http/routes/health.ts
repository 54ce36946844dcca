/** What is stuck, for people and for whoever watches: more than /readyz tells, so it needs a key. And the figures for Prometheus. */
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../../core/errors/errors.ts';
import { gatewayHealth } from '../../store/gateway-health.ts';
import { PlainAnswer, plain, type Route, reading } from '../route.ts';
import { Count, closedObject, OrNull, Time } from '../shapes.ts';

export interface HealthSources {
  /** Whether the queue's store answers; undefined where this process has none. */
  readonly queue: (() => Promise<{ readonly backend: string; readonly ok: boolean }>) | undefined;
  readonly renderMetrics: (() => Promise<{ readonly contentType: string; readonly body: string }>) | undefined;
}

const Health = closedObject(
  {
    stores: closedObject({
      postgres: Type.Literal('ok', { description: 'without it there is no answer but 503' }),
      queue: OrNull(closedObject({ backend: Type.String(), ok: Type.Boolean() })),
    }),
    queues: Type.Array(
      closedObject({
        endpoint: Type.String(),
        state: Type.String(),
        parkReason: OrNull(Type.String()),
        ready: Type.Integer({ minimum: 0, description: 'nothing is before them in any of their orders' }),
        underWay: Count,
        oldestDue: OrNull(Time),
      }),
    ),
    parked: Type.Array(Type.String(), { description: 'endpoints that are not served' }),
    blockedKeys: Type.Integer({ minimum: 0, description: 'orders behind a dead letter' }),
    oldestBlocked: OrNull(Time),
    messagesWaiting: Count,
    oldestMessage: OrNull(Time),
  },
  { title: 'Health' },
);

export const healthRoutes = ({ queue, renderMetrics }: HealthSources): readonly Route[] => [
  reading({
    path: '/v1/health',
    tag: 'health',
    summary: 'Stores, queue depths, what is due longest, parked endpoints, blocked orders',
    scope: 'health:read',
    reach: 'site',
    answer: Health,
    async handle({ gateway: { database, tenant } }) {
      const { queues, ...health } = await gatewayHealth(database, tenant);
      const parked = queues.filter(({ state }) => state !== 'active').map(({ endpoint }) => endpoint);
      return { stores: { postgres: 'ok' as const, queue: (await queue?.()) ?? null }, queues, parked, ...health };
    },
  }),
  plain({
    path: '/metrics',
    tag: 'health',
    summary: 'Figures for Prometheus',
    scope: 'metrics:read',
    reach: 'site',
    answers: [{ status: 200, what: "in Prometheus's text format", media: 'text/plain', schema: Type.String() }],
    async handle() {
      if (renderMetrics === undefined) throw new GatewayError('ERR_NOT_FOUND', 'this process has no figures');
      const { contentType, body } = await renderMetrics();
      return new PlainAnswer(200, { 'content-type': contentType }, body);
    },
  }),
];
