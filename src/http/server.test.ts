import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/database.ts';
import { startTestGateway } from '../../test/support/gateway.ts';
import { type Home, makeHome } from '../../test/support/home.ts';
import { createKey } from '../access/keep-keys.ts';
import type { RunningGateway } from '../cli/application.ts';
import { silentLog } from '../core/context.ts';
import { CANONICAL } from '../events/documents.ts';
import { createRoutes } from './server.ts';

const schemas = new Map(Object.values(CANONICAL).map(({ schema }) => [String(schema.$id), schema as object]));

describe('the HTTP surface', () => {
  let home: Home;
  let running: RunningGateway;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    home = makeHome({ partners: ['acme'], endpoints: {} });
    const made = await createTestDatabase();
    drop = made.drop;
    running = await startTestGateway({ home, databaseUrl: made.url, redisUrl: undefined, roles: ['api'] });
  });
  afterAll(async () => {
    await running.close();
    home.remove();
  });

  it('serves each schema that an event names, and a problem for any other', async () => {
    const routes = createRoutes({ gateway: () => undefined, log: silentLog, schemas });
    const found = await routes.request('/schemas/invoice/1.0.0');
    expect(found.headers.get('content-type')).toBe('application/schema+json');
    expect(await found.json()).toMatchObject({ $id: '/schemas/invoice/1.0.0' });
    const missing = await routes.request('/schemas/invoice/9.0.0');
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });

  it('is served by the role api, with health and figures for whoever has a key for them', async () => {
    const { gateway, address = '' } = running;
    const scopes = ['health:read', 'metrics:read'];
    const request = { name: 'watch', scopes, partners: undefined, expires: '1h' };
    const { text } = await createKey(gateway.database, gateway.tenant, request, { actor: 'test', reason: 'watching' });
    const ask = (path: string) => fetch(`${address}${path}`, { headers: { authorization: `Bearer ${text}` } });
    const health = await ask('/v1/health');
    expect([health.status, await health.json()]).toMatchObject([
      200,
      { stores: { postgres: 'ok', queue: { backend: 'postgres', ok: true } }, parked: [] },
    ]);
    const metrics = await ask('/metrics');
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(await metrics.text()).toMatch(/^# HELP /m);
    expect((await fetch(`${address}/metrics`)).status).toBe(401);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
  });

  it('is ready only when the gateway has started and while PostgreSQL answers, and alive either way', async () => {
    const starting = createRoutes({ gateway: () => undefined, log: silentLog, schemas });
    expect((await starting.request('/readyz')).status).toBe(503);
    expect((await starting.request('/livez')).status).toBe(200);
    expect((await starting.request('/v1/messages')).status).toBe(503);
    const routes = createRoutes({ gateway: () => running.gateway, log: silentLog, schemas });
    expect((await routes.request('/readyz')).status).toBe(200);
    await drop();
    expect((await routes.request('/readyz')).status).toBe(503);
    expect((await routes.request('/livez')).status).toBe(200);
  });
});
