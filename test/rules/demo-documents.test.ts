/**
 * The demo documents recounted by hand, without our reader: a document that a newcomer is shown must be right in
 * every number, or the demo teaches something false.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Big } from 'big.js';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('../../fixtures/demo/documents/', import.meta.url);
const PARTNERS = ['acme', 'borealis'];
const ORDER_OF: Record<string, string> = { acme: '47110001', borealis: '47120034' };

type Segment = readonly string[];

/** Naive on purpose: separators from their fixed places in ISA, then two splits. */
function segmentsOf(path: string): Segment[] {
  const text = readFileSync(new URL(path, FOLDER), 'latin1');
  const [element, terminator] = [text.charAt(3), text.charAt(105)];
  return text
    .split(terminator)
    .map((segment) => segment.replace(/^[\r\n]+/, ''))
    .filter((segment) => segment !== '')
    .map((segment) => segment.split(element));
}

const all = (segments: readonly Segment[], id: string): Segment[] => segments.filter((segment) => segment[0] === id);
const at = (segments: readonly Segment[], id: string, element: number): string | undefined => all(segments, id)[0]?.[element];
const sum = (values: readonly (string | undefined)[]): string => values.reduce((total, value) => total.plus(value ?? ''), new Big(0)).toString();
const cents = (value: string | undefined): Big => new Big(value ?? '').div(100);

/** GS1 General Specifications 7.9: weights 3 and 1 from the right. */
function hasValidCheckDigit(digits: string): boolean {
  const weighted = [...digits].reverse().map((digit, index) => Number(digit) * (index % 2 === 0 ? 1 : 3));
  return /^\d+$/.test(digits) && weighted.reduce((a, b) => a + b, 0) % 10 === 0;
}

const FILES = [...PARTNERS.flatMap((partner) => ['855', '856', '810'].map((set) => `${partner}/${set}.edi`)), 'broken/855-one-broken-set.edi'];

test('every file in the folder is one that is checked here', () => {
  const found = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.edi'));
  expect(found.sort()).toEqual([...FILES].sort());
});

describe.each(FILES)('%s', (file) => {
  const segments = segmentsOf(file);

  test('has an ISA of 106 characters and envelopes whose counts and control numbers agree', () => {
    expect(all(segments, 'ISA')[0]?.join('*')).toHaveLength(105);
    expect(at(segments, 'IEA', 1)).toBe(String(all(segments, 'GS').length));
    expect(at(segments, 'IEA', 2)).toBe(at(segments, 'ISA', 13));
    expect(at(segments, 'GE', 1)).toBe(String(all(segments, 'ST').length));
    expect(at(segments, 'GE', 2)).toBe(at(segments, 'GS', 6));
  });

  test('has sets whose SE counts every segment from ST to SE', () => {
    const starts = segments.flatMap((segment, index) => (segment[0] === 'ST' ? [index] : []));
    for (const start of starts) {
      const end = segments.findIndex((segment, index) => index > start && segment[0] === 'SE');
      expect(segments[end]?.[1]).toBe(String(end - start + 1));
      expect(segments[end]?.[2]).toBe(segments[start]?.[2]);
    }
  });

  test('has product and carton numbers with valid check digits', () => {
    for (const segment of segments) {
      for (const [index, qualifier] of segment.entries()) {
        if (['UP', 'UK'].includes(qualifier)) expect(hasValidCheckDigit(segment[index + 1] ?? ''), segment.join('*')).toBe(true);
      }
    }
    for (const carton of all(segments, 'MAN')) {
      expect(carton[1]).toBe('GM');
      expect(carton[2]).toMatch(/^00\d{18}$/);
      expect(hasValidCheckDigit(carton[2]?.slice(2) ?? '')).toBe(true);
    }
  });
});

