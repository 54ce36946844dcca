/** What a supplier says of a purchase order: per line one or several dispositions, so that splits, backorders and substitutes stay apart. */
import { Type } from '@sinclair/typebox';
import { StringEnum } from '../core/schema-check.ts';
import {
  CalendarDate,
  Currency,
  closed,
  closing,
  Extensions,
  Item,
  LINE_IS_NAMED,
  LineRef,
  Money,
  OrderRef,
  opening,
  Price,
  Quantity,
  Text,
} from './shared-types.ts';

const STATUSES = ['accepted', 'accepted_with_changes', 'partially_accepted', 'rejected', 'received_pending', 'unknown'] as const;
const DISPOSITIONS = ['accepted', 'backordered', 'rejected', 'cancelled', 'substituted', 'on_hold', 'shipped', 'pending', 'unknown'] as const;

const Disposition = closed('Disposition', {
  code: StringEnum(DISPOSITIONS),
  changes: Type.Optional(Type.Array(StringEnum(['price', 'quantity', 'date', 'item', 'other']), { uniqueItems: true })),
  sourceCode: Type.Optional(Type.String({ minLength: 1, description: 'ACK01, or the code that the partner sent' })),
  quantity: Type.Optional(Quantity),
  price: Type.Optional(Price),
  shipDate: Type.Optional(CalendarDate),
  deliveryDate: Type.Optional(CalendarDate),
  dateTbd: Type.Optional(Type.Boolean()),
  reasonCode: Type.Optional(Text),
  reason: Type.Optional(Text),
  substituteItem: Type.Optional(Item),
});

const Line = closed(
  'AcknowledgedLine',
  {
    ref: Type.Optional(LineRef),
    item: Type.Optional(Item),
    ordered: Type.Optional(Quantity),
    price: Type.Optional(Price),
    dispositions: Type.Array(Disposition, { minItems: 1 }),
    extensions: Type.Optional(Extensions),
  },
  LINE_IS_NAMED,
);

export const orderAcknowledgment = {
  ...opening('order_acknowledgment'),
  order: OrderRef,
  status: StringEnum(STATUSES),
  statusCode: Type.Optional(Type.String({ minLength: 1, description: 'BAK02, or the code that the partner sent' })),
  scope: StringEnum(['full', 'partial', 'header_only']),
  replaces: Type.Optional(Text),
  currency: Type.Optional(Currency),
  lines: Type.Array(Line),
  total: Type.Optional(Money),
  ...closing,
};
