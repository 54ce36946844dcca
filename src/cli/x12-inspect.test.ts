import { describe, expect, it } from 'vitest';
import type { RawSource } from '../core/contracts.ts';
import { readingFor, type X12Options } from '../formats/x12/options.ts';
import { SAMPLE_856, sampleInterchange } from '../formats/x12/sample-interchange.ts';
import { ALL_SHOWN, type InspectLimits, renderInspect, SHOWN_AT_FIRST } from './x12-inspect.ts';

const FILE = [
  'ISA*00*          *00*          *ZZ*ACME           *ZZ*QUAYSIDE       *260115*1200*U*00401*000000001*0*P*>',
  'GS*PR*ACME*QUAYSIDE*20260115*1200*1*X*004010',
  'ST*855*0001',
  'BAK*00*AC*PO-1*20260110',
  'N1*ST*DOCK 4*92*0004',
  'PO1*1*1O*EA***BP*A-1',
  'ACK*IR*5*EA',
  'ZZ9*?',
  'SE*7*0001',
  'GE*2*1',
  'IEA*1*000000001',
  '',
].join('~');

const sourceOf = (text: string): RawSource => ({
  async *open() {
    yield Buffer.from(text);
  },
});

async function view(text: string, limits: InspectLimits = SHOWN_AT_FIRST, colour = false, options: X12Options = {}) {
  let shown = '';
  const parts = renderInspect(sourceOf(text), readingFor(options), { colour, limits });
  for (let next = await parts.next(); ; next = await parts.next()) {
    if (next.done) return { shown, failed: next.value };
    shown += next.value;
  }
}

const many = (count: number, bad: (n: number) => boolean) =>
  sampleInterchange([
    { id: 'PR', sets: Array.from({ length: count }, (_, n) => ({ id: '855', body: ['BAK*00*AC*PO-1*20260110', `PO1*1*${bad(n) ? 'x' : '1'}*EA`] })) },
  ]);

describe('renderInspect', () => {
  it('draws envelopes, loops and segments in words, and each fault below its segment', async () => {
    const { shown, failed } = await view(FILE);
    expect(shown.split('\n')).toEqual([
      'Interchange 000000001  ZZ:ACME → ZZ:QUAYSIDE  production  offset 0',
      '  element *  component >  repetition none  segment ~',
      '  Group PR 1  004010  order acknowledgments',
      '    ✗ 855 0001  Purchase Order Acknowledgment  7 segments  rejected  offset 151',
      '        ST   Transaction set header: Transaction set 855, Control number 0001',
      '        BAK  Order acknowledgment: Purpose 00 (original), Type AC (with detail and change), Purchase order PO-1, Purchase order date 20260110 (2026-01-10)',
      '          N1   Party: Role ST (ship to), Name DOCK 4, Id 92 0004 (assigned by buyer)',
      "          PO1  Order line: Line 1, Quantity ordered 1O, Unit EA (each), Product id BP A-1 (buyer's part)",
      '            error segment 6 PO102 in PO1[1], offset 214: PO102 is not a number: expected digits, with a point where needed, found "1O" ERR_X12_ELEMENT_NUMBER',
      '              Ask the sender to mend it.',
      '            ACK  Line acknowledgment: Status IR (rejected), Quantity 5, Unit EA (each)',
      '              ZZ9: 01 ?',
      '                warning segment 8 ZZ9 in PO1[1]/ACK[1], offset 241: ZZ9 is not part of a 855: expected a segment of 855, found ZZ9 ERR_X12_SEGMENT_UNKNOWN',
      '                  Nothing, if no mapping needs it.',
      '        SE   Transaction set trailer: Number of segments 7, Control number 0001',
      'error segment 10 GE01, offset 260: GE01 is not the number of sets: expected 1, found "2" ERR_X12_GROUP_COUNT',
      '  Ask the sender whether a set is missing.',
      '',
      '1 interchange · 1 group · 1 set · 11 segments · 2 errors · 1 warning',
      '',
    ]);
    expect(failed).toBe(true);
  });

  it('nests levels of a ship notice, and shows implied decimals and marks in words', async () => {
    const { shown, failed } = await view(sampleInterchange([{ id: 'SH', sets: [SAMPLE_856] }]));
    expect(shown).toContain('          HL   Hierarchical level: Number 1, Level S (shipment)');
    expect(shown).toContain('                HL   Hierarchical level: Number 4, Parent 3, Level I (item)');
    expect(shown).toContain('Mark or number GM 00006141411234567890 (SSCC-18 with application identifier)');
    const invoice = sampleInterchange([{ id: 'IN', sets: [{ id: '810', body: ['BIG*20260115*1', 'TDS*-5'] }] }]);
    expect((await view(invoice)).shown).toContain('TDS  Invoice total: Total -5 (-0.05)');
    expect(failed).toBe(false);
  });

  it('colours only when asked to', async () => {
    expect((await view(FILE, SHOWN_AT_FIRST, true)).shown).toContain('\u001b[');
    expect((await view(FILE)).shown).not.toContain('\u001b[');
  });

  it('never passes on what would steer a terminal', async () => {
    expect((await view(FILE.replace('DOCK 4', 'DOCK\u001b[2J'))).shown).not.toContain('\u001b');
  });

  it('shows the first sets whole, then the rejected ones with their faults, then counts; --all shows everything', async () => {
    const text = many(30, (n) => n >= 25);
    const limits = { ...SHOWN_AT_FIRST, sets: 3, rejected: 2 };
    const { shown } = await view(text, limits);
    expect(shown.match(/^ {4}[✓✗]/gm)).toHaveLength(5);
    expect(shown.match(/ST {3}Transaction/g)).toHaveLength(3);
    expect(shown).toContain('… 25 more sets are not shown: --sets N shows more, --all everything');
    expect(shown).toContain('30 sets');
    expect(shown).toContain('5 errors');
    expect((await view(text, ALL_SHOWN)).shown.match(/ST {3}Transaction/g)).toHaveLength(30);
  });

  it('cuts a long set short, but never its faults', async () => {
    const text = many(1, () => false).replace('PO1*1*1*EA~', `${'PO1*1*1*EA~'.repeat(50)}PO1*1*x*EA~`);
    const { shown } = await view(text, { ...SHOWN_AT_FIRST, segments: 10 });
    expect(shown.match(/PO1 {2}/g)).toHaveLength(9);
    expect(shown).toContain('PO102 is not a number');
    expect(shown).toContain('… 42 more segments of this set are not shown');
  });

  it('shows TA1, bytes that belong to nothing, sets outside any group, and a file in which nothing can be read', async () => {
    const ta1 = FILE.replace('GS*PR', 'TA1*000000009*260101*1200*A*000~GS*PR');
    expect((await view(ta1)).shown).toContain('  TA1  Interchange acknowledgment: Interchange control number 000000009');
    expect((await view(`junk here ${FILE}`)).shown).toMatch(/^\d+ bytes skipped \(.+\) {2}offset 0$/m);
    expect((await view(FILE.replace(/GS[^~]*~/, ''))).shown).toContain('Outside any group');
    expect((await view('hello')).shown).toContain('ERR_X12_NO_INTERCHANGE');
  });
});
