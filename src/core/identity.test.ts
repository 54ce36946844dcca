import { describe, expect, it } from 'vitest';
import { documentKey, eventId, idempotencyKey, normaliseOrderNumber, orderKey, traceparentOf } from './identity.ts';

const origin = { tenant: 'default', partner: 'acme', sha256: 'ab'.repeat(32), ordinal: 1, outputKey: 'order_acknowledgment' };

describe('identity', () => {
  it('is the same for the same bytes, for ever: a changed value here would double every event of every installation', () => {
    // Computed by another implementation of RFC 9562 (Python's uuid.uuid5).
    expect(eventId(origin)).toBe('a6df388f-09de-581b-88ff-e6516d978ae6');
    expect(idempotencyKey('erp', eventId(origin))).toBe('60b6f0a8-c61c-51f2-9a1a-e904c1545e82');
  });

  it('differs in each of its parts', () => {
    const others = [{ tenant: 'b' }, { partner: 'b' }, { sha256: 'cd'.repeat(32) }, { ordinal: 2 }, { outputKey: 'b' }].map((part) =>
      eventId({ ...origin, ...part }),
    );
    expect(new Set([eventId(origin), ...others]).size).toBe(6);
  });

  it('cannot be confused by parts that run into each other', () => {
    expect(eventId({ ...origin, tenant: 'a', partner: 'bc' })).not.toBe(eventId({ ...origin, tenant: 'ab', partner: 'c' }));
  });
});

describe('order keys', () => {
  it('ignore case, surrounding blanks and runs of blanks, and keep leading zeros', () => {
    expect(normaliseOrderNumber('  po  47/11 ')).toBe('PO 47/11');
    expect(orderKey('acme', 'po 47/11')).toBe('acme/po/PO%2047%2F11');
    expect(orderKey('acme', '0042')).not.toBe(orderKey('acme', '42'));
  });

  it('of a document without an order are its type and number', () => {
    expect(documentKey('acme', 'invoice', 'INV 1')).toBe('acme/invoice/INV%201');
  });
});

describe('the trace context of a message', () => {
  it('is a W3C traceparent that is made from its id alone', () => {
    const traceparent = traceparentOf('6a1c7c6e-0f3f-4c7e-9d0e-2f8a4a5b6c7d');
    expect(traceparent).toBe('00-6a1c7c6e0f3f4c7e9d0e2f8a4a5b6c7d-9d0e2f8a4a5b6c7d-01');
  });
});