describe.each(PARTNERS)('the three documents of %s', (partner) => {
  const acknowledgment = segmentsOf(`${partner}/855.edi`);
  const shipNotice = segmentsOf(`${partner}/856.edi`);
  const invoice = segmentsOf(`${partner}/810.edi`);

  test('speak of one purchase order', () => {
    expect(at(acknowledgment, 'BAK', 3)).toBe(ORDER_OF[partner]);
    expect(at(shipNotice, 'PRF', 1)).toBe(ORDER_OF[partner]);
    expect(at(invoice, 'BIG', 4)).toBe(ORDER_OF[partner]);
  });

  test('acknowledge each line in full, with a split line, a backorder and a price change', () => {
    const lines = all(acknowledgment, 'PO1');
    expect(at(acknowledgment, 'CTT', 1)).toBe(String(lines.length));
    expect(at(acknowledgment, 'CTT', 2)).toBe(sum(lines.map((line) => line[2])));
    const split = lines.map((line) => dispositionsOf(acknowledgment, line));
    for (const [index, dispositions] of split.entries()) expect(sum(dispositions.map((d) => d[2]))).toBe(lines[index]?.[2]);
    expect(split.some((dispositions) => dispositions.length === 2)).toBe(true);
    expect(all(acknowledgment, 'ACK').map((ack) => ack[1])).toEqual(expect.arrayContaining(['IA', 'IB', 'IP']));
  });

  test('ship a tree of shipment, order, packs and items, each pack with a carton number of its own', () => {
    const levels = all(shipNotice, 'HL');
    expect(levels.map((level) => level[1])).toEqual(levels.map((_, index) => String(index + 1)));
    expect(at(shipNotice, 'CTT', 1)).toBe(String(levels.length));
    const parents = levels.map((level) => `${levels[Number(level[2]) - 1]?.[3] ?? ''}${level[3]}`);
    expect(new Set(parents)).toEqual(new Set(['S', 'SO', 'OP', 'PI']));
    const cartons = all(shipNotice, 'MAN').map((carton) => carton[2]);
    expect(new Set(cartons).size).toBe(levels.filter((level) => level[3] === 'P').length);
    expect(at(shipNotice, 'TD1', 2)).toBe(String(cartons.length));
  });

  test('invoice what was shipped, and foot to the cent', () => {
    const lines = all(invoice, 'IT1');
    const shipped = (sku: string | undefined) => {
      const items = all(shipNotice, 'LIN').map((line, index) => ({ line, sn1: all(shipNotice, 'SN1')[index] }));
      return sum(items.filter(({ line }) => line.includes(sku ?? '')).map(({ sn1 }) => sn1?.[2]));
    };
    for (const line of lines) expect(shipped(line[7])).toBe(line[2]);
    expect(at(invoice, 'CTT', 1)).toBe(String(lines.length));

    const goods = lines.reduce((total, line) => total.plus(new Big(line[2] ?? '').times(line[4] ?? '')), new Big(0));
    const of = (kind: string) => all(invoice, 'SAC').find((sac) => sac[1] === kind);
    const [allowance, freight] = [cents(of('A')?.[5]), cents(of('C')?.[5])];
    const [, , tax, rate, , , , , taxable] = all(invoice, 'TXI')[0] ?? [];
    expect(of('C')?.[2]).toBe('D240');
    expect(
      new Big(taxable ?? '')
        .times(rate ?? '')
        .div(100)
        .round(2, 1)
        .toString(),
    ).toBe(tax);
    expect(
      goods
        .minus(allowance)
        .plus(freight)
        .plus(tax ?? '')
        .toString(),
    ).toBe(cents(at(invoice, 'TDS', 1)).toString());
  });
});

function dispositionsOf(segments: readonly Segment[], line: Segment): Segment[] {
  const start = segments.indexOf(line);
  const next = segments.findIndex((segment, index) => index > start && ['PO1', 'CTT'].includes(segment[0] ?? ''));
  return segments.slice(start, next).filter((segment) => segment[0] === 'ACK');
}
