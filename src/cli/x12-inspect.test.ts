import { describe, expect, it } from 'vitest';
import type { RawSource } from '../core/contracts.ts';
import { inspectX12 } from '../formats/x12/inspect.ts';
import { renderInspect } from './x12-inspect.ts';

const FILE = [
  'ISA*00*          *00*          *ZZ*ACME           *ZZ*QUAYSIDE       *260115*1200*U*00401*000000001*0*P*>',
  'GS*PR*ACME*QUAYSIDE*20260115*1200*1*X*004010',
  'ST*855*0001',
  'BAK*00*AC*PO-1*20260110',
  'PO1*1*1O*EA',
  'SE*4*0001',
  'GE*2*1',
  'IEA*1*000000001',
  '',
].join('~');

const source: RawSource = {
  async *open() {
    yield Buffer.from(FILE);
  },
};

describe('renderInspect', () => {
  it('draws the envelopes with delimiters and verdicts, and each fault where it stands', async () => {
    const view = renderInspect(await inspectX12(source), { colour: false });
    expect(view).toBe(
      [
        'Interchange 000000001  ZZ:ACME → ZZ:QUAYSIDE  offset 0',
        '  element *  component >  repetition none  segment ~',
        '  Group PR 1  004010',
        '    ✗ 855 0001  4 segments  rejected  offset 151',
        '        error segment 5 PO102, offset 193: An element that must be a number is not one. Expected digits, with a point where needed, found "1O". ERR_X12_ELEMENT_NUMBER',
        '          Ask the sender to mend it.',
        'error segment 7 GE01, offset 212: GE01 is not the number of transaction sets. Expected 1, found "2". ERR_X12_GROUP_COUNT',
        '  Ask the sender whether a set is missing.',
        '',
        '1 interchange · 1 group · 1 set · 8 segments · 2 errors · 0 warnings',
        '',
      ].join('\n'),
    );
  });

  it('colours only when asked to', async () => {
    const report = await inspectX12(source);
    expect(renderInspect(report, { colour: true })).toContain('\u001b[');
    expect(renderInspect(report, { colour: false })).not.toContain('\u001b[');
  });

  it('shows a file in which nothing can be read', async () => {
    const report = await inspectX12({
      async *open() {
        yield Buffer.from('hello');
      },
    });
    expect(renderInspect(report, { colour: false })).toContain('ERR_X12_NO_INTERCHANGE');
  });
});
