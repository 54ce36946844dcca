/** What a canonical document is about: the orders it concerns, its own number, and what makes it a business duplicate of another. */
import type { DocumentType, JsonObject } from '../core/canonical.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { normaliseOrderNumber, sha256Hex } from '../core/identity.ts';

type Fields = { readonly [key: string]: unknown };

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (order: unknown): string => textOf(fieldsOf(order).orderNumber);

/** Every purchase order number the document concerns, as sent, each once, in the order of their first mention. */
export function orderNumbersOf(type: DocumentType, body: JsonObject): string[] {
  const fields = fieldsOf(body);
  const found = new Set<string>();
  switch (type) {
    case 'order_acknowledgment':
      found.add(numberOf(fields.order));
      break;
    case 'ship_notice':
      for (const shipped of listOf(fields.orders)) found.add(numberOf(fieldsOf(shipped).order));
      break;
    case 'invoice':
      for (const order of listOf(fields.orders)) found.add(numberOf(order));
      for (const line of listOf(fields.lines)) found.add(numberOf(fieldsOf(line).order));
      break;
  }
  found.delete('');
  return [...found];
}

/** The number that the supplier gave the document: of the acknowledgment, the shipment or the invoice. */
export function documentIdOf(type: DocumentType, body: JsonObject): string {
  const fields = fieldsOf(body);
  return type === 'ship_notice' ? textOf(fieldsOf(fields.shipment).id) : textOf(fieldsOf(fields.document).id);
}

/**
 * Two documents of one partner with the same business key speak of the same thing; `contentHashOf` tells whether they say the same.
 * An acknowledgment's key has its purchase order and release too: suppliers reuse their own numbers across orders.
 */
export function businessKeyOf(type: DocumentType, body: JsonObject): string {
  const parts = type === 'order_acknowledgment' ? [...namesOfOrder(body.order), documentIdOf(type, body)] : [documentIdOf(type, body)];
  return [type, ...parts.map((part) => encodeURIComponent(part.trim()))].join('/');
}

/** As order keys compare it, so that an order is one order here and there. */
function namesOfOrder(order: unknown): string[] {
  const release = textOf(fieldsOf(order).releaseNumber);
  return [normaliseOrderNumber(numberOf(order)), ...(release === '' ? [] : [release])];
}

/**
 * SHA-256 (hex) of what a canonical document says: equal for the same statement under new control numbers. Provenance is not part of it,
 * nor is that a document calls itself a duplicate (for shipments and invoices also a confirmation) of what was said before.
 */
export function contentHashOf(type: DocumentType, body: JsonObject): string {
  const { provenance: _, document, ...said } = body;
  const purpose = purposeOf(body);
  const echo = purpose === 'duplicate' || (purpose === 'confirmation' && type !== 'order_acknowledgment');
  return sha256Hex(canonicalJson({ ...said, document: echo ? { ...fieldsOf(document), purpose: 'original' } : document }));
}

/** What the document claims to be to those before it: `original`, `replace`, `change`, `cancel`, `duplicate`, `confirmation`. */
export const purposeOf = (body: JsonObject): string => textOf(fieldsOf(body.document).purpose);
