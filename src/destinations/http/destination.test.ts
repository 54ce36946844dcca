import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { context, type Erp, keepPeers, localOptions, never, outgoing, SECRETS, startErp, startSocketServer } from './harness.ts';

const { opened, destination, closeAll } = keepPeers();
afterEach(closeAll);

const answering = (status: number, headers: Record<string, string> = {}, body = '') =>
  opened(startErp((_request, response) => response.writeHead(status, headers).end(body)));
const deliver = (erp: { url: string }, timeoutMs = 5_000) => destination.deliver(outgoing(timeoutMs), localOptions(erp.url), context, never);

const verifies = (secret: string, erp: Erp) => {
  const request = erp.requests[0];
  const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
  return webhook.verify(request?.body ?? Buffer.alloc(0), (request?.headers ?? {}) as Record<string, string>);
};

describe('an HTTP callback', () => {
  it('carries the event byte for byte, its identity and the number of the attempt', async () => {
    const erp = await answering(202, {}, 'thanks');
    const sent = outgoing(5_000, { attempt: 3, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    const options = localOptions(`${erp.url}?company=7`, { headers: { 'x-company': 'north' }, auth: { bearer: 'file:token' } });
    const outcome = await destination.deliver(sent, options, context, never);

    expect(outcome).toEqual({ class: 'delivered', status: 202, detail: 'the endpoint answered 202', responseBody: 'thanks' });
    const [request] = erp.requests;
    expect(request?.body.equals(sent.body)).toBe(true);
    expect(request?.path).toBe('/events?company=7');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': sent.idempotencyKey,
      'idempotency-key': sent.idempotencyKey,
      'quayside-attempt': '3',
      traceparent: sent.traceparent,
      authorization: 'Bearer token-0123456789',
      'x-company': 'north',
    });
    expect(request?.headers).not.toHaveProperty('quayside-replay');
  });

  it('says that it is a replay when it is one', async () => {
    const erp = await answering(200);
    await destination.deliver(outgoing(5_000, { replay: true }), localOptions(erp.url), context, never);
    expect(erp.requests[0]?.headers['quayside-replay']).toBe('true');
  });

  it('is signed so that the Standard Webhooks library accepts it, with a base64 secret or a raw one', async () => {
    for (const reference of ['file:new', 'file:raw']) {
      const erp = await answering(200);
      await destination.deliver(outgoing(5_000), localOptions(erp.url, { signing: { secrets: [reference] } }), context, never);
      expect(verifies(SECRETS[reference] ?? '', erp)).toMatchObject({ specversion: '1.0' });
      expect(() => verifies(SECRETS['file:old'] ?? '', erp)).toThrow('No matching signature');
    }
  });

  it('is accepted with the old and with the new secret during rotation', async () => {
    const erp = await answering(200);
    await destination.deliver(outgoing(5_000), localOptions(erp.url, { signing: { secrets: ['file:new', 'file:old'] } }), context, never);
    expect(verifies(SECRETS['file:new'] ?? '', erp)).toBeDefined();
    expect(verifies(SECRETS['file:old'] ?? '', erp)).toBeDefined();
  });

  it('sends basic credentials as UTF-8', async () => {
    const erp = await answering(200);
    await destination.deliver(
      outgoing(5_000),
      localOptions(erp.url, { auth: { basic: { username: 'edi', password: 'file:password' } } }),
      context,
      never,
    );
    expect(erp.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('edi:pässword-1').toString('base64')}`);
  });

  it('is not sent, and parks the endpoint, when a secret of ours is missing or unfit', async () => {
    const erp = await answering(200);
    for (const auth of [{ bearer: 'file:nowhere' }, { bearer: 'file:broken-token' }]) {
      const outcome = await destination.deliver(outgoing(5_000), localOptions(erp.url, { auth }), context, never);
      expect(outcome.class).toBe('auth');
      expect(outcome.detail).not.toContain('evil');
    }
    expect(erp.requests).toHaveLength(0);
  });

  it('follows no redirect', async () => {
    const target = await answering(200);
    const erp = await answering(302, { location: target.url });
    expect(await deliver(erp)).toMatchObject({ class: 'redirect', status: 302 });
    expect(target.requests).toHaveLength(0);
  });

  it('passes on how long the endpoint asked to wait', async () => {
    const erp = await answering(503, { 'retry-after': '120' }, 'busy');
    expect(await deliver(erp)).toMatchObject({ class: 'throttled', status: 503, retryAfterMs: 120_000, responseBody: 'busy' });
  });

  it('reuses its connections for the next events', async () => {
    const erp = await answering(200);
    for (let n = 0; n < 10; n++) await deliver(erp);
    // Two, not one: the next request begins before undici has put the first connection back.
    expect(new Set(erp.requests.map((request) => request.remotePort)).size).toBeLessThanOrEqual(2);
  });

  it('keeps the start of a huge answer and reads no further', async () => {
    let written = 0;
    const erp = await opened(
      startErp((_request, response) => {
        response.writeHead(422);
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const more = () => {
          while (!response.destroyed && written < 100 * 1024 * 1024) {
            written += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', more);
          }
        };
        more();
      }),
    );
    const outcome = await deliver(erp);
    expect(outcome).toMatchObject({ class: 'rejected', status: 422 });
    expect(outcome.responseBody).toHaveLength(4_096);
    expect(written).toBeLessThan(50 * 1024 * 1024);
  });

  it('keeps no control characters of an answer, which could steer a terminal or be refused by the database', async () => {
    const erp = await answering(400, {}, 'bad\u0000 \u001b[31mred\nline');
    expect((await deliver(erp)).responseBody).toBe('bad\uFFFD \uFFFD[31mred\nline');
  });

  it('counts as delivered by its status, even when the rest of the answer never comes', async () => {
    const erp = await opened(
      startSocketServer((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal'))),
    );
    expect(await deliver(erp, 300)).toMatchObject({ class: 'delivered', status: 200, responseBody: 'hal' });
  });

  it('takes no interim answer for the answer', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\n\r\n';
    const refusing = await opened(
      startSocketServer((socket) => socket.once('data', () => socket.write(`${early}HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n`))),
    );
    expect(await deliver(refusing)).toMatchObject({ class: 'rejected', status: 409 });
    const silent = await opened(startSocketServer((socket) => socket.once('data', () => socket.end(early))));
    const outcome = await deliver(silent);
    expect(outcome.class).toBe('ambiguous');
    expect(outcome.status).toBeUndefined();
  });
});

describe('an HTTP callback that gets no answer', () => {
  it('is ambiguous at its deadline when the endpoint hangs after taking it', async () => {
    const erp = await opened(startErp(() => {}));
    const started = performance.now();
    expect(await deliver(erp, 150)).toMatchObject({ class: 'ambiguous', detail: expect.stringContaining('deadline') });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(erp.requests).toHaveLength(1);
  });

  it('is ambiguous when the connection is reset after the body', async () => {
    const erp = await opened(startErp((request) => request.socket.resetAndDestroy()));
    expect(await deliver(erp)).toMatchObject({ class: 'ambiguous' });
    expect(erp.requests).toHaveLength(1);
  });

  it('is ambiguous when the answer is not HTTP', async () => {
    const erp = await opened(startSocketServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))));
    expect(await deliver(erp)).toMatchObject({ class: 'ambiguous' });
  });

  it('was not sent when the connection is refused', async () => {
    const erp = await startErp(() => {});
    await erp.close();
    expect(await deliver(erp)).toMatchObject({ class: 'not_sent', detail: expect.stringContaining('ECONNREFUSED') });
  });

  it('was not sent when the name does not exist', async () => {
    expect(await deliver({ url: 'http://no-such-host.invalid/' })).toMatchObject({ class: 'not_sent' });
  });

  it('was not sent when TLS fails, and the document was never on the wire', async () => {
    const plain: Buffer[] = [];
    const erp = await opened(
      startSocketServer((socket) =>
        socket.on('data', (chunk) => void plain.push(chunk)).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      ),
    );
    expect(await deliver({ url: `https://127.0.0.1:${erp.port}/` })).toMatchObject({ class: 'not_sent' });
    expect(Buffer.concat(plain).includes('specversion')).toBe(false);
  });

  it('was not sent when its deadline passed before, or while the connection was made', async () => {
    const erp = await answering(200);
    expect(await deliver(erp, -1)).toMatchObject({ class: 'not_sent' });
    // A peer that accepts the connection and never says a word of TLS.
    const mute = await opened(startSocketServer(() => {}));
    expect(await deliver({ url: `https://127.0.0.1:${mute.port}/` }, 100)).toMatchObject({
      class: 'not_sent',
      detail: expect.stringContaining('deadline'),
    });
    expect(erp.requests).toHaveLength(0);
  });

  it('is ambiguous when it is stopped under way, and not sent when it is stopped before', async () => {
    const erp = await opened(startErp(() => stopper.abort()));
    const stopper = new AbortController();
    expect(await destination.deliver(outgoing(5_000), localOptions(erp.url), context, stopper.signal)).toMatchObject({ class: 'ambiguous' });
    expect(await destination.deliver(outgoing(5_000), localOptions(erp.url), context, stopper.signal)).toMatchObject({ class: 'not_sent' });
    expect(erp.requests).toHaveLength(1);
  });

  it('never turns a kept connection that the endpoint closed into a false outcome', async () => {
    let taken = 0;
    // Promises keep-alive, then closes right after each answer.
    const erp = await opened(
      startSocketServer((socket) =>
        socket.on('data', (chunk) => {
          if (!chunk.includes('specversion')) return;
          taken++;
          socket.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n', () => socket.destroy());
        }),
      ),
    );
    let delivered = 0;
    for (let n = 0; n < 30; n++) {
      const { class: outcome } = await deliver(erp);
      expect(['delivered', 'ambiguous', 'not_sent']).toContain(outcome);
      if (outcome === 'delivered') delivered++;
    }
    expect(delivered).toBeLessThanOrEqual(taken);
    expect(delivered).toBeGreaterThan(0);
  });
});

describe('checking an endpoint', () => {
  it('connects and sends nothing', async () => {
    const erp = await answering(200);
    await destination.check(localOptions(erp.url), context);
    expect(erp.requests).toHaveLength(0);
  });

  it('says what is wrong: a missing secret, a private address, a port that is closed', async () => {
    const erp = await answering(200);
    await expect(destination.check(localOptions(erp.url, { signing: { secrets: ['file:nowhere'] } }), context)).rejects.toMatchObject({
      code: 'ERR_CONFIG_SECRET',
    });
    await expect(destination.check(localOptions(erp.url, { allow: [] }), context)).rejects.toMatchObject({ code: 'ERR_DELIVERY_EGRESS' });
    await erp.close();
    await expect(destination.check(localOptions(erp.url), context)).rejects.toMatchObject({ code: 'ERR_DELIVERY_NOT_SENT' });
  });
});
