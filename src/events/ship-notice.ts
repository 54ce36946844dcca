/**
 * What a supplier shipped, in two views on purpose: `orders` for the ERP and `packages` for the warehouse.
 *
 * Where goods are packed, both views sum alike.
 */
import { Type } from '@sinclair/typebox';
import { StringEnum } from '../core/schema-check.ts';
import {
  CalendarDate,
  Country,
  closed,
  closing,
  DateTime,
  Extensions,
  Item,
  LINE_IS_NAMED,
  LineRef,
  OrderRef,
  opening,
  Quantity,
  Sscc,
  Text,
} from './shared-types.ts';

const Lot = closed('Lot', {
  lotNumber: Type.Optional(Text),
  serials: Type.Optional(Type.Array(Text)),
  expiryDate: Type.Optional(CalendarDate),
  manufactureDate: Type.Optional(CalendarDate),
  countryOfOrigin: Type.Optional(Country),
  quantity: Type.Optional(Quantity),
});

const ShippedLine = closed(
  'ShippedLine',
  {
    ref: Type.Optional(LineRef),
    item: Type.Optional(Item),
    shipped: Quantity,
    ordered: Type.Optional(Quantity),
    backordered: Type.Optional(Quantity),
    lineStatus: Type.Optional(Text),
    lots: Type.Optional(Type.Array(Lot)),
    extensions: Type.Optional(Extensions),
  },
  LINE_IS_NAMED,
);

const ShippedOrder = closed('ShippedOrder', {
  order: OrderRef,
  complete: Type.Optional(Type.Boolean()),
  lines: Type.Array(ShippedLine, { minItems: 1 }),
});

const Content = closed('PackageContent', {
  orderNumber: Type.Optional(Text),
  line: Type.Optional(LineRef),
  item: Type.Optional(Item),
  quantity: Quantity,
  lots: Type.Optional(Type.Array(Lot)),
});

const Package = closed('Package', {
  id: Text,
  parentId: Type.Optional(Text),
  level: StringEnum(['tare', 'pack', 'inner']),
  sscc: Type.Optional(Sscc),
  trackingNumber: Type.Optional(Text),
  type: Type.Optional(Text),
  weight: Type.Optional(Quantity),
  contents: Type.Optional(Type.Array(Content)),
});

/** Letters of the hierarchical levels from the shipment down: tare, order, pack, item. Read from HL02 and HL03, never from BSN05. */
const STRUCTURES = ['SOTPI', 'STOPI', 'STPOI', 'SOPI', 'SOIP', 'SPOI', 'SOTI', 'SOI', 'unknown'] as const;

const Shipment = closed('Shipment', {
  id: Text,
  shippedDate: Type.Optional(CalendarDate),
  shippedAt: Type.Optional(DateTime),
  estimatedDeliveryDate: Type.Optional(CalendarDate),
  estimatedDeliveryAt: Type.Optional(DateTime),
  billOfLading: Type.Optional(Text),
  proNumber: Type.Optional(Text),
  trackingNumbers: Type.Optional(Type.Array(Text)),
  carrier: Type.Optional(
    closed('Carrier', {
      scac: Type.Optional(Text),
      name: Type.Optional(Text),
      mode: Type.Optional(Text),
      equipment: Type.Optional(Text),
      seal: Type.Optional(Text),
    }),
  ),
  structure: Type.Optional(StringEnum(STRUCTURES)),
  weight: Type.Optional(Quantity),
  packageCount: Type.Optional(Type.Integer({ minimum: 0, maximum: 9999999 })),
  freightTerms: Type.Optional(Text),
});

export const shipNotice = {
  ...opening('ship_notice'),
  shipment: Shipment,
  orders: Type.Array(ShippedOrder, { minItems: 1 }),
  packages: Type.Optional(Type.Array(Package)),
  ...closing,
};
