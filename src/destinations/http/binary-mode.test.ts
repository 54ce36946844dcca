import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { buildEvent } from '../../events/cloud-event.ts';
import { headerValue, takeApart } from './binary-mode.ts';
import { context, keepPeers, localOptions, never, outgoing, SECRETS, startErp } from './harness.ts';

const { opened, destination, closeAll } = keepPeers();
afterEach(closeAll);

const event = buildEvent({
  typePrefix: 'dev.quayside',
  tenant: 'default',
  partner: 'acme',
  channel: 'drop',
  id: 'a8a0f1a6-8f0e-5a39-9a53-7a6d1f0d3c11',
  type: 'order_acknowledgment',
  document: { document: { number: 'PO "4711" Größe €' }, lines: [{ quantity: '10.0', note: 'a\\"b}]{[,:' }], orders: [] } as never,
  provenance: { channel: 'sftp', rawSha256: '0'.repeat(64), mapping: 'm', mappingVersion: '1', mappingHash: 'h' } as never,
  orderKeys: ['acme/4711', 'acme/4712'],
  time: '2026-03-01T12:00:00.000Z',
  sequence: 7n,
});
const stored = JSON.stringify(event);
/** Text of what a scan could trip over. */
const awkward = { unit: fc.constantFrom(...'a"\\{}[],: %\n\u0000\u007fé€😀') };

describe('binary mode', () => {
  it('sends the data as it stands in the stored event, its attributes as headers, and signs the body as sent', async () => {
    const erp = await opened(startErp((_request, response) => response.end()));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const sent = outgoing(5_000, { body: Buffer.from(stored), traceparent, attempt: 2, replay: true });
    const options = localOptions(erp.url, { mode: 'binary', headers: { 'x-company': 'north' } });
    expect(await destination.deliver(sent, options, context, never)).toMatchObject({ class: 'delivered' });
    const [request] = erp.requests;
    expect(request?.body.toString()).toBe(stored.slice(stored.indexOf('"data":') + 7, -1));
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual(event.data);
    const { data: _data, datacontenttype, ...attributes } = event;
    expect(request?.headers).toMatchObject({
      'content-type': datacontenttype,
      'webhook-id': sent.idempotencyKey,
      'idempotency-key': sent.idempotencyKey,
      'quayside-attempt': '2',
      'quayside-replay': 'true',
      'x-company': 'north',
      traceparent,
    });
    const received = Object.entries(request?.headers ?? {}).filter(([name]) => name.startsWith('ce-'));
    const decoded = Object.fromEntries(received.map(([name, value]) => [name.slice(3), decodeURIComponent(String(value))]));
    expect(decoded).toEqual(attributes);
    const webhook = new Webhook(SECRETS['file:new'] ?? '');
    expect(() => webhook.verify(request?.body ?? '', request?.headers as Record<string, string>)).not.toThrow();
  });

  it('finds the data of any JSON, whatever stands around and in it, without changing a byte', () => {
    const attribute = fc.nat(99).map((n) => `attribute${n}`);
    const blank = fc.constantFrom('', ' ', '\n', '\r\n\t ');
    const value = fc.oneof(fc.string(awkward), fc.integer(), fc.boolean());
    const members = fc.uniqueArray(fc.tuple(attribute, value), { selector: ([name]) => name, maxLength: 5 });
    fc.assert(
      fc.property(members, members, fc.json({ maxDepth: 4, stringUnit: awkward.unit }), blank, (before, after, data, gap) => {
        const names = new Set(before.map(([name]) => name));
        const write = ([name, each]: [string, unknown]) => `"${name}"${gap}:${gap}${JSON.stringify(each)}`;
        const rest = after.filter(([name]) => !names.has(name));
        const text = `${gap}{${gap}${[...before.map(write), `"data":${gap}${data}${gap}`, ...rest.map(write)].join(`${gap},${gap}`)}${gap}}${gap}`;
        const apart = takeApart(Buffer.from(text));
        expect(Buffer.from(apart.body).toString()).toBe(Buffer.from(data).toString());
        const wanted = [...before, ...rest].map(([name, each]) => [`ce-${name}`, headerValue(String(each))]);
        expect(apart.attributes).toEqual(Object.fromEntries(wanted));
      }),
    );
  });

  it.each(['1.0', '1e2', '{"a" : [ 1.00,\n2 ]}', '"\\u00e9\\/"', '{"b":1,"a":2,"b":3}', '12345678901234567890', 'null'])(
    'does not write data anew that a parser would write otherwise: %s',
    (data) => {
      for (const text of [`{"id":"1","data":${data}}`, `{"data": ${data} , "id":"1"}`])
        expect(Buffer.from(takeApart(Buffer.from(text)).body).toString()).toBe(data);
    },
  );

  it('takes a part of a larger buffer for what it is', () => {
    const larger = Buffer.from(`xx${stored}yy`);
    expect(Buffer.from(takeApart(larger.subarray(2, -2)).body).toString()).toBe(JSON.stringify(event.data));
  });

  it.each([
    '',
    'null',
    '[]',
    '{',
    '{}',
    '{"id":"1"}',
    '{"id":"1","data":}',
    '{"id":{"a":1},"data":1}',
    '{"I-d":"1","data":1}',
    '{"data_base64":"AA==","data":1}',
    '{"data":1}x',
    '{"data":"a',
    '{"data" 1}',
  ])('refuses %j, and nothing is sent', async (text) => {
    expect(() => takeApart(Buffer.from(text))).toThrow();
    const erp = await opened(startErp((_request, response) => response.end()));
    const outcome = await destination.deliver(
      outgoing(5_000, { body: Buffer.from(text) }),
      localOptions(erp.url, { mode: 'binary' }),
      context,
      never,
    );
    expect(outcome.class).toBe('not_sent');
    expect(erp.requests).toHaveLength(0);
  });

  it.each([
    ['Euro € 😀', 'Euro%20%E2%82%AC%20%F0%9F%98%80'],
    ['"100 %"', '%22100%20%25%22'],
    ['a\r\nx-evil: 1', 'a%0D%0Ax-evil:%201'],
    ["!#$&'()*+,/:;=?@[]~", "!#$&'()*+,/:;=?@[]~"],
    ['\u007f\u0080', '%7F%C2%80'],
  ])('writes %j in a header as %s', (text, expected) => {
    expect(headerValue(text)).toBe(expected);
  });

  it('writes any text so that one decoding gives it back, in printable ASCII', () => {
    fc.assert(
      fc.property(fc.string(awkward), (text) => {
        expect(headerValue(text)).toMatch(/^[\x21\x23-\x7e]*$/);
        expect(decodeURIComponent(headerValue(text))).toBe(text);
      }),
    );
  });
});
