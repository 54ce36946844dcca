/** A process without the api role can be watched too: how it is, under a key, and nothing else. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKey } from '../../src/access/keep-keys.ts';
import { createApplication } from '../../src/app.ts';
import type { RunningGateway } from '../../src/cli/application.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/core/context.ts';
import { createTestDatabase } from '../support/database.ts';
import { makeHome } from '../support/home.ts';
import { parseScrape } from '../support/scrape.ts';

const stops: (() => Promise<void> | void)[] = [];
let running: RunningGateway;
beforeAll(async () => {
  const home = makeHome({ partners: ['acme'], endpoints: {} });
  stops.push(home.remove);
  const { url, drop } = await createTestDatabase();
  stops.push(drop);
  const { config, problems } = readConfig({ QUAYSIDE_HOME: home.directory, DATABASE_URL: url, QUAYSIDE_HEALTH_PORT: '0' });
  expect(problems).toEqual([]);
  running = await createApplication(config, silentLog).start(['translate']);
  stops.push(running.close);
}, 120_000);
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
}, 60_000);

it('says that it lives and that its stores answer', async () => {
  expect((await fetch(`${running.address}/livez`)).status).toBe(200);
  expect((await fetch(`${running.address}/readyz`)).status).toBe(200);
});

it('shows its metrics to a key with the scope, to no other, and counts who asked', async () => {
  const { database, tenant } = running.gateway;
  const request = { name: 'prometheus', scopes: ['metrics:read'], partners: undefined, expires: '1h' };
  const key = await createKey(database, tenant, request, { actor: 'test', reason: 'to watch' });
  const ask = (token?: string) => fetch(`${running.address}/metrics`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  expect((await ask()).status).toBe(401);
  const answer = await ask(key.text);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  await answer.text();
  const { value } = parseScrape(await (await ask(key.text)).text());
  expect(value('quayside_http_request_duration_seconds_count', { method: 'GET', route: '/metrics', status: '401' })).toBe(1);
  expect(value('quayside_http_request_duration_seconds_count', { method: 'GET', route: '/metrics', status: '200' })).toBe(1);
});

it('has nothing else of the API', async () => {
  for (const path of ['/v1/messages', '/v1/dead-letters', '/v1/replays']) expect((await fetch(`${running.address}${path}`)).status, path).toBe(404);
});
