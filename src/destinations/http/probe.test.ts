import { afterEach, describe, expect, it } from 'vitest';
import { context, keepPeers, localOptions, never, outgoing, startErp } from './harness.ts';
import type { HttpOptions } from './options.ts';

const { opened, destination, closeAll } = keepPeers();
afterEach(closeAll);

const answering = (status: number, headers: Record<string, string> = {}, body = '') =>
  opened(startErp((_request, response) => response.writeHead(status, headers).end(body)));
const optionsFor = (erp: { port: number }, more: Partial<HttpOptions> = {}) =>
  localOptions('https://nobody.invalid/events', {
    probe: { url: `http://127.0.0.1:${erp.port}/received/{idempotencyKey}?by=key`, received: [200], absent: [404] },
    ...more,
  });
const ask = (options: HttpOptions, timeoutMs = 5_000, signal = never) => destination.probe(outgoing(timeoutMs), options, context, signal);

describe('a probe', () => {
  it('asks for the key with GET, our credentials and no signature', async () => {
    const erp = await answering(200);
    const options = optionsFor(erp, { auth: { bearer: 'file:token' }, headers: { 'x-company': 'north' } });
    expect(await ask(options)).toEqual({ found: 'received', detail: 'the probe was answered 200: the endpoint has the event' });
    const [request] = erp.requests;
    expect(request).toMatchObject({ method: 'GET', path: `/received/${outgoing(0).idempotencyKey}?by=key` });
    expect(request?.headers).toMatchObject({ authorization: 'Bearer token-0123456789', 'x-company': 'north' });
    expect(request?.headers).not.toHaveProperty('webhook-signature');
    expect(request?.body).toHaveLength(0);
  });

  it.each([
    [200, 'received'],
    [404, 'absent'],
    [201, 'unknown'],
    [204, 'unknown'],
    [302, 'unknown'],
    [401, 'unknown'],
    [403, 'unknown'],
    [410, 'unknown'],
    [429, 'unknown'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('answered %d is %s', async (status, found) => {
    const elsewhere = await answering(200);
    const erp = await answering(status, { location: elsewhere.url });
    expect(await ask(optionsFor(erp))).toMatchObject({ found });
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('goes by the lists of the file', async () => {
    const erp = await answering(204);
    const probe = { url: `http://127.0.0.1:${erp.port}/?key={idempotencyKey}`, received: [200, 204], absent: [404, 410] };
    expect(await ask(optionsFor(erp, { probe }))).toMatchObject({ found: 'received' });
    expect(erp.requests[0]?.path).toBe(`/?key=${outgoing(0).idempotencyKey}`);
    const gone = await answering(410);
    expect(await ask(optionsFor(gone, { probe: { ...probe, url: `${gone.url}/{idempotencyKey}` } }))).toMatchObject({ found: 'absent' });
  });

  it('without an answer is unknown, by its deadline', async () => {
    const hanging = await opened(startErp(() => {}));
    expect(await ask(optionsFor(hanging), 150)).toMatchObject({ found: 'unknown', detail: expect.stringContaining('deadline') });
    const rude = await opened(startErp((request) => request.socket.resetAndDestroy()));
    expect(await ask(optionsFor(rude))).toMatchObject({ found: 'unknown' });
    const gone = await startErp(() => {});
    await gone.close();
    expect(await ask(optionsFor(gone))).toMatchObject({ found: 'unknown', detail: expect.stringContaining('ECONNREFUSED') });
    const stopper = new AbortController();
    stopper.abort();
    expect(await ask(optionsFor(hanging), 5_000, stopper.signal)).toMatchObject({ found: 'unknown' });
  });

  it('reads a huge answer no further than it must', async () => {
    let written = 0;
    const erp = await opened(
      startErp((_request, response) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && written < 50_000_000) {
            written += 65_536;
            if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
          }
        };
        more();
      }),
    );
    expect(await ask(optionsFor(erp))).toMatchObject({ found: 'received' });
    expect(written).toBeLessThan(30_000_000);
  });

  it('takes a token like a delivery does, renews a stale one once, and is unknown without', async () => {
    const tokens = await opened(
      startErp((_request, response, count) => response.end(JSON.stringify({ access_token: `token-${count}`, token_type: 'bearer', expires_in: 60 }))),
    );
    const erp = await opened(
      startErp((request, response, count) => response.writeHead(count === 2 ? 401 : request.headers.authorization ? 200 : 404).end()),
    );
    const auth = { oauth2: { tokenUrl: tokens.url, clientId: 'q', clientSecret: 'file:client-secret', style: 'basic' as const } };
    const options = optionsFor(erp, { auth });
    expect(await ask(options)).toMatchObject({ found: 'received' });
    expect(await ask(options)).toMatchObject({ found: 'received' });
    expect(erp.requests.map((request) => request.headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    await tokens.close();
    expect(await ask(optionsFor(erp, { auth: { oauth2: { ...auth.oauth2, clientId: 'other' } } }))).toMatchObject({
      found: 'unknown',
      detail: expect.stringContaining('no access token'),
    });
  });

  it('goes only where the endpoint may go', async () => {
    const erp = await answering(404);
    expect(await ask(optionsFor(erp, { allow: ['10.0.0.0/8'] }))).toMatchObject({
      found: 'unknown',
      detail: expect.stringContaining('not listed under allow'),
    });
    expect(erp.requests).toHaveLength(0);
  });

  it('without a url in the file is unknown, and goes nowhere', async () => {
    const erp = await answering(200);
    expect(await ask(localOptions(erp.url))).toMatchObject({ found: 'unknown' });
    expect(erp.requests).toHaveLength(0);
  });
});
