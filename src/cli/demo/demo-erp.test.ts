import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DemoErp, startDemoErp } from './demo-erp.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let erp: DemoErp;
beforeEach(async () => {
  erp = await startDemoErp(SECRET);
});
afterEach(() => erp.close());

const invoice = { document: { id: 'INV-1' }, totals: { payable: { amount: '91.2', currency: 'CAD' } } };
const shipNotice = { shipment: { id: 'ASN-1', carrier: { scac: 'NLFT', name: 'Northern Lights Freight' } }, orders: [], packages: [] };
const eventOf = (data: object) => JSON.stringify({ id: 'e-1', type: 't', partitionkey: 'acme/po/1', sequence: '0001', data });

/** Signed by a library that is not ours. */
async function call(body: string, changes: { sent?: string; at?: Date; key?: string; headers?: Record<string, string> } = {}) {
  const { sent = body, at = new Date(), key = randomUUID(), headers = {} } = changes;
  const signature = new Webhook(SECRET).sign(key, at, body);
  const signed = { 'webhook-id': key, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': signature };
  const response = await fetch(erp.url, {
    method: 'POST',
    body: sent,
    headers: { ...signed, 'idempotency-key': key, 'quayside-attempt': '1', ...headers },
  });
  return [response.status, await response.text()];
}

test('a signed event is booked, and told in words', async () => {
  expect(await call(eventOf(invoice))).toEqual([200, 'booked']);
  expect(erp.callbacks).toMatchObject([{ eventId: 'e-1', booked: true, signatureFault: undefined, facts: ['invoice INV-1: 91.20 CAD to pay'] }]);
});

describe('is not believed, and not booked', () => {
  const body = eventOf(invoice);
  test.each([
    ['other bytes than were signed', { sent: `${body} ` }, 'no signature fits the raw bytes'],
    [
      'a signature under another key',
      { headers: { 'webhook-signature': new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`).sign('id', new Date(), body) } },
      'no signature fits the raw bytes',
    ],
    ['another id than was signed', { headers: { 'webhook-id': 'another' } }, 'no signature fits the raw bytes'],
    ['an old callback', { at: new Date(Date.now() - 301_000) }, 'the timestamp is more than five minutes off'],
    ['a timestamp that is none', { headers: { 'webhook-timestamp': 'soon' } }, 'the timestamp is more than five minutes off'],
  ])('%s', async (_what, changes, fault) => {
    expect(await call(body, changes)).toEqual([401, fault]);
    expect(erp.callbacks).toMatchObject([{ booked: false, signatureFault: fault }]);
  });

  test('an Idempotency-Key that is not the webhook id', async () => {
    expect(await call(body, { headers: { 'idempotency-key': 'another' } })).toEqual([400, 'Idempotency-Key and webhook-id differ']);
    expect(erp.callbacks).toMatchObject([{ booked: false }]);
  });
});

test('a repeat under the same key is answered well and booked once', async () => {
  const key = randomUUID();
  await call(eventOf(invoice), { key });
  expect(await call(eventOf(invoice), { key })).toEqual([200, 'booked before, nothing was done']);
  expect(erp.callbacks.map(({ booked }) => booked)).toEqual([true, false]);
});

test('it is busy once', async () => {
  erp.beBusyOnce();
  expect((await call(eventOf(invoice)))[0]).toBe(503);
  expect((await call(eventOf(invoice)))[0]).toBe(200);
});

test('a carrier that it does not know is refused until it is set up', async () => {
  expect(await call(eventOf(shipNotice))).toEqual([422, 'carrier NLFT is not set up in this ERP']);
  erp.addCarrier('NLFT');
  expect((await call(eventOf(shipNotice)))[0]).toBe(200);
});

test('what is no event is refused', async () => {
  expect((await call('no json'))[0]).toBe(400);
  expect(erp.callbacks).toEqual([]);
});
