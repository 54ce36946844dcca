/** Where events go: whether it is served, how much waits, and the switch. */
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../../core/errors/errors.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { pauseEndpoint, unpauseEndpoint } from '../../pipeline/pause-endpoint.ts';
import { unknownEndpoint } from '../../pipeline/retire-endpoint.ts';
import { type EndpointState, listEndpoints } from '../../store/endpoints.ts';
import { changing, type Route, reading } from '../route.ts';
import { Count, closedObject, EndpointName, OrNull, Reason, Time } from '../shapes.ts';

const Endpoint = closedObject(
  {
    name: Type.String(),
    state: Type.String({ description: 'active, parked or disabled' }),
    parkReason: OrNull(Type.String()),
    parkedAt: OrNull(Time),
    breaker: Type.String({ description: 'closed, open or half_open' }),
    openedBy: OrNull(Type.String({ description: 'the failure that opened the breaker' })),
    openedAt: OrNull(Time),
    probeAt: OrNull(Time),
    open: Count,
    dead: Count,
  },
  { title: 'Endpoint' },
);

const shown = ({ name, state, parkReason, parkedAt, breaker, openedBy, openedAt, probeAt, open, dead }: EndpointState) => ({
  name,
  state,
  parkReason,
  parkedAt,
  breaker,
  openedBy,
  openedAt,
  probeAt,
  open,
  dead,
});

async function mustFind({ database, tenant }: Gateway, name: string): Promise<EndpointState> {
  const endpoints = await listEndpoints(database, tenant);
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found !== undefined) return found;
  throw unknownEndpoint(
    name,
    endpoints.map((endpoint) => endpoint.name),
  );
}

const switching = (way: 'pause' | 'resume', summary: string): Route =>
  changing({
    path: `/v1/endpoints/{name}/${way}`,
    tag: 'endpoints',
    summary,
    scope: 'endpoints:write',
    reach: 'site',
    params: { name: EndpointName },
    body: { reason: Reason },
    answer: Endpoint,
    async handle({ gateway, params: { name }, body: { reason }, by }) {
      const before = await mustFind(gateway, name);
      const changed = await (way === 'pause' ? pauseEndpoint : unpauseEndpoint)(gateway, name, by(reason));
      if (!changed)
        throw new GatewayError(
          'ERR_ENDPOINT_STATE',
          `expected an endpoint that is ${way === 'pause' ? 'active' : 'not served'}, found ${name} ${before.state}`,
        );
      return shown(await mustFind(gateway, name));
    },
  });

export const endpointRoutes: readonly Route[] = [
  reading({
    path: '/v1/endpoints',
    tag: 'endpoints',
    summary: 'Endpoints with their state and backlog; there are as many as queue files, so they come at once',
    scope: 'endpoints:read',
    reach: 'site',
    answer: closedObject({ items: Type.Array(Endpoint), next: Type.Null() }),
    async handle({ gateway: { database, tenant } }) {
      return { items: (await listEndpoints(database, tenant)).map(shown), next: null };
    },
  }),
  switching('pause', 'Attempt nothing, keep everything'),
  switching('resume', 'Go on'),
];
