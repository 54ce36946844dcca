/** Files that lost a terminator where one interchange ends and the next begins, and data that only looks so. */
import { describe, expect, it } from 'vitest';
import { inspectX12 } from './inspect.ts';
import { sample855, sourceOf } from './sample-interchange.ts';

const SIZES = [1, 7, 64, 106, 65_536];

async function read(text: string) {
  const report = await inspectX12(sourceOf(text));
  for (const size of SIZES) expect(await inspectX12(sourceOf(text, size))).toEqual(report);
  return { controls: report.interchanges.map(({ control }) => control), totals: report.totals, codes: report.faults.map(({ code }) => code), report };
}

const first = sample855({ control: '000000001' });
const second = sample855({ control: '000000002', element: '|', segment: '!' });
const third = sample855({ control: '000000002' });

describe('an IEA without its terminator', () => {
  it.each([
    ['at once', ''],
    ['after a line end', '\r\n'],
    ['after 0x1A', '\x1a'],
  ])('does not hide the interchange that follows %s, whatever its delimiters', async (_, between) => {
    for (const next of [second, third]) {
      const { controls, totals, codes, report } = await read(first.slice(0, -1) + between + next);
      expect(controls).toEqual(['000000001', '000000002']);
      expect(totals).toEqual({ interchanges: 2, groups: 2, sets: 2, segments: 24 });
      expect(codes).toEqual(['ERR_X12_UNTERMINATED']);
      expect(report.faults[0]).toMatchObject({ segmentId: 'IEA', found: 'the next ISA', offset: first.length - 1 });
    }
  });
});

describe('a file that was cut off in the middle of a segment', () => {
  it('is reported there, and the interchange on the next line is read', async () => {
    const cut = first.slice(0, first.indexOf('ACK*') + 7);
    const { controls, codes, report } = await read(`${cut}\n${third}`);
    expect(controls).toEqual(['000000001', '000000002']);
    expect(codes).toEqual(['ERR_X12_UNTERMINATED', 'ERR_X12_SET_UNCLOSED', 'ERR_X12_GROUP_UNCLOSED', 'ERR_X12_INTERCHANGE_UNCLOSED']);
    expect(report.interchanges[1]?.groups[0]?.sets[0]?.verdict).toBe('accepted');
    expect(report.bytes).toEqual({ segments: cut.length + third.length, skipped: { padding: 1 } });
  });
});

describe('an ISA that cannot be read inside an interchange', () => {
  it('is a segment like others, with every byte before it accounted for', async () => {
    const { report } = await read(first.replace('CTT*1', '\r\nISA*too*short~CTT*1'));
    expect(report.bytes).toEqual({ segments: first.length + 14, skipped: { 'line-suffix': 2 } });
    expect(report.faults.some(({ severity }) => severity === 'error')).toBe(true);
  });
});

describe('the letters ISA in data', () => {
  it.each([
    ['inside a line', 'MSG*see ISA*00*          *00*          *ZZ'],
    ['at the start of a line, without a whole ISA', 'MSG*the word is\r\nISA*00*of nothing'],
    ['in an id', 'N1*ST*VISA\r\nISA'],
  ])('are data %s', async (_, segment) => {
    const { controls, totals } = await read(first.replace('CTT*1', `${segment}~CTT*1`));
    expect(controls).toEqual(['000000001']);
    expect(totals.segments).toBe(13);
  });
});
