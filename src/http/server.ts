/** The gateway's HTTP surface: liveness, readiness, and the schemas that `dataschema` points at. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Database } from '../store/database.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly database: Database;
  /** Published JSON Schemas by their path: `/schemas/invoice/1.0.0`. */
  readonly schemas: ReadonlyMap<string, object>;
}

export interface HttpServer {
  readonly address: string;
  close(): Promise<void>;
}

export function createRoutes({ database, schemas }: Pick<HttpOptions, 'database' | 'schemas'>): Hono {
  const routes = new Hono();
  routes.get('/livez', (c) => c.json({ status: 'ok' }));
  routes.get('/readyz', async (c) => {
    try {
      await database.query('select 1');
      return c.json({ status: 'ok' });
    } catch {
      return c.json({ status: 'unavailable', store: 'postgres' }, 503);
    }
  });
  routes.get('/schemas/:type/:version', (c) => {
    const schema = schemas.get(c.req.path);
    // RFC 9457
    if (schema === undefined)
      return c.json({ title: 'Not Found', status: 404, code: 'ERR_NOT_FOUND' }, 404, { 'content-type': 'application/problem+json' });
    return c.json(schema, 200, { 'content-type': 'application/schema+json' });
  });
  return routes;
}

export function startHttp(options: HttpOptions): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: createRoutes(options).fetch, hostname: options.host, port: options.port }, (info: AddressInfo) => {
      resolve({
        address: `http://${info.family === 'IPv6' ? `[${info.address}]` : info.address}:${info.port}`,
        close: () => new Promise((closed) => server.close(() => closed())),
      });
    });
    server.on('error', reject);
  });
}
