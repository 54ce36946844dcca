/** The documents that chaos feeds: each says something that no other does, so that none is a duplicate of another by its business key. */
import { interchange, make856 } from '../support/documents.ts';
import { type Random, seeded } from './random.ts';

export type Kind = '855' | '856' | '810';

export interface FedDocument {
  readonly partner: string;
  /** The interchange's control number: with the partner, what identifies the document at both ends. */
  readonly control: number;
  readonly kind: Kind;
  readonly orders: readonly string[];
  readonly text: string;
}

/** In turn for each partner; of ten documents about seven are acknowledgments, two shipments over up to three orders, one an invoice. */
export function documentsOf(seed: number, partner: string, orders: number): () => FedDocument {
  const random = seeded(seed);
  let control = 0;
  return () => {
    control++;
    const kind = random.pick<Kind>(['855', '855', '855', '855', '855', '855', '855', '856', '856', '810']);
    const wanted = kind === '856' ? random.between(1, 3) : 1;
    const numbers = new Set<string>();
    while (numbers.size < wanted) numbers.add(orderNumber(random, orders));
    return documentOf(partner, control, kind, [...numbers]);
  };
}

const orderNumber = (random: Random, orders: number) => `PO-${random.between(1, orders)}`;

export function documentOf(partner: string, control: number, kind: Kind, orders: readonly string[]): FedDocument {
  const envelope = { partner, control };
  const [order = ''] = orders;
  const quantity = (control % 900) + 1;
  const item = `SKU-${control}`;
  const acknowledgment = [
    'ST*855*0001',
    `BAK*00*AD*${order}*20261101*****20261102`,
    `PO1*1*${quantity}*EA*12.50**BP*${item}`,
    `ACK*IA*${quantity}*EA*068*20261109`,
    'CTT*1',
  ];
  const invoice = [
    'ST*810*0001',
    `BIG*20261110*INV-${control}*20261030*${order}***DI`,
    'CUR*SE*USD',
    `IT1*1*${quantity}*EA*2.00**BP*${item}`,
    `TDS*${quantity * 200}`,
    'CTT*1',
  ];
  const text = {
    '855': () => interchange(envelope, 'PR', [acknowledgment]),
    '856': () => make856(envelope, `SHP-${control}`, orders),
    '810': () => interchange(envelope, 'IN', [invoice]),
  }[kind]();
  return { partner, control, kind, orders, text };
}

/** As the event's provenance names it. */
export const controlText = (control: number): string => String(control).padStart(9, '0');
