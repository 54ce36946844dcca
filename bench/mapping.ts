/**
 * Mapping one 855 of twenty lines, lineage and coverage on, beside two others that make the same document from the same segments:
 * JavaScript written by hand that checks nothing, and a JSONata expression. Splitting the bytes is no part of any of the three.
 */
import { equal } from 'node:assert/strict';
import jsonata from 'jsonata';
import type { ParsedDocument } from '../src/core/contracts.ts';
import type { SourceLoop, SourceSegment } from '../src/core/source-tree.ts';
import { CANONICAL } from '../src/events/documents.ts';
import { x12Format } from '../src/formats/x12/format.ts';
import { compileMappings } from '../src/mapping/load.ts';
import { mapDocument } from '../src/mapping/map-document.ts';
import { type Figure, rate } from './measure.ts';

const ROUNDS = 15;
const ROUND_MS = 120;
const LINES = 20;

const RULES = `mapping: bench/855
version: 1.0.0
source: { format: x12, set: "855", versions: ["004010"] }
target: order_acknowledgment@1
set:
  document.id: BAK03
  document.type: { const: order_acknowledgment }
  document.purpose: { from: BAK01, codes: purpose }
  order.orderNumber: BAK03
  order.orderDate: BAK04
  order.sellerOrderNumber: [BAK08, REF(VN)02]
  status: { from: BAK02, codes: ack-type }
  scope: { const: full }
  currency: { from: CUR02, default: USD }
  lines[]: { each: PO1, required: true }
  lines[].ref.lineNumber: PO101
  lines[].item.buyerSku: PO1.BP
  lines[].item.sellerSku: PO1.VP
  lines[].ordered.value: PO102
  lines[].ordered.uom: { from: PO103, codes: uom }
  lines[].price.amount: PO104
  lines[].price.currency: { same: currency }
  lines[].dispositions[]: { each: ACK }
  lines[].dispositions[].code: { from: ACK01, codes: line-status }
  lines[].dispositions[].quantity.value: ACK02
  lines[].dispositions[].quantity.uom: { from: ACK03, codes: uom }
  lines[].dispositions[].shipDate: { from: ACK05, when: ACK04 = 068 }
codes:
  purpose: { "00": original }
  ack-type: { AC: accepted_with_changes, AD: accepted }
  line-status: { IA: accepted, IB: backordered, IR: rejected }
`;

const STATUS: Readonly<Record<string, string>> = { IA: 'accepted', IB: 'backordered', IR: 'rejected' };
const ACK_TYPE: Readonly<Record<string, string>> = { AC: 'accepted_with_changes', AD: 'accepted' };
const UNITS: Readonly<Record<string, string>> = { EA: 'EA' };

export async function parse855(lines: number): Promise<ParsedDocument> {
  const items = Array.from({ length: lines }, (_, i) => [
    `PO1*${i + 1}*120*EA*3.17**BP*NG-${40000 + i}*VP*AC-${i}`,
    'ACK*IA*80*EA*068*20261109',
    'ACK*IB*40*EA*068*20261116',
  ]).flat();
  const set = ['ST*855*0001', 'BAK*00*AC*PO-4711*20261030', 'CUR*SE*USD', 'REF*VN*SO-778812', ...items, `CTT*${lines}`];
  const isa = 'ISA*00*          *00*          *ZZ*SUPPLIER       *ZZ*BUYER          *261102*0930*U*00401*000000101*0*P*>';
  const text = [isa, 'GS*PR*S*B*20261102*0930*1*X*004010', ...set, `SE*${set.length + 1}*0001`, 'GE*1*1', 'IEA*1*000000101', ''].join('~');
  const source = {
    open: async function* () {
      yield Buffer.from(text);
    },
  };
  for await (const parsed of x12Format.parse(source, {})) if (parsed.kind === 'document') return parsed;
  throw new Error('the sample holds no document');
}

export function benchMapping() {
  const { catalog, problems } = compileMappings([{ name: 'bench/855', file: 'bench/855.yaml', text: RULES }], CANONICAL);
  const mapping = catalog.find('bench/855');
  if (mapping === undefined) throw new Error(`the rules have faults: ${JSON.stringify(problems)}`);
  return mapping;
}

export async function benchMappings(): Promise<Figure[]> {
  const mapping = benchMapping();
  const document = await parse855(LINES);
  const segments = segmentsOf(document.tree).map(elementsOf);
  const expression = jsonata(JSONATA);
  // JSONata reads plain JSON, made once beforehand: what it works on, not how it got it, is measured.
  const input = { segments: segments.map((elements) => Object.fromEntries(elements.map((text, i) => [`e${i}`, text]))) };

  const ours = () => mapDocument(mapping, document).documents[0]?.body;
  const byHand = () => mapByHand(segments);
  const expected = JSON.stringify(ours());
  equal(JSON.stringify(byHand()), expected, 'all must make the same document');
  equal(JSON.stringify(await expression.evaluate(input)), expected, 'all must make the same document');

  const rates: { ours: number[]; hand: number[]; jsonata: number[] } = { ours: [], hand: [], jsonata: [] };
  for (let round = -2; round < ROUNDS; round++) {
    const measured = { ours: perSecond(ours), hand: perSecond(byHand), jsonata: await perSecondLater(() => expression.evaluate(input)) };
    if (round < 0) continue;
    rates.ours.push(measured.ours);
    rates.hand.push(measured.hand);
    rates.jsonata.push(measured.jsonata);
  }
  const [small, large] = [await parse855(1_000), await parse855(20_000)];
  const [few, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    few.push(perSecond(() => mapDocument(mapping, small)) * 1_000);
    many.push(perSecond(() => mapDocument(mapping, large)) * 20_000);
  }
  return [
    rate('mapping.855', 'documents/s', rates.ours, 'hand-written', rates.hand),
    rate('mapping.855', 'documents/s', rates.ours, 'jsonata', rates.jsonata),
    rate('mapping.linear', 'lines/s of 20,000 lines', many, '1,000 lines', few),
  ];
}

