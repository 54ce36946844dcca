import { afterEach, describe, expect, it } from 'vitest';
import { requestToken, UNSTATED_LIFETIME_S } from './access-token.ts';
import type { OAuth2Options } from './auth-options.ts';
import { context, type Erp, keepPeers, localOptions, never, outgoing, SECRETS, startErp, startSocketServer } from './harness.ts';
import { openLines } from './lines.ts';
import type { HttpOptions } from './options.ts';

const { opened, destination, closeAll } = keepPeers();
afterEach(closeAll);

const SECRET = SECRETS['file:client-secret'] ?? '';
const token = (name: string, more: object = { expires_in: 3600 }) => JSON.stringify({ access_token: name, token_type: 'Bearer', ...more });
/** Hands out token-1, token-2, … */
const startTokens = (more?: object) => opened(startErp((_request, response, count) => response.writeHead(200).end(token(`token-${count}`, more))));
const tokenServer = (status: number, body: string, headers: Record<string, string> = {}) =>
  opened(startErp((_request, response) => response.writeHead(status, headers).end(body)));
const oauth2 = (tokenUrl: string, more: Partial<OAuth2Options> = {}): OAuth2Options => ({
  tokenUrl,
  clientId: 'quayside',
  clientSecret: 'file:client-secret',
  style: 'basic',
  ...more,
});
const optionsFor = (erp: { url: string }, tokens: { url: string }, more: Partial<HttpOptions> = {}) =>
  localOptions(erp.url, { auth: { oauth2: oauth2(tokens.url) }, ...more });
const deliver = (options: HttpOptions, timeoutMs = 5_000, signal = never) => destination.deliver(outgoing(timeoutMs), options, context, signal);
const tokensSeen = (erp: Erp) => erp.requests.map((request) => request.headers.authorization);
const accepting = () => opened(startErp((_request, response) => response.end()));
const refusing = (...bad: string[]) =>
  opened(startErp((request, response) => response.writeHead(bad.includes(request.headers.authorization ?? '') ? 401 : 200).end()));

