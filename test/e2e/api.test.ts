/** What ops and an ERP do with the HTTP API, against a running gateway. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPE_NAMES } from '../../src/access/scopes.ts';
import { silentLog } from '../../src/core/context.ts';
import { createRoutes } from '../../src/http/server.ts';
import { type Api, BAD_ORDERS, NO_LIMITS, PARTNER_SCOPES, startApi } from '../support/api.ts';
import { make855 } from '../support/documents.ts';

let api: Api;
let all: string;
beforeAll(async () => {
  api = await startApi();
  all = await api.key('all', SCOPE_NAMES);
}, 120_000);
afterAll(() => api.close());

type Json = Record<string, unknown>;
interface Page {
  readonly items: Json[];
  readonly next: string | null;
}

async function get<T = Page>(path: string, key = all): Promise<T> {
  const answer = await api.ask(path, { key });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Every item, a page of `limit` at a time. */
async function walk(path: string, limit: number): Promise<Json[]> {
  const items: Json[] = [];
  let next: string | null = null;
  do {
    const page: Page = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${next === null ? '' : `&after=${next}`}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    next = page.next;
  } while (next !== null);
  return items;
}

describe('lists', () => {
  it.each(['/v1/messages', '/v1/deliveries', '/v1/dead-letters', '/v1/quarantine', '/v1/audit', '/v1/replays'])(
    '%s gives the same in pages of one, two and all at once, and nothing twice',
    async (path) => {
      const whole = (await get(`${path}?limit=100`)).items.map((item) => item.id ?? item.n);
      expect(whole.length).toBeGreaterThan(0);
      expect(new Set(whole).size).toBe(whole.length);
      for (const limit of [1, 2]) expect((await walk(path, limit)).map((item) => item.id ?? item.n)).toEqual(whole);
    },
  );

  it('find a message by order, document number, control number, file name, status and time', async () => {
    const [first = ''] = api.messages;
    const ids = async (query: string) => (await get(`/v1/messages?${query}`)).items.map(({ id }) => id);
    expect(await ids('po=po%204711')).toEqual([first]);
    const { items: events } = await get(`/v1/messages/${first}/events`);
    expect(await ids(`documentNumber=${encodeURIComponent(String(events[0]?.documentNumber))}&po=PO%204711`)).toEqual([first]);
    expect(await ids('controlNumber=000000001')).toEqual([first]);
    expect(await ids('controlNumber=000000001&po=PO%204712')).toEqual([]);
    const { filename } = await get<Json>(`/v1/messages/${first}`);
    expect(await ids(`filename=${String(filename).toUpperCase()}`)).toContain(first);
    expect((await ids('status=delivered')).length).toBe(2);
    expect((await ids('status=quarantined')).length).toBe(4);
    expect((await ids('status=failed')).length).toBe(1);
    expect(await ids('partner=borealis')).toEqual([]);
    expect((await ids('partner=acme&since=2000-01-01')).length).toBe(api.messages.length);
    expect(await ids('until=2000-01-01T00:00:00Z')).toEqual([]);
  });

  it('find deliveries by state, order and endpoint, and count dead letters by cause', async () => {
    expect((await get('/v1/deliveries?state=dead&endpoint=erp')).items).toHaveLength(BAD_ORDERS);
    expect((await get('/v1/deliveries?state=dead&partner=borealis')).items).toEqual([]);
    expect((await get('/v1/deliveries?po=BAD%200&blocked=false')).items).toMatchObject([{ state: 'dead', orderNumbers: ['BAD 0'] }]);
    expect((await get('/v1/deliveries?blocked=true')).items).toEqual([]);
    const { groups } = await get<{ groups: Json[] }>('/v1/dead-letters?group=true&stage=deliver');
    expect(groups).toMatchObject([{ count: BAD_ORDERS, stage: 'deliver', partners: ['acme'], endpoints: ['erp'] }]);
    const letters = (await get(`/v1/dead-letters?fingerprint=${groups[0]?.fingerprint}`)).items;
    expect(letters).toHaveLength(BAD_ORDERS);
    const one = await get<{ attempts: Json[]; event: Json }>(`/v1/dead-letters/${letters[0]?.id}`);
    expect(one).toMatchObject({ attempts: [{ n: 1, status: 422 }], event: { specversion: '1.0' } });
  });

  it.each([
    ['a cursor of another list', async () => `/v1/deliveries?after=${(await get('/v1/messages?limit=1')).next}`],
    ['text that is no cursor', async () => '/v1/messages?after=nonsense'],
    ['a cursor with another kind of place', async () => `/v1/messages?after=${Buffer.from('["messages",1,"x","y"]').toString('base64url')}`],
    [
      'a place that no database has',
      async () => `/v1/messages?after=${Buffer.from('["messages",1e300,1,"00000000-0000-0000-0000-000000000000"]').toString('base64url')}`,
    ],
  ])('refuse %s', async (_what, path) => {
    const answer = await api.ask(await path(), { key: all });
    expect([answer.status, ((await answer.json()) as Json).code]).toEqual([400, 'ERR_API_CURSOR']);
  });

  it('say what is wrong with a question, all of it at once', async () => {
    const answer = await api.ask('/v1/messages?partnr=acme&limit=9999&status=nice&since=yesterday&po=', { key: all });
    const told = (await answer.json()) as { errors: Json[]; hint: string };
    expect(answer.status).toBe(400);
    expect(told.errors.map(({ at }) => at).sort()).toEqual(['query.limit', 'query.partnr', 'query.po', 'query.since', 'query.status']);
    expect(told.errors.find(({ at }) => at === 'query.partnr')?.hint).toBe('did you mean "partner"?');
    expect((await api.ask('/v1/messages?limit=1&limit=2', { key: all })).status).toBe(400);
    expect((await api.ask('/v1/messages?filename=%00', { key: all })).status).toBe(400);
    expect((await api.ask('/v1/messages/%E0%A4%A', { key: all })).status).toBe(400);
  });
});

