/**
 * Who gets what from the HTTP API, over the OpenAPI document of a running gateway: a route that somebody adds is in here by itself, and
 * one without a scope makes it fail.
 */
import type { TSchema } from '@sinclair/typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey, revokeKey } from '../../src/access/keep-keys.ts';
import { SCOPE_NAMES, type Scope } from '../../src/access/scopes.ts';
import { compileSchema } from '../../src/core/schema-check.ts';
import { OPEN_PATHS } from '../../src/http/route.ts';
import type { AuditRow } from '../../src/store/audit-queries.ts';
import { type Api, PARTNER_SCOPES, startApi, TEST_KEEPER } from '../support/api.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly { readonly apiKey?: readonly string[] }[];
  readonly 'x-quayside-reach'?: 'item' | 'list' | 'site';
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Shape } } };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { readonly schema: TSchema }>> }>>;
}

interface Shape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly minimum?: number;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: { readonly Problem: TSchema } };
}

interface Route {
  /** `POST /v1/replays`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly scope: Scope | undefined;
}

const REASON = 'the test of access says so';

/** The least that a schema asks for. */
function sample(shape: Shape): unknown {
  if (shape.enum !== undefined) return shape.enum[0];
  if (shape.type === 'object') return Object.fromEntries((shape.required ?? []).map((key) => [key, sample(shape.properties?.[key] ?? {})]));
  if (shape.type === 'integer') return shape.minimum ?? 1;
  if (shape.type === 'boolean') return false;
  return REASON;
}

describe('the HTTP API', () => {
  let api: Api;
  let document: Document;
  let routes: Route[];
  let checkProblem: (value: unknown) => unknown[];
  let all: string;

  beforeAll(async () => {
    api = await startApi();
    document = (await (await api.ask('/openapi.json')).json()) as Document;
    checkProblem = compileSchema(document.components.schemas.Problem);
    routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        operation,
        scope: operation.security[0]?.apiKey?.[0] as Scope | undefined,
      })),
    );
    all = await api.key('all', SCOPE_NAMES);
  }, 120_000);
  afterAll(() => api.close());

  const guarded = () => routes.filter(({ path }) => !OPEN_PATHS.some((open) => open === path));

  async function items(path: string): Promise<{ id?: string; name?: string }[]> {
    const answer = (await (await api.ask(path, { key: all })).json()) as { items: { id?: string; name?: string }[] };
    return answer.items;
  }

  /** Every path that the route has for what there is: `/v1/messages/{id}/raw` for each message of `/v1/messages`. */
  async function pathsOf({ path }: Route): Promise<string[]> {
    if (!path.includes('{')) return [path];
    const found = await items(path.slice(0, path.indexOf('/{')));
    const paths = found.map((item) => path.replace(/\{[a-z]+\}/, item.id ?? item.name ?? ''));
    if (paths.length === 0) throw new Error(`${path}: the test has nothing to ask for: seed it in test/support/api.ts`);
    return paths;
  }

  const bodyOf = ({ operation }: Route): unknown => operation.requestBody && sample(operation.requestBody.content['application/json'].schema);

  async function auditRows(): Promise<AuditRow[]> {
    const { rows } = await api.running.gateway.database.query<AuditRow>('select * from audit order by n');
    return rows;
  }

  it('has exactly one scope on each route, but for the few that are open', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(routes.length).toBeGreaterThan(25);
    expect(routes.filter(({ scope }) => scope === undefined).map(({ path }) => path)).toEqual([...OPEN_PATHS]);
    for (const { name, operation } of guarded()) {
      expect(operation.security, name).toEqual([{ apiKey: [expect.any(String)] }]);
      expect(SCOPE_NAMES, name).toContain(operation.security[0]?.apiKey?.[0]);
      expect(['item', 'list', 'site'], name).toContain(operation['x-quayside-reach']);
    }
    expect(new Set(guarded().map(({ scope }) => scope))).toEqual(new Set(SCOPE_NAMES));
  });

  it('denies each route to no key, a malformed, unknown, expired or revoked one, a wrong secret and a wrong scope', async () => {
    const { database, tenant } = api.running.gateway;
    const keyOf = async (name: string) => createKey(database, tenant, { name, scopes: SCOPE_NAMES, partners: undefined, expires: '1h' }, TEST_KEEPER);
    const expired = await keyOf('expired');
    await database.query(`update api_key set expires_at = now() - interval '1 second' where id = $1`, [expired.key.id]);
    const revoked = await keyOf('revoked');
    await revokeKey(database, tenant, revoked.key.id, TEST_KEEPER);
    const [, id = '', secret = ''] = /^qsk_([0-9a-z]+)_(.+)$/.exec(all) ?? [];
    const turned = [...secret].reverse().join('');
    const credentials: [what: string, authorization: string | undefined][] = [
      ['no key', undefined],
      ['an empty key', 'Bearer '],
      ['malformed', 'Bearer a-key-of-somebody-else'],
      ['another scheme', `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`],
      ['a bare key', all],
      ['a wrong secret', `Bearer qsk_${id}_${turned}`],
      ['an unknown key', `Bearer qsk_${'0'.repeat(12)}_${secret}`],
      ['expired', `Bearer ${expired.text}`],
      ['revoked', `Bearer ${revoked.text}`],
    ];
    const wrong = new Map<string, string>();
    for (const scope of SCOPE_NAMES)
      wrong.set(
        scope,
        await api.key(
          `without-${scope.replace(':', '-')}`,
          SCOPE_NAMES.filter((other) => other !== scope),
        ),
      );
    const before = (await auditRows()).length;
    const table: string[] = [];
    const refusals = new Set<string>();
    for (const route of guarded()) {
      const [path = ''] = await pathsOf(route);
      const ask = async (what: string, authorization: string | undefined, expected: number) => {
        const answer = await api.ask(path, { method: route.method, authorization, body: bodyOf(route) });
        const type = answer.headers.get('content-type');
        const text = await answer.text();
        const told = type === 'application/problem+json' ? JSON.parse(text) : undefined;
        const faults = told === undefined ? [`not a problem but ${type}`] : checkProblem(told);
        if (answer.status !== expected || told?.status !== expected || faults.length > 0)
          table.push(`${route.name} with ${what}: ${answer.status} ${text.slice(0, 100)} ${JSON.stringify(faults)}`);
        if (expected === 401 && answer.headers.get('www-authenticate')?.startsWith('Bearer') !== true)
          table.push(`${route.name}: no WWW-Authenticate`);
        return text;
      };
      for (const [what, authorization] of credentials) {
        const said = await ask(what, authorization, 401);
        if (authorization?.startsWith('Bearer qsk_')) refusals.add(said);
      }
      await ask('a wrong scope', `Bearer ${wrong.get(route.scope ?? '')}`, 403);
    }
    expect(table).toEqual([]);
    // Nothing tells a key that exists from one that does not.
    expect([...refusals]).toHaveLength(1);
    expect((await auditRows()).length).toBe(before);
  }, 120_000);

  it("shows another partner's key nothing: 404 for a thing, empty lists, 403 for what is about the gateway as a whole", async () => {
    const { database } = api.running.gateway;
    const other = await api.key('other-partner', PARTNER_SCOPES, ['borealis']);
    const site = await api.key('site-of-other-partner', SCOPE_NAMES);
    // No such key can be made; if one got into the table all the same, it would still not be served.
    await database.query(`update api_key set partners = '{borealis}' where name = 'site-of-other-partner'`);
    const before = (await auditRows()).length;
    const table: string[] = [];
    for (const route of guarded()) {
      const [path = ''] = await pathsOf(route);
      const reach = route.operation['x-quayside-reach'];
      const answer = await api.ask(path, { method: route.method, key: reach === 'site' ? site : other, body: bodyOf(route) });
      const told = (await answer.json()) as { items?: unknown[]; detail?: string };
      const nothing = reach === 'list' && route.method === 'GET' ? answer.status === 200 && told.items?.length === 0 : undefined;
      const expected = reach === 'site' ? answer.status === 403 : reach === 'item' ? answer.status === 404 : [400, 404].includes(answer.status);
      if (!(nothing ?? expected)) table.push(`${route.name}: ${answer.status} ${JSON.stringify(told).slice(0, 200)}`);
      if (JSON.stringify(told).includes('acme')) table.push(`${route.name} tells that acme exists`);
    }
    expect(table).toEqual([]);
    expect((await auditRows()).length).toBe(before);
    const asked = await api.ask('/v1/messages?partner=acme', { key: other });
    const unknown = await api.ask('/v1/messages?partner=nobody', { key: other });
    expect(await asked.json()).toEqual(await unknown.json());
  }, 120_000);

  it('answers each reading with what its own schema says', async () => {
    const table: string[] = [];
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const paths = route.path.startsWith('/schemas/') ? ['/schemas/invoice/1.0.0'] : await pathsOf(route);
      for (const path of paths) {
        const answer = await api.ask(path, { key: all });
        const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
        const schema = route.operation.responses[answer.status]?.content[type]?.schema;
        const text = await answer.text();
        if (schema === undefined) table.push(`${path}: ${answer.status} ${type} is not documented`);
        else {
          const faults = compileSchema(schema)(type.endsWith('json') ? JSON.parse(text) : text);
          if (faults.length > 0) table.push(`${path}: ${JSON.stringify(faults)}`);
        }
        if (answer.headers.get('x-content-type-options') !== 'nosniff') table.push(`${path}: no nosniff`);
        if (route.scope !== undefined && answer.headers.get('cache-control') !== 'no-store') table.push(`${path}: may be stored`);
      }
    }
    expect(table).toEqual([]);
  }, 120_000);

  it('refuses what it was not asked for: unknown parameters, ids that are none, other methods', async () => {
    const table: string[] = [];
    for (const route of routes) {
      const path = route.path.replace(/\{[a-z]+\}/g, 'not-an-id');
      const expectProblem = async (what: string, answer: Response, statuses: readonly number[]) => {
        const told = await answer.json();
        if (!statuses.includes(answer.status) || checkProblem(told).length > 0) table.push(`${what}: ${answer.status} ${JSON.stringify(told)}`);
        return answer;
      };
      const body = bodyOf(route);
      const asked = await api.ask(`${path}?nosuch=1`, { method: route.method, key: all, body });
      await expectProblem(`${route.name}?nosuch`, asked, [400]);
      if (path !== route.path)
        await expectProblem(`${route.name} of no id`, await api.ask(path, { method: route.method, key: all, body }), [400, 404]);
      const wrong = await expectProblem(`DELETE ${path}`, await api.ask(path, { method: 'DELETE', key: all }), [405]);
      if (!wrong.headers.get('allow')?.includes(route.method)) table.push(`DELETE ${path}: no Allow`);
    }
    expect(table).toEqual([]);
  }, 60_000);

  it('demands a reason for each change, and writes each change to the audit once: who, what, before, after, why', async () => {
    const changes = guarded().filter(({ method }) => method !== 'GET');
    expect(changes.length).toBeGreaterThanOrEqual(8);
    const key = await api.key('changer', SCOPE_NAMES);
    const id = key.split('_')[1];
    const table: string[] = [];
    for (const route of changes) {
      const body = bodyOf(route) as { reason?: string };
      const shape = route.operation.requestBody?.content['application/json'].schema;
      if (!shape?.required?.includes('reason')) table.push(`${route.name} asks for no reason`);
      const { reason: _, ...without } = body;
      const [first = ''] = await pathsOf(route);
      const refused = await api.ask(first, { method: route.method, key, body: without });
      if (refused.status !== 400) table.push(`${route.name} without a reason: ${refused.status}`);

      let made = false;
      for (const path of await pathsOf(route)) {
        const before = await auditRows();
        const answer = await api.ask(path, { method: route.method, key, body });
        const told = await answer.text();
        const added = (await auditRows()).slice(before.length);
        made = answer.status < 300;
        if (!made && added.length > 0) table.push(`${path}: ${answer.status}, and yet in the audit`);
        if (!made) continue;
        const [row] = added;
        const documented = route.operation.responses[answer.status]?.content['application/json']?.schema;
        if (documented === undefined || compileSchema(documented)(JSON.parse(told)).length > 0)
          table.push(`${path}: ${answer.status} ${told} is not what is documented`);
        if (added.length !== 1 || row === undefined) table.push(`${path}: ${added.length} rows in the audit`);
        else if (row.actor !== `key:${id} (changer)` || row.reason !== REASON || row.action === '' || row.subject === '')
          table.push(`${path}: ${JSON.stringify(row)}`);
        // What was made was not there before.
        else if (row.after === null || (row.before === null && !row.action.endsWith('.created'))) table.push(`${path}: ${JSON.stringify(row)}`);
        break;
      }
      if (!made) table.push(`${route.name}: nothing could be changed; seed it in test/support/api.ts`);
    }
    expect(table).toEqual([]);
  }, 120_000);
});
