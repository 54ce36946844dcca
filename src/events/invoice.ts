/** What a supplier charges. Allowances and charges keep their own sign in `kind`; amounts are as sent, exact. */
import { Type } from '@sinclair/typebox';
import { StringEnum } from '../core/schema-check.ts';
import {
  AllowanceCharge,
  Currency,
  closed,
  closing,
  Extensions,
  Item,
  LineRef,
  Money,
  OrderRef,
  opening,
  PaymentTerms,
  Price,
  SignedQuantity,
  Tax,
  Text,
} from './shared-types.ts';

const InvoicedLine = closed('InvoicedLine', {
  number: Type.Optional(Text),
  order: Type.Optional(OrderRef),
  ref: Type.Optional(LineRef),
  item: Type.Optional(Item),
  invoiced: SignedQuantity,
  price: Price,
  amount: Type.Optional(Money),
  allowanceCharges: Type.Optional(Type.Array(AllowanceCharge)),
  taxes: Type.Optional(Type.Array(Tax)),
  extensions: Type.Optional(Extensions),
});

const Totals = closed('Totals', {
  lineTotal: Type.Optional(Money),
  allowanceTotal: Type.Optional(Money),
  chargeTotal: Type.Optional(Money),
  taxTotal: Type.Optional(Money),
  payable: Money,
  discounted: Type.Optional(Money),
});

export const invoice = {
  ...opening('invoice'),
  invoiceType: StringEnum(['invoice', 'credit_note', 'debit_note', 'corrected']),
  invoiceTypeCode: Type.Optional(Type.String({ minLength: 1, description: 'BIG07, or the code that the partner sent' })),
  orders: Type.Optional(Type.Array(OrderRef)),
  shipmentRefs: Type.Optional(Type.Array(Text)),
  originalInvoice: Type.Optional(Text),
  currency: Currency,
  paymentTerms: Type.Optional(PaymentTerms),
  lines: Type.Array(InvoicedLine),
  allowanceCharges: Type.Optional(Type.Array(AllowanceCharge)),
  taxes: Type.Optional(Type.Array(Tax)),
  totals: Totals,
  ...closing,
};

const notNegative = {
  properties: { value: { type: 'string', pattern: '^[^-]', description: 'a quantity that is not negative; only a credit note may have one' } },
};
/** Returned goods may be negative in a credit note and nowhere else. */
export const NEGATIVE_ONLY_IN_CREDITS = {
  if: { properties: { invoiceType: { const: 'credit_note' } } },
  else: { properties: { lines: { items: { properties: { invoiced: notNegative } } } } },
};
