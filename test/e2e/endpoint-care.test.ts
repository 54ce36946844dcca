/** A whole gateway against an endpoint that wants to be asked first and takes only tokens: handshake, OAuth2, binary mode together. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { unpauseEndpoint } from '../../src/pipeline/pause-endpoint.ts';
import { listEndpoints } from '../../src/store/endpoints.ts';
import { createTestDatabase } from '../support/database.ts';
import { make855 } from '../support/documents.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { makeHome } from '../support/home.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Counts what it is asked; `consents` and `valid` decide. */
async function startApi() {
  const state = { consents: true, valid: 'token-1', tokens: 0, asked: 0, taken: [] as string[], refused: 0 };
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      if (request.url === '/token') {
        state.valid = `token-${++state.tokens}`;
        return response.end(JSON.stringify({ access_token: state.valid, token_type: 'Bearer', expires_in: 3600 }));
      }
      if (request.method === 'OPTIONS') {
        state.asked++;
        return response.writeHead(200, state.consents ? { 'webhook-allowed-origin': 'edi.example.org' } : {}).end();
      }
      if (request.headers.authorization !== `Bearer ${state.valid}`) {
        state.refused++;
        return response.writeHead(401).end();
      }
      state.taken.push(`${request.headers['ce-subject']} ${request.headers['quayside-attempt']}`);
      return response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function startGateway(url: string) {
  const secret = 'QUAYSIDE_SECRET_ERP';
  const home = makeHome({
    partners: ['acme'],
    endpoints: { erp: `${url}/events` },
    destination: {
      mode: 'binary',
      handshake: '{ origin: edi.example.org }',
      auth: `{ oauth2: { tokenUrl: "${url}/token", clientId: quayside, clientSecret: "env:${secret}", style: body } }`,
    },
  });
  closing.push(home.remove);
  const { url: databaseUrl, drop } = await createTestDatabase();
  closing.push(async () => void (await drop()));
  const running = await startTestGateway({ home, databaseUrl, redisUrl: undefined });
  closing.push(() => running.close());
  const { gateway } = running;
  return { running, gateway, endpoint: async () => (await listEndpoints(gateway.database, gateway.tenant))[0] };
}

describe('an endpoint that wants to be asked, and takes only tokens', () => {
  it('is parked while it does not consent, charged nothing, and gets everything once it does and is resumed', async () => {
    const { state, url } = await startApi();
    state.consents = false;
    const { running, gateway, endpoint } = await startGateway(url);
    for (let n = 1; n <= 3; n++) await handIn(running, 'acme', make855({ partner: 'acme', control: n }, `PO-${n}`));
    await until('the endpoint is parked', async () => (await endpoint())?.state === 'parked', 60_000);
    expect((await endpoint())?.parkReason).toContain('does not consent to deliveries');
    expect([state.taken, state.tokens]).toEqual([[], 0]);
    state.consents = true;
    await unpauseEndpoint(gateway, 'erp', { actor: 'test', reason: 'they consent now' });
    await until('all three taken', () => state.taken.length === 3, 60_000);
    expect(state.taken.map((line) => line.split(' ')[0]).sort()).toEqual(['PO-1', 'PO-2', 'PO-3']);
    expect(state.tokens).toBe(1);
  }, 180_000);

  it('whose token was revoked gets the next event at its first attempt, with a new token', async () => {
    const { state, url } = await startApi();
    const { running, endpoint } = await startGateway(url);
    await handIn(running, 'acme', make855({ partner: 'acme', control: 1 }, 'PO-1'));
    await until('the first is taken', () => state.taken.length === 1, 60_000);
    state.valid = 'none';
    await handIn(running, 'acme', make855({ partner: 'acme', control: 2 }, 'PO-2'));
    await until('the second is taken', () => state.taken.length === 2, 60_000);
    expect(state).toMatchObject({ taken: ['PO-1 1', 'PO-2 1'], tokens: 2, refused: 1, asked: 1 });
    expect((await endpoint())?.state).toBe('active');
  }, 180_000);
});
