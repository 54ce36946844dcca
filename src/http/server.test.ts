import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/database.ts';
import { CANONICAL } from '../events/documents.ts';
import { createRoutes } from './server.ts';

describe('the HTTP surface', () => {
  it('serves each schema that an event names, and a problem for any other', async () => {
    const { database, drop } = await createTestDatabase();
    const schemas = new Map(Object.values(CANONICAL).map(({ schema }) => [String(schema.$id), schema as object]));
    const routes = createRoutes({ database, schemas });
    const found = await routes.request('/schemas/invoice/1.0.0');
    expect(found.headers.get('content-type')).toBe('application/schema+json');
    expect(await found.json()).toMatchObject({ $id: '/schemas/invoice/1.0.0' });
    const missing = await routes.request('/schemas/invoice/9.0.0');
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    await drop();
  });

  it('is ready only while PostgreSQL answers, and alive either way', async () => {
    const { database, drop } = await createTestDatabase();
    const routes = createRoutes({ database, schemas: new Map() });
    expect((await routes.request('/readyz')).status).toBe(200);
    await drop();
    expect((await routes.request('/readyz')).status).toBe(503);
    expect((await routes.request('/livez')).status).toBe(200);
  });
});