describe('a message', () => {
  it('comes as it was received, to be kept and not to be opened', async () => {
    const [first = ''] = api.messages;
    const answer = await api.ask(`/v1/messages/${first}/raw`, { key: all });
    expect(await answer.text()).toBe(make855({ partner: 'acme', control: 1 }, 'PO 4711'));
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="[A-Za-z0-9._-]+"; filename\*=UTF-8''/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Number(answer.headers.get('content-length'))).toBe(make855({ partner: 'acme', control: 1 }, 'PO 4711').length);
    const head = await api.ask(`/v1/messages/${first}/raw`, { key: all, method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const reader = await api.key('reader', ['messages:read']);
    expect((await api.ask(`/v1/messages/${first}/raw`, { key: reader })).status).toBe(403);
  });

  it('tells its way as one timeline, from its receipt to the answer of each endpoint', async () => {
    const [first = ''] = api.messages;
    const steps = await walk(`/v1/messages/${first}/trace`, 100);
    expect(steps.map(({ step, what }) => [step, what])).toEqual([
      ['received', 'drop'],
      ['translated', 'translated'],
      ['published', 'order_acknowledgment.received'],
      ['scheduled', 'delivery'],
      ['attempted', 'delivered'],
      ['ended', 'succeeded'],
    ]);
    const times = steps.map(({ at }) => String(at));
    expect(times).toEqual([...times].sort());
  });
});

describe('the feed of events', () => {
  it('is read to its end and gone on with, and carries each event as callbacks do', async () => {
    const feed = async (after: string | null) => get<Page & { more: boolean }>(`/v1/events?limit=3${after === null ? '' : `&after=${after}`}`);
    const seen: Json[] = [];
    let next: string | null = null;
    let more = true;
    while (more) {
      const page: Page & { more: boolean } = await feed(next);
      seen.push(...page.items);
      ({ next, more } = page);
    }
    expect(seen).toHaveLength(2 + BAD_ORDERS);
    expect(await feed(next)).toEqual({ items: [], next, more: false });
    const [event] = seen;
    expect(await get<Json>(`/v1/events/${event?.id}`)).toMatchObject({ id: event?.id, event: event?.event });
    const { lineage } = await get<{ lineage: Json[] }>(`/v1/events/${event?.id}/lineage`);
    expect(lineage.length).toBeGreaterThan(3);
  });

  it('refuses a place from before the database was restored or moved, and says how to go on', async () => {
    const { next } = await get('/v1/events?limit=1');
    const [kind, history, ...rest] = JSON.parse(Buffer.from(String(next), 'base64url').toString()) as unknown[];
    const other = Buffer.from(JSON.stringify([kind, `${String(history).split('.')[0]}.0000FFFF`, ...rest])).toString('base64url');
    const answer = await api.ask(`/v1/events?after=${other}`, { key: all });
    expect([answer.status, await answer.json()]).toMatchObject([410, { code: 'ERR_API_CURSOR_LOST', hint: expect.stringContaining('since=') }]);
    expect((await get('/v1/events?since=2000-01-01')).items).toHaveLength(2 + BAD_ORDERS);
  });
});

describe('changes', () => {
  const pause = (more: { body?: unknown; headers?: Record<string, string> }) =>
    api.ask('/v1/endpoints/erp/pause', { method: 'POST', key: all, ...more });

  it('take JSON alone, of a bounded size, with what the route knows', async () => {
    const statuses = async (...answers: Promise<Response>[]) => (await Promise.all(answers)).map(({ status }) => status);
    expect(
      await statuses(
        pause({}),
        pause({ body: 'reason=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
        pause({ body: 'reason=x' }),
        pause({ body: '' }),
        pause({ body: [] }),
        pause({ body: {} }),
        pause({ body: { reason: '   ' } }),
        pause({ body: { reason: 7 } }),
        pause({ body: { reason: 'x', force: true } }),
        pause({ body: { reason: 'x\u0000' } }),
        pause({ body: '{"reason":"\\ud800"}' }),
        pause({ body: { reason: 'x'.repeat(1024 * 1024) } }),
      ),
    ).toEqual([415, 415, 400, 400, 400, 400, 400, 400, 400, 400, 400, 413]);
    expect((await get('/v1/endpoints')).items).toMatchObject([{ name: 'erp', state: 'active' }]);
  });

  it('stop reading a body that is too large, also when nobody said how large it is', async () => {
    const { port } = new URL(api.address);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${all}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const sending = request({ port, host: '127.0.0.1', path: '/v1/endpoints/erp/pause', method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
        sending.destroy();
      });
      sending.on('error', reject);
      const more = () => {
        if (!sending.destroyed) sending.write('x'.repeat(64 * 1024), more);
      };
      more();
    });
    expect(status).toBe(413);
  });

  it('tell that there was nothing to change, and what was probably meant', async () => {
    expect((await pause({ body: { reason: 'upgrade' } })).status).toBe(200);
    const again = await pause({ body: { reason: 'upgrade' } });
    expect([again.status, ((await again.json()) as Json).code]).toEqual([409, 'ERR_ENDPOINT_STATE']);
    const resumed = await api.ask('/v1/endpoints/erp/resume', { method: 'POST', key: all, body: { reason: 'done' } });
    expect([resumed.status, await resumed.json()]).toMatchObject([200, { name: 'erp', state: 'active' }]);
    const misspelt = await api.ask('/v1/endpoints/rep/pause', { method: 'POST', key: all, body: { reason: 'x' } });
    expect([misspelt.status, ((await misspelt.json()) as Json).hint]).toEqual([404, 'did you mean "erp"?']);
    const [row] = (await get('/v1/audit?action=endpoint.&limit=1')).items;
    expect(row).toMatchObject({ action: 'endpoint.resumed', before: { state: 'parked' }, after: { state: 'active' }, reason: 'done' });
  });

  it('plan a replay without making one, and never beyond the partners of the key', async () => {
    const jobs = (await get('/v1/replays')).items.length;
    const replay = (key: string, filter: object, more: object = {}) =>
      api.ask('/v1/replays', { method: 'POST', key, body: { filter, mode: 'resend', reason: 'mended', ...more } });
    const planned = await replay(all, { state: 'dead', partner: 'acme' }, { dryRun: true });
    expect([planned.status, await planned.json()]).toMatchObject([202, { job: null, plan: { endpoints: [{ name: 'erp', count: BAD_ORDERS }] } }]);
    const other = await api.key('borealis', PARTNER_SCOPES, ['borealis']);
    const [foreign, nobody] = await Promise.all([
      replay(other, { state: 'dead', partner: 'acme' }),
      replay(other, { state: 'dead', partner: 'nobody' }),
    ]);
    expect([foreign.status, nobody.status]).toEqual([404, 404]);
    expect((await foreign.text()).replaceAll('acme', 'X')).toBe((await nobody.text()).replaceAll('nobody', 'X'));
    expect((await replay(other, { state: 'dead' })).status).toBe(400);
    expect((await replay(all, { state: 'dead', partner: 'acme' }, { rate: 0 })).status).toBe(400);
    expect((await get('/v1/replays')).items.length).toBe(jobs);
    const own = await api.key('acme', PARTNER_SCOPES, ['acme']);
    expect((await replay(own, { state: 'dead', partner: 'acme' }, { dryRun: true })).status).toBe(202);
    expect((await get('/v1/replays', own)).items.length).toBe(jobs);
  });
});

describe('limits', () => {
  it('are told in each answer, and hold back one key without touching another', async () => {
    const routes = createRoutes({
      gateway: () => api.running.gateway,
      log: silentLog,
      schemas: new Map(),
      limits: { ...NO_LIMITS, perKey: { perSecond: 0.001, burst: 3 } },
    });
    const ask = (key: string) => routes.request('/v1/endpoints', { headers: { authorization: `Bearer ${key}` } });
    const answers = [await ask(all), await ask(all), await ask(all), await ask(all)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['2', '1', '0', '0']);
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answers[3]?.json()).toMatchObject({ code: 'ERR_API_RATE', status: 429 });
    expect((await ask(await api.key('another', ['endpoints:read']))).status).toBe(200);
  });

  it('hold back whoever tries keys, but never a valid key from the same address', async () => {
    const routes = createRoutes({
      gateway: () => api.running.gateway,
      log: silentLog,
      schemas: new Map(),
      limits: { ...NO_LIMITS, refusalsPerAddress: { perSecond: 0.001, burst: 2 } },
    });
    const ask = (authorization: string) => routes.request('/v1/endpoints', { headers: { authorization } });
    const answers = [await ask('Bearer x'), await ask('Bearer y'), await ask('Bearer z')];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(answers[2]?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await ask(`Bearer ${all}`)).status).toBe(200);
  });

  it('say nothing of the inside when the gateway itself fails', async () => {
    const lines: object[] = [];
    const { gateway } = api.running;
    const broken = { ...gateway, database: { ...gateway.database, query: gateway.database.query } };
    const log = { ...silentLog, error: (fields: object) => void lines.push(fields) };
    const routes = createRoutes({ gateway: () => broken, log, schemas: new Map(), limits: NO_LIMITS });
    broken.database.query = async (text, values) => {
      if (text.includes('from endpoint')) throw new TypeError('a fault with select secrets in it');
      return gateway.database.query(text, values);
    };
    const answer = await routes.request('/v1/endpoints', { headers: { authorization: `Bearer ${all}` } });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain('secrets');
    expect(lines).toMatchObject([{ instance: (JSON.parse(text) as Json).instance }]);
  });
});
