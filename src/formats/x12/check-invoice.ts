/**
 * 810: whether the invoice foots, in exact decimals: TDS01 = lines, with allowances, charges and taxes.
 *
 * Senders differ in what they mean: taxes of lines are repeated in the summary or not, allowances are off the invoice or billed back. If one
 * usual reading foots within the partner's tolerance, it foots. Without lines, or without a price, nothing can be
 * footed.
 */
import Big from 'big.js';
import type { SourceSegment } from '../../core/source-tree.ts';
import type { LoopNode } from './build-loops.ts';
import { type Report, shown } from './fault.ts';

/** IT105: by how much a price is divided; an empty one and any other is per unit. */
const PER: Readonly<Record<string, string>> = { HP: '100', TP: '1000' };
const CREDITS: ReadonlySet<string> = new Set(['CR', 'CN']);

interface Sums {
  lines: Big;
  lineTax: Big;
  tax: Big;
  /** Allowances negative, charges positive; billed back ones apart. */
  adjustments: Big;
  billedBack: Big;
}

export function checkFooting(tree: LoopNode, tolerance: string, report: Report): void {
  const tds = tree.segments.find((segment) => segment.id === 'TDS');
  const claimed = tds === undefined ? undefined : cents(tds, 1);
  const sums = sumUp(tree);
  if (tds === undefined || claimed === undefined || sums === undefined) return;
  const [full] = readings(sums);
  const credit = CREDITS.has(
    tree.segments
      .find((segment) => segment.id === 'BIG')
      ?.value(7)
      .trim() ?? '',
  );
  const foots = (sum: Big): boolean => {
    const off = (credit ? claimed.abs().minus(sum.abs()) : claimed.minus(sum)).abs();
    return off.lte(tolerance);
  };
  if (full === undefined || readings(sums).some(foots)) return;
  const { lines, adjustments, billedBack, tax, lineTax } = sums;
  const parts = [
    `lines ${lines.toFixed(2)}`,
    `allowances and charges ${adjustments.plus(billedBack).toFixed(2)}`,
    `taxes ${lineTax.plus(tax).toFixed(2)}`,
  ];
  const what = `the invoice does not foot: ${parts.join(', ')}, together ${full.toFixed(2)}; TDS01 says ${claimed.toFixed(2)}`;
  report('ERR_X12_FOOTING', tds, 1, what, full.toFixed(2), shown(tds.value(1)));
}

function readings({ lines, lineTax, tax, adjustments, billedBack }: Sums): Big[] {
  const taxes = [lineTax.plus(tax), tax, lineTax];
  const nets = [lines.plus(adjustments).plus(billedBack), lines.plus(adjustments)];
  return nets.flatMap((net) => taxes.map((one) => net.plus(one)));
}

function sumUp(tree: LoopNode): Sums | undefined {
  const sums: Sums = { lines: Big('0'), lineTax: Big('0'), tax: Big('0'), adjustments: Big('0'), billedBack: Big('0') };
  if (!tree.loops.some((loop) => loop.id === 'IT1')) return undefined;
  for (const segment of tree.segments) if (segment.id === 'TXI' && !addTax(segment, sums, 'tax')) return undefined;
  for (const loop of tree.loops) {
    if (loop.id === 'SAC' && !addAdjustment(loop, sums, 'tax')) return undefined;
    if (loop.id !== 'IT1') continue;
    const line = amountOf(loop.segments[0]);
    if (line === undefined) return undefined;
    sums.lines = sums.lines.plus(line);
    for (const segment of loop.segments) if (segment.id === 'TXI' && !addTax(segment, sums, 'lineTax')) return undefined;
    for (const inner of loop.loops) if (inner.id === 'SAC' && !addAdjustment(inner, sums, 'lineTax')) return undefined;
  }
  return sums;
}

function amountOf(it1: SourceSegment | undefined): Big | undefined {
  const quantity = number(it1, 2);
  const price = number(it1, 4);
  if (quantity === undefined || price === undefined) return undefined;
  return quantity.times(price).div(PER[it1?.value(5).trim() ?? ''] ?? '1');
}

function addTax(txi: SourceSegment, sums: Sums, where: 'tax' | 'lineTax'): boolean {
  const relationship = txi.value(7).trim();
  // Of information only, or included in the price.
  if (txi.value(2).trim() === '' || relationship === 'O' || relationship === 'I') return true;
  const amount = number(txi, 2);
  if (amount === undefined) return false;
  sums[where] = sums[where].plus(relationship === 'D' ? amount.neg() : amount);
  return true;
}

/** SAC05, always in N2, outranks rate and percent; a SAC without it says nothing in money. */
function addAdjustment(loop: LoopNode, sums: Sums, taxes: 'tax' | 'lineTax'): boolean {
  const [sac] = loop.segments;
  if (sac === undefined) return true;
  for (const segment of loop.segments) if (segment.id === 'TXI' && !addTax(segment, sums, taxes)) return false;
  const kind = sac.value(1).trim();
  if ((kind !== 'A' && kind !== 'C') || sac.value(5).trim() === '') return true;
  const amount = cents(sac, 5);
  if (amount === undefined) return false;
  const signed = kind === 'A' ? amount.neg() : amount;
  const where = sac.value(12).trim() === '01' ? 'billedBack' : 'adjustments';
  sums[where] = sums[where].plus(signed);
  return true;
}

function number(segment: SourceSegment | undefined, element: number): Big | undefined {
  const value = segment?.value(element).trim() ?? '';
  return /^-?(\d+\.?\d*|\.\d+)$/.test(value) ? Big(value.replace(/\.$/, '').replace(/^(-?)\./, '$10.')) : undefined;
}

/** N2; of a sender who writes the point all the same, what he wrote. */
function cents(segment: SourceSegment, element: number): Big | undefined {
  const amount = number(segment, element);
  return amount === undefined || segment.value(element).includes('.') ? amount : amount.div('100');
}
