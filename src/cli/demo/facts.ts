/** What a canonical event says, in a clerk's words. Nothing here knows X12: all of it stands in the event. */
import type { Static, TObject } from '@sinclair/typebox';
import type { invoice } from '../../events/invoice.ts';
import type { orderAcknowledgment } from '../../events/order-acknowledgment.ts';
import type { shipNotice } from '../../events/ship-notice.ts';

export type Acknowledgment = Static<TObject<typeof orderAcknowledgment>>;
export type ShipNotice = Static<TObject<typeof shipNotice>>;
export type Invoice = Static<TObject<typeof invoice>>;

/** The price that was ordered, of an order's line; undefined when it is not known. */
export type OrderedPrice = (orderNumber: string, lineNumber: string) => string | undefined;

export function acknowledgmentFacts({ order, lines, status }: Acknowledgment, orderedPrice: OrderedPrice): string[] {
  const facts = [`order ${order.orderNumber} is ${status.replaceAll('_', ' ')}, ${counted(lines.length, 'line')}`];
  for (const { ref, dispositions } of lines) {
    const line = `line ${ref?.lineNumber ?? '?'}`;
    const changed = dispositions.find((disposition) => disposition.changes?.includes('price'))?.price;
    if (dispositions.length > 1) facts.push(`${line} is split: ${dispositions.map(inWords).join(', ')}`);
    else if (dispositions[0]?.code === 'backordered') facts.push(`${line} is held back: ${inWords(dispositions[0])}`);
    if (changed === undefined) continue;
    const before = orderedPrice(order.orderNumber, ref?.lineNumber ?? '');
    facts.push(`${line} has a new price: ${before === undefined ? '' : `${before} → `}${money(changed)}`);
  }
  return facts;
}

function inWords({ code, quantity, shipDate }: Acknowledgment['lines'][number]['dispositions'][number]): string {
  const what = `${quantity?.value ?? '?'} ${quantity?.uom ?? ''}`.trim();
  return `${what} ${code}${shipDate === undefined ? '' : `, ships ${shipDate}`}`;
}

export function shipNoticeFacts({ shipment, orders, packages = [] }: ShipNotice): string[] {
  const { carrier, weight } = shipment;
  const lines = orders.reduce((sum, order) => sum + order.lines.length, 0);
  const cartons = `${counted(shipment.packageCount ?? packages.length, 'carton')}, ${weight?.value ?? '?'} ${weight?.uom ?? ''}`.trimEnd();
  const facts = [`shipment ${shipment.id}: ${counted(lines, 'line')} in ${cartons}, by ${carrier?.name ?? '?'}`];
  const first = packages[0];
  const content = first?.contents?.[0];
  if (first?.sscc !== undefined && content !== undefined)
    facts.push(
      `carton ${first.sscc} holds ${content.quantity.value} ${content.quantity.uom} of ${content.item?.buyerSku ?? '?'}, and so on for each`,
    );
  return facts;
}

export function invoiceFacts({ document, totals, allowanceCharges = [], taxes = [] }: Invoice): string[] {
  return [
    `invoice ${document.id}: ${money(totals.payable)} to pay`,
    ...allowanceCharges.map(({ kind, description, amount }) => `${kind} ${money(amount)}: ${description ?? 'no reason given'}`),
    ...taxes.map(({ amount, ratePercent, taxable }) => {
      const basis = ratePercent === undefined || taxable === undefined ? '' : `, ${ratePercent} % of ${money(taxable)}`;
      return `tax ${money(amount)}${basis}`;
    }),
  ];
}

/** With two decimals, or as many as say something. */
function money({ amount, currency }: { amount: string; currency: string }): string {
  const [whole = '', decimals = ''] = amount.split('.');
  return `${whole}.${decimals.replace(/0+$/, '').padEnd(2, '0')} ${currency}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
