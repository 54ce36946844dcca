/** Well-formed X12 for tests, as many as wanted: each with its own control numbers. */
import { senderOf } from './home.ts';

const pad = (text: string, length: number) => text.padEnd(length);
const nine = (n: number) => String(n).padStart(9, '0');

export interface Envelope {
  readonly partner: string;
  readonly control: number;
}

/** An 855 that accepts one line of the order. Each control number is another document: the supplier's order number (BAK08) has it too. */
export const make855 = (envelope: Envelope, orderNumber: string): string =>
  interchange(envelope, 'PR', [acknowledge(orderNumber, `SO-${envelope.control}`)]);

/** The set of an 855 by itself: the same two numbers name the same document, whatever control numbers it comes under. */
export const acknowledge = (orderNumber: string, sellerNumber: string, { purpose = '00', price = '12.50' } = {}): readonly string[] => [
  'ST*855*0001',
  `BAK*${purpose}*AD*${orderNumber}*20261101****${sellerNumber}*20261102`,
  `PO1*1*10*EA*${price}**BP*SKU-1`,
  'ACK*IA*10*EA*068*20261109',
  'CTT*1',
];

/** The set of an 810 with one line. */
export const bill = (invoiceNumber: string, orderNumber: string, { purpose = '00', price = '12.50' } = {}): readonly string[] => [
  'ST*810*0001',
  `BIG*20261112*${invoiceNumber}*20261101*${orderNumber}***DI*${purpose}`,
  `IT1*1*10*EA*${price}**BP*SKU-1`,
  'TDS*12500',
  'CTT*1',
];

/** An 856, shipment over several orders with one item each (S-O-I). */
export function make856(envelope: Envelope, shipment: string, orderNumbers: readonly string[]): string {
  const segments = ['ST*856*0001', `BSN*00*${shipment}*20261110*0800*0001`, 'HL*1**S', 'TD1*CTN*1', 'TD5**2*UPSN', 'DTM*011*20261110'];
  let hl = 1;
  for (const orderNumber of orderNumbers) {
    const order = ++hl;
    segments.push(`HL*${order}*1*O`, `PRF*${orderNumber}`);
    segments.push(`HL*${++hl}*${order}*I`, 'LIN*1*BP*SKU-1', 'SN1*1*10*EA');
  }
  segments.push(`CTT*${hl}`);
  return interchange(envelope, 'SH', [segments]);
}

/** Sets with ST but without SE, which is added with its count. */
export function interchange({ partner, control }: Envelope, functionalId: string, sets: readonly (readonly string[])[]): string {
  const sender = senderOf(partner);
  const isa = `ISA*00*${pad('', 10)}*00*${pad('', 10)}*ZZ*${pad(sender, 15)}*ZZ*${pad('BUYER', 15)}*261102*0930*U*00401*${nine(control)}*0*P*>`;
  const body = sets.flatMap((segments, i) => {
    const number = String(i + 1).padStart(4, '0');
    const [st = '', ...rest] = segments;
    return [st.replace(/\*0001$/, `*${number}`), ...rest, `SE*${segments.length + 1}*${number}`];
  });
  return [
    isa,
    `GS*${functionalId}*${sender}*BUYER*20261102*0930*${control}*X*004010`,
    ...body,
    `GE*${sets.length}*${control}`,
    `IEA*1*${nine(control)}`,
  ]
    .map((segment) => `${segment}~\n`)
    .join('');
}
