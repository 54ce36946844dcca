/**
 * The types that canonical documents share: numbers that matter are decimal strings, dates never become midnight in some zone.
 *
 * `title` names the scalar kinds that the mapping engine converts to (Decimal, Quantity, Date, DateTime, Sscc): a mapping file never says it.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { StringEnum } from '../core/schema-check.ts';

/** Nothing but what is named; a partner's extras go under `extensions`. */
const closed = <T extends Record<string, TSchema>>(title: string, properties: T, options: object = {}) =>
  Type.Object(properties, { title, additionalProperties: false, ...options });

export const Text = Type.String({ minLength: 1 });

const Decimal = Type.String({
  title: 'Decimal',
  description: 'an exact decimal number in text, such as "12.50"',
  pattern: '^-?(0|[1-9]\\d{0,17})(\\.\\d{1,10})?$',
});
const quantityPattern = '(0|[1-9]\\d{0,14})(\\.\\d{1,6})?$';
const QuantityValue = Type.String({
  title: 'Quantity',
  description: 'an exact quantity in text that is not negative, with at most 6 decimals',
  pattern: `^${quantityPattern}`,
});
const SignedQuantityValue = Type.String({
  title: 'Quantity',
  description: 'an exact quantity in text with at most 6 decimals',
  pattern: `^-?${quantityPattern}`,
});
export const Currency = Type.String({ description: 'an ISO 4217 currency, such as "USD"', pattern: '^[A-Z]{3}$' });
export const Country = Type.String({ description: 'an ISO 3166 country of two letters, such as "US"', pattern: '^[A-Z]{2}$' });
export const CalendarDate = Type.String({
  title: 'Date',
  description: 'a calendar date without a zone, such as "2026-11-30"',
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
});
export const DateTime = Type.String({
  title: 'DateTime',
  description: 'a time as RFC 3339 with its offset',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
});
export const Sscc = Type.String({ title: 'Sscc', description: 'an SSCC of 18 digits', pattern: '^\\d{18}$' });

const unit = {
  uom: Type.String({ description: 'a unit of UN/ECE Recommendation 20, or X and a package code of Recommendation 21', pattern: '^[A-Z0-9]{2,3}$' }),
  sourceUom: Type.Optional(Text),
  sourceUomSystem: Type.Optional(Text),
  innerPack: Type.Optional(QuantityValue),
};
export const Quantity = closed('QuantityWithUnit', { value: QuantityValue, ...unit });
/** Only credits and returns may be negative; the document's schema says when. */
export const SignedQuantity = closed('SignedQuantityWithUnit', { value: SignedQuantityValue, ...unit });

export const Money = closed('Money', { amount: Decimal, currency: Currency });
export const Price = closed('Price', {
  amount: Decimal,
  currency: Currency,
  perQuantity: Type.Optional(Quantity),
  basis: Type.Optional(Type.String({ minLength: 1, description: 'the code that the partner sent for the basis of the price' })),
});

const Identifier = closed('Identifier', { scheme: Text, value: Text });
const Address = closed('Address', {
  lines: Type.Optional(Type.Array(Text, { maxItems: 4 })),
  city: Type.Optional(Text),
  region: Type.Optional(Text),
  postalCode: Type.Optional(Text),
  country: Type.Optional(Country),
});
const Contact = closed('Contact', {
  role: Type.Optional(Text),
  name: Type.Optional(Text),
  email: Type.Optional(Text),
  phone: Type.Optional(Text),
});
const PARTY_ROLES = ['buyer', 'seller', 'ship_to', 'ship_from', 'bill_to', 'remit_to', 'carrier', 'manufacturer', 'other'] as const;
const Party = closed('Party', {
  role: StringEnum(PARTY_ROLES),
  roleCode: Type.Optional(Type.String({ minLength: 1, description: 'the code that the partner sent for the role' })),
  name: Type.Optional(Text),
  identifiers: Type.Optional(Type.Array(Identifier)),
  address: Type.Optional(Address),
  contacts: Type.Optional(Type.Array(Contact)),
  taxRegistrations: Type.Optional(Type.Array(Identifier)),
});
const Reference = closed('Reference', { type: Text, value: Text, description: Type.Optional(Text) });

