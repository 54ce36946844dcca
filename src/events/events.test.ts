import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCUMENT_TYPES, type JsonObject } from '../core/canonical.ts';
import { businessKeyOf, contentHashOf, documentIdOf, orderNumbersOf } from './business-keys.ts';
import { buildEvent, type EventInput } from './cloud-event.ts';
import { CANONICAL, EVENT_NAMES, schemaIdOf, validateDocument } from './documents.ts';

const provenance = { channel: 'sftp', rawSha256: 'a'.repeat(64), mapping: 'acme/855', mappingVersion: '1.0.0', mappingHash: 'b'.repeat(64) } as const;
const acknowledgment = {
  document: { id: 'SO-1', type: 'order_acknowledgment', purpose: 'original' },
  order: { orderNumber: 'PO 1' },
  status: 'accepted',
  scope: 'full',
  lines: [{ ref: { lineNumber: '1' }, dispositions: [{ code: 'accepted', quantity: { value: '5', uom: 'EA' } }] }],
} satisfies JsonObject;
const invoice = {
  document: { id: 'INV-1', type: 'invoice', purpose: 'original' },
  invoiceType: 'invoice',
  orders: [{ orderNumber: 'PO-2' }],
  currency: 'USD',
  lines: [
    { order: { orderNumber: 'PO-1' }, invoiced: { value: '5', uom: 'EA' }, price: { amount: '1.50', currency: 'USD' } },
    { order: { orderNumber: 'PO-2' }, invoiced: { value: '1', uom: 'EA' }, price: { amount: '1.50', currency: 'USD' } },
  ],
  totals: { payable: { amount: '9.00', currency: 'USD' } },
} satisfies JsonObject;
const shipNotice = {
  document: { id: 'ASN-1', type: 'ship_notice', purpose: 'original' },
  shipment: { id: 'ASN-1' },
  orders: [{ order: { orderNumber: 'PO-1' }, lines: [{ ref: { lineNumber: '1' }, shipped: { value: '1', uom: 'EA' } }] }],
} satisfies JsonObject;

const validate = (type: 'order_acknowledgment' | 'ship_notice' | 'invoice', body: JsonObject) =>
  validateDocument(type, { ...body, provenance }).map((fault) => fault.message);

describe('canonical documents', () => {
  test('the smallest of each type is valid', () => {
    expect(validate('order_acknowledgment', acknowledgment)).toEqual([]);
    expect(validate('ship_notice', shipNotice)).toEqual([]);
    expect(validate('invoice', invoice)).toEqual([]);
  });

  test.each([
    ['a number for an amount', { totals: { payable: { amount: 9, currency: 'USD' } } }, 'totals.payable.amount'],
    ['an unknown key', { extra: true }, 'unknown key "extra"'],
    ['a currency that is none', { currency: 'usd' }, 'an ISO 4217 currency'],
    ['an exponent', { totals: { payable: { amount: '9e2', currency: 'USD' } } }, 'an exact decimal number'],
    ['another document’s type', { document: { id: '1', type: 'ship_notice', purpose: 'original' } }, 'document.type'],
  ])('%s is refused', (_name, change, message) => {
    expect(validate('invoice', { ...invoice, ...change } as JsonObject).join()).toContain(message);
  });

  test('a negative quantity is for credit notes only', () => {
    const lines = [{ invoiced: { value: '-5', uom: 'EA' }, price: { amount: '1', currency: 'USD' } }];
    expect(validate('invoice', { ...invoice, lines }).join()).toContain('only a credit note');
    expect(validate('invoice', { ...invoice, lines, invoiceType: 'credit_note' })).toEqual([]);
  });

  test('a line without a number must name its product', () => {
    const dispositions = [{ code: 'accepted' }];
    expect(validate('order_acknowledgment', { ...acknowledgment, lines: [{ dispositions }] })).not.toEqual([]);
    expect(validate('order_acknowledgment', { ...acknowledgment, lines: [{ item: { buyerSku: '1' }, dispositions }] })).toEqual([]);
  });

  test('extras go under extensions', () => {
    expect(validate('order_acknowledgment', { ...acknowledgment, extensions: { dockDoor: '7' } })).toEqual([]);
    expect(validate('order_acknowledgment', { ...acknowledgment, extensions: { 'Bad Name': '7' } })).not.toEqual([]);
  });

  test.each(DOCUMENT_TYPES)('the published schema of %s is current and stands alone', (type) => {
    const text = readFileSync(`schemas/canonical/${type}.json`, 'utf8');
    expect(text).toBe(`${JSON.stringify(CANONICAL[type].schema, null, 2)}\n`);
    expect(JSON.parse(text).$id).toBe(`/schemas/${type}/1.0.0`);
    expect(text).not.toContain('$ref');
  });
});