function perSecond(work: () => unknown): number {
  const begun = performance.now();
  let done = 0;
  let spent = 0;
  for (; spent < ROUND_MS; spent = performance.now() - begun) {
    work();
    done++;
  }
  return (done * 1000) / spent;
}

async function perSecondLater(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let done = 0;
  let spent = 0;
  for (; spent < ROUND_MS; spent = performance.now() - begun) {
    await work();
    done++;
  }
  return (done * 1000) / spent;
}

const segmentsOf = (loop: SourceLoop): SourceSegment[] => [...loop.segments, ...loop.loops.flatMap(segmentsOf)].sort((a, b) => a.ordinal - b.ordinal);

const elementsOf = (segment: SourceSegment): string[] => [segment.id, ...Array.from({ length: segment.size }, (_, i) => segment.value(i + 1))];

const day = (text = ''): string => `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;

/** As one writes it in a hurry: no unknown code, bad date or missing segment is noticed. */
function mapByHand(segments: readonly (readonly string[])[]): object {
  let bak: readonly string[] = [];
  let currency = 'USD';
  let seller: string | undefined;
  const lines: { dispositions: object[] }[] = [];
  for (const s of segments) {
    if (s[0] === 'BAK') bak = s;
    else if (s[0] === 'CUR') currency = s[2] ?? currency;
    else if (s[0] === 'REF' && s[1] === 'VN') seller = s[2];
    else if (s[0] === 'PO1') {
      let buyerSku: string | undefined;
      let sellerSku: string | undefined;
      for (let i = 6; i < s.length; i += 2) {
        if (s[i] === 'BP') buyerSku = s[i + 1];
        else if (s[i] === 'VP') sellerSku = s[i + 1];
      }
      const line = {
        ref: { lineNumber: s[1] },
        item: { buyerSku, sellerSku },
        ordered: { value: s[2], uom: UNITS[s[3] ?? ''] },
        price: { amount: s[4], currency },
        dispositions: [] as object[],
      };
      lines.push(line);
    } else if (s[0] === 'ACK') {
      lines.at(-1)?.dispositions.push({ code: STATUS[s[1] ?? ''], quantity: { value: s[2], uom: UNITS[s[3] ?? ''] }, shipDate: day(s[5]) });
    }
  }
  return {
    document: { id: bak[3], type: 'order_acknowledgment', purpose: 'original' },
    order: { orderNumber: bak[3], orderDate: day(bak[4]), sellerOrderNumber: bak[8] || seller },
    status: ACK_TYPE[bak[2] ?? ''],
    scope: 'full',
    currency,
    lines,
  };
}

/** Lines own the ACK up to the next PO1, found by position as JSONata has no loops of segments. */
const JSONATA = `(
  $day := function($t) { $substring($t, 0, 4) & '-' & $substring($t, 4, 2) & '-' & $substring($t, 6, 2) };
  $status := {'IA': 'accepted', 'IB': 'backordered', 'IR': 'rejected'};
  $units := {'EA': 'EA'};
  $all := segments;
  $bak := $all[e0 = 'BAK'];
  $currency := $all[e0 = 'CUR'].e2;
  $starts := $append($filter([0..$count($all) - 1], function($i) { $all[$i].e0 = 'PO1' }), $count($all));
  {
    'document': {'id': $bak.e3, 'type': 'order_acknowledgment', 'purpose': 'original'},
    'order': {'orderNumber': $bak.e3, 'orderDate': $day($bak.e4), 'sellerOrderNumber': $all[e0 = 'REF' and e1 = 'VN'].e2},
    'status': $lookup({'AC': 'accepted_with_changes', 'AD': 'accepted'}, $bak.e2),
    'scope': 'full',
    'currency': $currency,
    'lines': [$map([0..$count($starts) - 2], function($n) {(
      $from := $starts[$n];
      $line := $all[$from];
      $acks := $map([$from..$starts[$n + 1] - 1], function($i) { $all[$i] })[e0 = 'ACK'];
      {
        'ref': {'lineNumber': $line.e1},
        'item': {'buyerSku': $line.e6 = 'BP' ? $line.e7 : $line.e9, 'sellerSku': $line.e8 = 'VP' ? $line.e9 : $line.e7},
        'ordered': {'value': $line.e2, 'uom': $lookup($units, $line.e3)},
        'price': {'amount': $line.e4, 'currency': $currency},
        'dispositions': [$acks.{'code': $lookup($status, e1), 'quantity': {'value': e2, 'uom': $lookup($units, e3)}, 'shipDate': $day(e5)}]
      }
    )})]
  }
)`;
