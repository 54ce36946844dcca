import { afterEach, describe, expect, it } from 'vitest';
import { openHttpDestination } from './destination.ts';
import { context, type Erp, keepPeers, localOptions, never, outgoing, startErp } from './harness.ts';
import type { HttpOptions } from './options.ts';

const { opened, destination, closeAll } = keepPeers();
afterEach(closeAll);

const ORIGIN = 'edi.example.org';
/** Answers OPTIONS as told, and takes every POST. */
const endpoint = (status: number, headers: Record<string, string>) =>
  opened(startErp((request, response) => (request.method === 'OPTIONS' ? response.writeHead(status, headers) : response.writeHead(200)).end()));
const optionsFor = (erp: { url: string }, more: Partial<NonNullable<HttpOptions['handshake']>> = {}) =>
  localOptions(erp.url, { handshake: { origin: ORIGIN, ...more }, auth: { bearer: 'file:token' }, headers: { 'x-company': 'north' } });
const deliver = (options: HttpOptions, timeoutMs = 5_000) => destination.deliver(outgoing(timeoutMs), options, context, never);
const methods = (erp: Erp) => erp.requests.map((request) => request.method);

describe('the handshake', () => {
  it('asks the url itself for consent before the first delivery, without credentials, and names the origin in each one after', async () => {
    const erp = await endpoint(200, { 'webhook-allowed-origin': ORIGIN, 'webhook-allowed-rate': '120' });
    const options = optionsFor({ url: `${erp.url}?company=7` }, { rate: 120 });
    expect(await deliver(options)).toMatchObject({ class: 'delivered' });
    await deliver(options);
    expect(methods(erp)).toEqual(['OPTIONS', 'POST', 'POST']);
    const [asked, sent] = erp.requests;
    expect(asked).toMatchObject({
      path: '/events?company=7',
      headers: { 'webhook-request-origin': ORIGIN, 'webhook-request-rate': '120', 'x-company': 'north' },
    });
    for (const absent of ['authorization', 'webhook-request-callback', 'webhook-signature']) expect(asked?.headers).not.toHaveProperty(absent);
    expect(sent?.headers).toMatchObject({ 'webhook-request-origin': ORIGIN, authorization: 'Bearer token-0123456789' });
  });

  it('is not held where the file does not say so', async () => {
    const erp = await endpoint(200, {});
    await deliver(localOptions(erp.url));
    expect(methods(erp)).toEqual(['POST']);
    expect(erp.requests[0]?.headers).not.toHaveProperty('webhook-request-origin');
  });

  it('is held once by many deliveries at the same time, and by each process anew', async () => {
    const erp = await endpoint(200, { 'webhook-allowed-origin': '*' });
    const options = optionsFor(erp);
    await Promise.all(Array.from({ length: 50 }, () => deliver(options)));
    expect(methods(erp).filter((method) => method === 'OPTIONS')).toHaveLength(1);
    const other = openHttpDestination();
    await other.deliver(outgoing(5_000), options, context, never);
    await other.close();
    expect(methods(erp).filter((method) => method === 'OPTIONS')).toHaveLength(2);
  });

  it('is held again after the time that the file states', async () => {
    const erp = await endpoint(200, { 'webhook-allowed-origin': '*' });
    for (const again of ['0s', '1h']) {
      const options = optionsFor(erp, { again });
      for (let n = 0; n < 3; n++) await deliver(options);
    }
    expect(methods(erp).join(' ')).toBe('OPTIONS POST OPTIONS POST OPTIONS POST OPTIONS POST POST POST');
  });

  it.each([
    [200, {}, undefined, 'has no WebHook-Allowed-Origin'],
    [204, { allow: 'POST, OPTIONS', 'access-control-allow-origin': '*' }, undefined, 'has no WebHook-Allowed-Origin'],
    [405, {}, undefined, 'has no WebHook-Allowed-Origin'],
    [401, {}, undefined, 'has no WebHook-Allowed-Origin'],
    [302, { location: 'http://169.254.169.254/' }, undefined, 'has no WebHook-Allowed-Origin'],
    [200, { 'webhook-allowed-origin': 'example.org' }, undefined, 'expected WebHook-Allowed-Origin edi.example.org'],
    [200, { 'webhook-allowed-origin': '' }, undefined, 'expected WebHook-Allowed-Origin'],
    [200, { 'webhook-allowed-origin': '*' }, 120, 'expected WebHook-Allowed-Rate for the 120 a minute'],
    [200, { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '119' }, 120, 'it allows 119 requests a minute, 120 were asked for'],
    [200, { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': 'lots' }, 120, 'expected a number or *'],
  ])('refused with %d %j: nothing is delivered and the endpoint is parked', async (status, headers, rate, detail) => {
    const erp = await endpoint(status, headers as Record<string, string>);
    const outcome = await deliver(optionsFor(erp, rate === undefined ? {} : { rate }));
    expect(outcome).toMatchObject({ class: 'refused', status, detail: expect.stringContaining(detail) });
    expect(methods(erp)).toEqual(['OPTIONS']);
  });

  it.each([
    [200, { 'webhook-allowed-origin': ORIGIN.toUpperCase(), 'webhook-allowed-rate': '*' }],
    [204, { 'webhook-allowed-origin': ORIGIN, 'webhook-allowed-rate': '100000' }],
    // The specification has consent in the header, whatever the status.
    [405, { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '120' }],
  ])('granted with %d %j', async (status, headers) => {
    const erp = await endpoint(status, headers);
    expect(await deliver(optionsFor(erp, { rate: 120 }))).toMatchObject({ class: 'delivered' });
  });

  it('that cannot be held now leaves the event unsent, to be tried again', async () => {
    const busy = await endpoint(503, { 'retry-after': '30' });
    expect(await deliver(optionsFor(busy))).toMatchObject({ class: 'not_sent', status: 503, retryAfterMs: 30_000 });
    const hanging = await opened(startErp(() => {}));
    expect(await deliver(optionsFor(hanging), 150)).toEqual({
      class: 'not_sent',
      detail: 'the request was not sent: the deadline of the attempt passed',
    });
    const gone = await startErp(() => {});
    await gone.close();
    expect(await deliver(optionsFor(gone))).toMatchObject({ class: 'not_sent', detail: expect.stringContaining('no handshake: ') });
    const rude = await opened(startErp((request) => request.socket.resetAndDestroy()));
    expect(await deliver(optionsFor(rude))).toMatchObject({ class: 'not_sent' });
    expect([busy, hanging, rude].flatMap(methods)).toEqual(['OPTIONS', 'OPTIONS', 'OPTIONS']);
  });

  it('that failed is held again at the next attempt', async () => {
    const erp = await opened(
      startErp((request, response, count) =>
        response.writeHead(200, request.method === 'OPTIONS' && count > 1 ? { 'webhook-allowed-origin': '*' } : {}).end(),
      ),
    );
    const options = optionsFor(erp);
    expect(await deliver(options)).toMatchObject({ class: 'refused' });
    expect(await deliver(options)).toMatchObject({ class: 'delivered' });
  });
});