describe('keys', () => {
  test('every order that a document concerns, each once', () => {
    expect(orderNumbersOf('order_acknowledgment', acknowledgment)).toEqual(['PO 1']);
    expect(orderNumbersOf('ship_notice', shipNotice)).toEqual(['PO-1']);
    expect(orderNumbersOf('invoice', invoice)).toEqual(['PO-2', 'PO-1']);
    expect(orderNumbersOf('invoice', { document: { id: '1' } })).toEqual([]);
  });

  test('an acknowledgment is known by its order and release too', () => {
    expect(businessKeyOf('order_acknowledgment', acknowledgment)).toBe('order_acknowledgment/PO%201/SO-1');
    const sameOrder = { ...acknowledgment, order: { orderNumber: ' po  1' } };
    expect(businessKeyOf('order_acknowledgment', sameOrder)).toBe('order_acknowledgment/PO%201/SO-1');
    const release = { ...acknowledgment, order: { orderNumber: 'PO 1', releaseNumber: '7' } };
    expect(businessKeyOf('order_acknowledgment', release)).toBe('order_acknowledgment/PO%201/7/SO-1');
    expect(businessKeyOf('ship_notice', shipNotice)).toBe('ship_notice/ASN-1');
    expect(documentIdOf('invoice', invoice)).toBe('INV-1');
  });

  test('the content hash sees what is said, not provenance nor the order of keys', () => {
    const { order, ...rest } = acknowledgment;
    const hash = (body: JsonObject) => contentHashOf('order_acknowledgment', body);
    expect(hash({ ...rest, order, provenance: { ...provenance } })).toBe(hash(acknowledgment));
    expect(hash({ ...acknowledgment, status: 'rejected' })).not.toBe(hash(acknowledgment));
  });

  test('what calls itself a duplicate says what the original said; what replaces or confirms an acknowledgment says something new', () => {
    const as = (purpose: string, body: typeof acknowledgment | typeof invoice) => ({ ...body, document: { ...body.document, purpose } });
    const acknowledged = (purpose: string) => contentHashOf('order_acknowledgment', as(purpose, acknowledgment));
    expect(acknowledged('duplicate')).toBe(acknowledged('original'));
    expect(new Set(['original', 'replace', 'cancel', 'confirmation'].map(acknowledged)).size).toBe(4);
    const invoiced = (purpose: string) => contentHashOf('invoice', as(purpose, invoice));
    expect(invoiced('confirmation')).toBe(invoiced('original'));
    expect(invoiced('replace')).not.toBe(invoiced('original'));
  });
});

describe('a CloudEvent', () => {
  const input: EventInput = {
    typePrefix: 'dev.quayside',
    tenant: 'default',
    partner: 'acme',
    channel: 'drop',
    id: '0b0d5c1e-6d3b-5b8a-9a53-0f5b0a3f7c11',
    type: 'order_acknowledgment',
    document: acknowledgment,
    provenance: { ...provenance, messageId: 'm-1' },
    orderKeys: ['acme/po/PO%201'],
    time: '2026-11-02T09:30:00Z',
    sequence: 7n,
  };

  test('has the attributes of the contract, and the same bytes for the same input', () => {
    const event = buildEvent(input);
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'dev.quayside.procurement.order_acknowledgment.received.v1',
      source: '/tenants/default/partners/acme/channels/drop',
      subject: 'PO 1',
      dataschema: schemaIdOf('order_acknowledgment'),
      partitionkey: 'acme/po/PO%201',
      sequence: '0000000000000000007',
      correlationid: 'm-1',
      datacontenttype: 'application/json',
    });
    expect(Object.keys(event.data).slice(0, 2)).toEqual(['document', 'provenance']);
    expect(validateDocument('order_acknowledgment', event.data)).toEqual([]);
    expect(JSON.stringify(buildEvent(input))).toBe(JSON.stringify(event));
  });

  test('attribute names are lower-case letters and digits, extension values text', () => {
    const event = buildEvent({
      ...input,
      orderKeys: ['b', 'a', 'b'],
      causationId: 'c',
      traceparent: '00-1-2-01',
      schemaBase: 'https://gateway.example',
    });
    for (const [name, value] of Object.entries(event))
      if (name !== 'data') expect([name, typeof value]).toEqual([expect.stringMatching(/^[a-z0-9]+$/), 'string']);
    expect([event.partitionkey, event.orderkeys, event.dataschema]).toEqual([
      'a',
      'a,b',
      'https://gateway.example/schemas/order_acknowledgment/1.0.0',
    ]);
  });

  test('of several orders is named after its own document, and says nothing that is not known', () => {
    const { sequence: _sequence, ...offline } = input;
    const event = buildEvent({ ...offline, type: 'invoice', document: invoice, provenance, orderKeys: ['acme/po/PO-2', 'acme/po/PO-1'] });
    expect(event.subject).toBe('INV-1');
    expect(['sequence', 'correlationid', 'causationid', 'traceparent'].some((name) => name in event)).toBe(false);
  });

  test('has a name that queue files subscribe to', () => {
    const acknowledgments = ['functional_ack.sent', 'functional_ack.received'];
    expect(EVENT_NAMES).toEqual(['order_acknowledgment.received', 'ship_notice.received', 'invoice.received', ...acknowledgments]);
  });
});