export const OrderRef = closed('OrderRef', {
  orderNumber: Text,
  releaseNumber: Type.Optional(Text),
  orderDate: Type.Optional(CalendarDate),
  changeNumber: Type.Optional(Text),
  sellerOrderNumber: Type.Optional(Text),
});
export const LineRef = closed('LineRef', {
  lineNumber: Text,
  scheduleNumber: Type.Optional(Text),
  sellerLineNumber: Type.Optional(Text),
});
export const Item = closed('Item', {
  buyerSku: Type.Optional(Text),
  sellerSku: Type.Optional(Text),
  gtin: Type.Optional(Type.String({ description: 'a GTIN of 8, 12, 13 or 14 digits', pattern: '^(\\d{8}|\\d{12,14})$' })),
  manufacturerPart: Type.Optional(Text),
  description: Type.Optional(Text),
  other: Type.Optional(Type.Array(Identifier)),
});
/** Suppliers leave line numbers out; then the product must say which line it is. */
export const LINE_IS_NAMED = { anyOf: [{ required: ['ref'] }, { required: ['item'] }] };

const HANDLINGS = ['off_invoice', 'bill_back', 'credit_memo', 'added', 'included', 'unknown'] as const;
export const AllowanceCharge = closed('AllowanceCharge', {
  kind: StringEnum(['allowance', 'charge']),
  code: Type.Optional(Text),
  description: Type.Optional(Text),
  amount: Money,
  ratePercent: Type.Optional(Decimal),
  handling: Type.Optional(StringEnum(HANDLINGS)),
  handlingCode: Type.Optional(Type.String({ minLength: 1, description: 'the code that the partner sent for the handling' })),
});
export const Tax = closed('Tax', {
  type: Type.Optional(Text),
  ratePercent: Type.Optional(Decimal),
  taxable: Type.Optional(Money),
  amount: Money,
  jurisdiction: Type.Optional(Text),
  exemptReason: Type.Optional(Text),
});
const days = Type.Integer({ minimum: 0, maximum: 9999 });
export const PaymentTerms = closed('PaymentTerms', {
  type: Type.Optional(Text),
  description: Type.Optional(Text),
  netDays: Type.Optional(days),
  netDueDate: Type.Optional(CalendarDate),
  discountPercent: Type.Optional(Decimal),
  discountDays: Type.Optional(days),
  discountDueDate: Type.Optional(CalendarDate),
});

const PURPOSES = ['original', 'replace', 'change', 'cancel', 'duplicate', 'confirmation'] as const;
const documentOf = <T extends string>(type: T) =>
  closed('Document', {
    id: Text,
    type: StringEnum([type]),
    purpose: StringEnum(PURPOSES),
    issuedDate: Type.Optional(CalendarDate),
    issuedAt: Type.Optional(DateTime),
    test: Type.Optional(Type.Boolean()),
    revision: Type.Optional(Text),
  });

const CHANNELS = ['sftp', 'folder', 'rest', 'webhook', 'email', 'manual'] as const;
export const ProvenanceSchema = closed('Provenance', {
  messageId: Type.Optional(Type.String({ minLength: 1, description: 'absent in offline translation' })),
  channel: StringEnum(CHANNELS),
  rawSha256: Type.String({ description: 'a SHA-256 in hex', pattern: '^[0-9a-f]{64}$' }),
  mapping: Text,
  mappingVersion: Text,
  mappingHash: Type.String({ description: 'a SHA-256 in hex', pattern: '^[0-9a-f]{64}$' }),
  interchangeControl: Type.Optional(Text),
  groupControl: Type.Optional(Text),
  transactionControl: Type.Optional(Text),
  receivedAt: Type.Optional(DateTime),
  reviewedBy: Type.Optional(Text),
});
export type Provenance = Static<typeof ProvenanceSchema>;

/** Open on purpose: partner extras, which core logic never reads. */
export const Extensions = Type.Record(Type.String({ pattern: '^[a-z][a-zA-Z0-9_-]{0,63}$' }), Type.Unknown(), {
  title: 'Extensions',
  additionalProperties: false,
});

/** What every canonical document begins with. */
export const opening = <T extends string>(type: T) => ({
  document: documentOf(type),
});

export const closing = {
  parties: Type.Optional(Type.Array(Party)),
  references: Type.Optional(Type.Array(Reference)),
  notes: Type.Optional(Type.Array(Text)),
  extensions: Type.Optional(Extensions),
};

export { closed };
