import { describe, expect, it } from 'vitest';
import { inspectX12 } from './inspect.ts';
import { writeInspection } from './inspect-json.ts';
import { SAMPLE_855, sample855, sampleInterchange, sourceOf } from './sample-interchange.ts';

describe('inspectX12', () => {
  it('counts every segment from ISA to IEA and shows delimiters, parties, groups and sets', async () => {
    const report = await inspectX12(sourceOf(sample855({ repetition: '^', version: '00501' })));
    expect(report).toEqual({
      totals: { interchanges: 1, groups: 1, sets: 1, segments: 12 },
      interchanges: [
        {
          control: '000000001',
          sender: { qualifier: 'ZZ', id: 'ACME' },
          receiver: { qualifier: 'ZZ', id: 'QUAYSIDE' },
          delimiters: { element: '*', component: '>', repetition: '^', segment: '~' },
          offset: 0,
          groups: [
            {
              functionalId: 'PR',
              control: '1',
              version: '004010',
              sets: [{ id: '855', control: '0001', segments: 8, offset: 151, verdict: 'accepted', faults: [] }],
            },
          ],
        },
      ],
      faults: [],
      bytes: { segments: sample855().length, skipped: {} },
    });
  });

  it('lists the faults of sets and envelopes together, with the same keys each', async () => {
    const report = await inspectX12(sourceOf(sample855().replace('PO1*1*10', 'PO1*1*1O').replace('GE*1', 'GE*2')));
    expect(report.faults.map((fault) => [fault.code, fault.segmentId, fault.element])).toEqual([
      ['ERR_X12_ELEMENT_NUMBER', 'PO1', 2],
      ['ERR_X12_GROUP_COUNT', 'GE', 1],
    ]);
    expect(report.interchanges[0]?.groups[0]?.sets[0]?.faults).toEqual([report.faults[0]]);
    const keys = ['code', 'severity', 'offset', 'segment', 'segmentId', 'element', 'repetition', 'loop', 'expected', 'found', 'hint'];
    for (const fault of report.faults) expect(Object.keys(fault)).toEqual(keys);
  });

  it('shows sets outside any group in one that is not counted', async () => {
    const text = sample855()
      .replace(/GS[^~]*~/, '')
      .replace(/GE[^~]*~/, '');
    const report = await inspectX12(sourceOf(text));
    expect(report.totals).toMatchObject({ groups: 0, sets: 1 });
    expect(report.interchanges[0]?.groups).toMatchObject([{ functionalId: '', sets: [{ verdict: 'rejected' }] }]);
  });

  it('keeps its report bounded when a file has faults without end', async () => {
    const bad = { id: '855', body: [...SAMPLE_855.body, ...Array.from({ length: 120 }, () => 'REF**')] };
    const report = await inspectX12(sourceOf(sampleInterchange([{ id: 'PR', sets: Array.from({ length: 150 }, () => bad) }])));
    expect(report.faults.length).toBeLessThanOrEqual(10_001);
    expect(report.faults.at(-1)?.code).toBe('ERR_X12_FAULT_LIMIT');
    expect(report.faults.at(-1)?.severity).toBe('error');
    expect(report.totals.sets).toBe(150);
  });
});

describe('writeInspection', () => {
  const written = async (text: string) => {
    const pieces: string[] = [];
    const faults = await writeInspection(sourceOf(text), async (piece) => void pieces.push(piece));
    return { report: JSON.parse(pieces.join('')), faults };
  };

  it.each([
    ['nothing', ''],
    ['no interchange', 'hello'],
    ['an interchange without groups', sampleInterchange([])],
    [
      'groups without sets',
      sampleInterchange([
        { id: 'PR', sets: [] },
        { id: 'IN', sets: [] },
      ]),
    ],
    [
      'many of all',
      sampleInterchange([
        { id: 'PR', sets: [SAMPLE_855, SAMPLE_855] },
        { id: 'PR', sets: [SAMPLE_855] },
      ]).repeat(3),
    ],
    ['sets in no group', `${sample855().replace(/GE[^~]*~/, 'GE*1*1~ST*855*7~SE*2*7~')}${sample855().replace(/GS[^~]*~/, '')}`],
    ['a file cut off', sample855().slice(0, 300)],
  ])('writes the same report piece by piece: %s', async (_, text) => {
    const report = await inspectX12(sourceOf(text));
    expect(await written(text)).toEqual({ report, faults: report.faults });
  });

  it('hands a long report on while it is written', async () => {
    const sets = Array.from({ length: 3000 }, () => SAMPLE_855);
    const pieces: number[] = [];
    await writeInspection(sourceOf(sampleInterchange([{ id: 'PR', sets }])), async (piece) => void pieces.push(piece.length));
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces)).toBeLessThan(128 * 1024);
  });
});