describe('client credentials', () => {
  it('are exchanged for a token as RFC 6749 says, in the header', async () => {
    const [erp, tokens] = [await accepting(), await startTokens()];
    const options = localOptions(erp.url, {
      auth: { oauth2: oauth2(`${tokens.url}?tenant=7`, { scope: 'edi.write edi.read', audience: 'https://erp/api' }) },
    });
    expect(await deliver(options)).toMatchObject({ class: 'delivered' });
    const [request] = tokens.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/events?tenant=7' });
    expect(request?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' });
    expect(Object.fromEntries(new URLSearchParams(request?.body.toString()))).toEqual({
      grant_type: 'client_credentials',
      scope: 'edi.write edi.read',
      audience: 'https://erp/api',
    });
    const pair = Buffer.from(request?.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    expect(pair).toBe('quayside:client+secret%3A+%2B%26%3D%25%C3%BC');
    expect(new URLSearchParams(`x=${pair.split(':')[1]}`).get('x')).toBe(SECRET);
    expect(tokensSeen(erp)).toEqual(['Bearer token-1']);
  });

  it('stand in the body where the file says so, and then not in the header', async () => {
    const [erp, tokens] = [await accepting(), await startTokens()];
    await deliver(localOptions(erp.url, { auth: { oauth2: oauth2(tokens.url, { style: 'body' }) } }));
    const [request] = tokens.requests;
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(new URLSearchParams(request?.body.toString()))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'quayside',
      client_secret: SECRET,
    });
  });

  it('are asked for once by a hundred deliveries at the same time, and not again by the next hundred', async () => {
    const erp = await accepting();
    const tokens = await opened(startErp((_request, response, count) => void setTimeout(() => response.end(token(`token-${count}`)), 100)));
    const options = optionsFor(erp, tokens);
    for (let round = 1; round <= 2; round++) {
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => deliver(options, 15_000)));
      expect(new Set(outcomes.map((outcome) => outcome.class))).toEqual(new Set(['delivered']));
      expect(erp.requests).toHaveLength(100 * round);
    }
    expect(tokens.requests).toHaveLength(1);
    expect(new Set(tokensSeen(erp))).toEqual(new Set(['Bearer token-1']));
  });

  it('survive a reload of the queue file that changed nothing', async () => {
    const [erp, tokens] = [await accepting(), await startTokens()];
    await deliver(optionsFor(erp, tokens));
    await deliver(optionsFor(erp, tokens));
    expect(tokens.requests).toHaveLength(1);
  });

  it('belong to one endpoint: another one with the same file but another secret has a token of its own', async () => {
    const [erp, tokens] = [await accepting(), await startTokens()];
    await deliver(optionsFor(erp, tokens));
    await deliver(localOptions(erp.url, { auth: { oauth2: oauth2(tokens.url, { clientId: 'other' }) } }));
    expect(tokensSeen(erp)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('are exchanged anew when the token is not to be relied on any more', async () => {
    const [erp, tokens] = [await accepting(), await startTokens({ expires_in: 0 })];
    const options = optionsFor(erp, tokens);
    for (let n = 0; n < 3; n++) await deliver(options);
    expect(tokensSeen(erp)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
  });

  it.each([
    [{ expires_in: 3600 }, 3570],
    [{ expires_in: '3600' }, 3570],
    [{ expires_in: 40 }, 20],
    [{ expires_in: 0 }, 0],
    [{ expires_in: 1e9 }, 86_370],
    [{}, UNSTATED_LIFETIME_S - 30],
    [{ expires_in: null }, UNSTATED_LIFETIME_S - 30],
    [{ expires_in: -5 }, UNSTATED_LIFETIME_S - 30],
    [{ expires_in: 'soon' }, UNSTATED_LIFETIME_S - 30],
  ])('an answer with %j is relied on for %d s', async (more, seconds) => {
    const tokens = await startTokens(more);
    const lines = openLines({ allow: ['127.0.0.0/8'], resolve: undefined, tls: undefined });
    const before = performance.now();
    const limits = { deadline: before + 5_000, signal: never };
    const { until } = await requestToken(
      lines,
      oauth2(tokens.url),
      () => 'secret-1234',
      () => new Date(),
      limits,
    );
    expect(until).toBeGreaterThanOrEqual(before + seconds * 1000);
    expect(until).toBeLessThanOrEqual(performance.now() + seconds * 1000);
    await lines.destroy();
  });
});

describe('a token that the endpoint answers with 401', () => {
  it('is dropped when it had been kept, and the event is sent once more under the same key with a new one', async () => {
    const tokens = await startTokens();
    let revoked = false;
    const erp = await opened(
      startErp((request, response) => response.writeHead(revoked && request.headers.authorization === 'Bearer token-1' ? 401 : 200).end()),
    );
    const options = optionsFor(erp, tokens);
    await deliver(options);
    revoked = true;
    expect(await deliver(options)).toMatchObject({ class: 'delivered' });
    expect(tokensSeen(erp)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    expect(new Set(erp.requests.map((request) => request.headers['webhook-id'])).size).toBe(1);
    await deliver(options);
    expect(tokens.requests).toHaveLength(2);
  });

  it('counts as auth at once when it is new, and after one new one when it is not', async () => {
    const [erp, tokens] = [await opened(startErp((_request, response) => response.writeHead(401).end())), await startTokens()];
    const options = optionsFor(erp, tokens);
    expect(await deliver(options)).toMatchObject({ class: 'auth', status: 401 });
    expect([erp.requests.length, tokens.requests.length]).toEqual([1, 1]);
    expect(await deliver(options)).toMatchObject({ class: 'auth', status: 401 });
    expect([erp.requests.length, tokens.requests.length]).toEqual([3, 2]);
  });

  it('is renewed once for a hundred deliveries that it fails at the same time', async () => {
    const [erp, tokens] = [await refusing('Bearer token-1'), await startTokens()];
    const options = optionsFor(erp, tokens);
    await destination.check(options, context); // fetches token-1
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => deliver(options, 15_000)));
    expect(new Set(outcomes.map((outcome) => outcome.class))).toEqual(new Set(['delivered']));
    expect(tokens.requests).toHaveLength(2);
  });

  it('is not renewed for a 403: that token is known and not enough', async () => {
    const [erp, tokens] = [await opened(startErp((_request, response) => response.writeHead(403).end())), await startTokens()];
    const options = optionsFor(erp, tokens);
    await destination.check(options, context);
    expect(await deliver(options)).toMatchObject({ class: 'auth', status: 403 });
    expect([erp.requests.length, tokens.requests.length]).toEqual([1, 1]);
  });

  it('leaves the event unsent when no new one is to be had', async () => {
    const erp = await refusing('Bearer token-1');
    const tokens = await opened(
      startErp((_request, response, count) => (count === 1 ? response.end(token('token-1')) : response.writeHead(503).end())),
    );
    const options = optionsFor(erp, tokens);
    await destination.check(options, context);
    expect(await deliver(options)).toMatchObject({ class: 'not_sent', status: 503 });
    expect(erp.requests).toHaveLength(1);
  });
});

describe('a token endpoint that gives no token', () => {
  it.each([
    [400, '{"error":"invalid_client"}', {}, 'auth', 'answered 400 invalid_client'],
    [401, '{"error":"invalid_client"}', {}, 'auth', 'answered 401 invalid_client'],
    [400, '{"error":"invalid_scope"}', {}, 'auth', 'answered 400 invalid_scope'],
    [403, 'no', {}, 'auth', 'answered 403'],
    [404, '<html>', {}, 'auth', 'answered 404'],
    [302, '', { location: 'http://169.254.169.254/latest/' }, 'auth', 'answered 302, redirects are not followed'],
    [429, '', { 'retry-after': '7' }, 'throttled', 'answered 429'],
    [500, '', {}, 'not_sent', 'answered 500'],
    [503, '', { 'retry-after': '7' }, 'not_sent', 'answered 503'],
    [204, '', {}, 'not_sent', 'answered 204, expected 200'],
    [200, '<html>', {}, 'not_sent', 'expected JSON'],
    [200, '{}', {}, 'not_sent', 'expected an access_token'],
    [200, '{"access_token":"a\\r\\nx-evil: 1","token_type":"bearer"}', {}, 'not_sent', 'expected an access_token'],
    [200, '{"access_token":"abc","token_type":"mac"}', {}, 'not_sent', 'expected token_type Bearer'],
    [200, '{"access_token":"abc"}', {}, 'not_sent', 'expected token_type Bearer'],
  ])('by answering %d %j with %j makes the outcome %s', async (status, body, headers, expected, detail) => {
    const [erp, tokens] = [await accepting(), await tokenServer(status, body, headers as Record<string, string>)];
    const outcome = await deliver(optionsFor(erp, tokens));
    expect(outcome).toMatchObject({ class: expected, status, detail: expect.stringContaining(detail) });
    expect(outcome.retryAfterMs).toBe('retry-after' in headers ? 7_000 : undefined);
    expect(outcome).not.toHaveProperty('responseBody');
    expect(erp.requests).toHaveLength(0);
  });

  it('because its answer is huge, is read no further than the limit', async () => {
    const body = JSON.stringify({ access_token: 'x'.repeat(70_000), token_type: 'Bearer' });
    const outcome = await deliver(optionsFor(await accepting(), await tokenServer(200, body)));
    expect(outcome).toMatchObject({ class: 'not_sent', detail: 'no access token: expected an answer of at most 65536 bytes, found more' });
  });

  it('because it cannot be reached, or breaks off, leaves the event unsent: never ambiguous', async () => {
    const erp = await accepting();
    const gone = await startErp(() => {});
    await gone.close();
    expect(await deliver(optionsFor(erp, gone))).toMatchObject({ class: 'not_sent', detail: expect.stringContaining('ECONNREFUSED') });
    const rude = await opened(startSocketServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await deliver(optionsFor(erp, rude))).toMatchObject({ class: 'not_sent' });
    expect(erp.requests).toHaveLength(0);
  });

  it('because it hangs, costs each attempt its own deadline and no more', async () => {
    const [erp, tokens] = [await accepting(), await opened(startErp(() => {}))];
    expect(await deliver(optionsFor(erp, tokens), 150)).toEqual({
      class: 'not_sent',
      // Its own, not the one of the asking, which goes on.
      detail: 'the request was not sent: the deadline of the attempt passed',
    });
    const stopper = new AbortController();
    const waiting = deliver(optionsFor(erp, tokens), 10_000, stopper.signal);
    stopper.abort();
    expect(await waiting).toMatchObject({ class: 'not_sent', detail: expect.stringContaining('stopped') });
    expect(erp.requests).toHaveLength(0);
  });

  it('to an impatient attempt, still gives it to a patient one that waits for the same answer', async () => {
    const erp = await accepting();
    const tokens = await opened(startErp((_request, response) => void setTimeout(() => response.end(token('late')), 400)));
    const options = optionsFor(erp, tokens);
    const [impatient, patient] = await Promise.all([deliver(options, 100), deliver(options, 10_000)]);
    expect([impatient.class, patient.class]).toEqual(['not_sent', 'delivered']);
    expect(tokens.requests).toHaveLength(1);
  });

  it('is asked again by the next attempt: a failure is not remembered', async () => {
    const erp = await accepting();
    const tokens = await opened(
      startErp((_request, response, count) => (count === 1 ? response.writeHead(500).end() : response.end(token('second')))),
    );
    const options = optionsFor(erp, tokens);
    expect(await deliver(options)).toMatchObject({ class: 'not_sent' });
    expect(await deliver(options)).toMatchObject({ class: 'delivered' });
  });

  it('never gets the secret or a token of ours into an outcome or a log, even if it repeats what we sent', async () => {
    const logged: unknown[] = [];
    const note = (fields: object, message: string) => void logged.push(fields, message);
    const log = { debug: note, info: note, warn: note, error: note, child: () => log };
    const erp = await opened(startErp((request, response) => response.writeHead(500).end(request.headers.authorization ? 'broken' : '')));
    const repeating = await opened(
      startErp((request, response) =>
        response.writeHead(400).end(JSON.stringify({ error: `bad ${request.headers.authorization}`, error_description: SECRET })),
      ),
    );
    const outcomes = [
      await destination.deliver(outgoing(5_000), optionsFor(erp, repeating), { ...context, log }, never),
      await destination.deliver(outgoing(5_000), optionsFor(erp, await startTokens()), { ...context, log }, never),
    ];
    expect(outcomes.map((outcome) => outcome.class)).toEqual(['auth', 'ambiguous']);
    const shown = JSON.stringify([outcomes, logged]);
    for (const secret of [SECRET, Buffer.from(`quayside:${SECRET}`).toString('base64'), 'Basic', 'token-1']) expect(shown).not.toContain(secret);
  });
});

describe('checking an endpoint with client credentials', () => {
  it('really asks for a token, and says what is wrong', async () => {
    const erp = await accepting();
    await destination.check(optionsFor(erp, await startTokens()), context);
    await expect(destination.check(optionsFor(erp, await tokenServer(401, '{"error":"invalid_client"}')), context)).rejects.toMatchObject({
      code: 'ERR_DELIVERY_AUTH',
      message: 'no access token: the token endpoint answered 401 invalid_client',
    });
    expect(erp.requests).toHaveLength(0);
  });

  it('is asked for the secret by name when it is missing', async () => {
    const [erp, tokens] = [await accepting(), await startTokens()];
    const options = localOptions(erp.url, { auth: { oauth2: oauth2(tokens.url, { clientSecret: 'file:nowhere' }) } });
    expect(await deliver(options)).toMatchObject({ class: 'auth', detail: 'file:nowhere is not set' });
    await expect(destination.check(options, context)).rejects.toMatchObject({ code: 'ERR_CONFIG_SECRET' });
    expect(tokens.requests).toHaveLength(0);
  });
});
