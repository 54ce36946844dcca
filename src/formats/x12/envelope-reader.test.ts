import { describe, expect, it } from 'vitest';
import type { EnvelopeEvent, TransactionSet } from './envelope.ts';
import { readingFor, type X12Options } from './options.ts';
import { readInterchanges } from './read-interchanges.ts';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, sample855, sampleInterchange, sourceOf } from './sample-interchange.ts';

async function eventsOf(text: string, options: X12Options = {}): Promise<EnvelopeEvent[]> {
  const events: EnvelopeEvent[] = [];
  for await (const event of readInterchanges(sourceOf(text), readingFor(options))) events.push(event);
  return events;
}

const setsIn = (events: readonly EnvelopeEvent[]): TransactionSet[] => events.flatMap((event) => (event.kind === 'set' ? [event.set] : []));
const faultsIn = (events: readonly EnvelopeEvent[]) => events.flatMap((event) => (event.kind === 'fault' ? [event.fault] : []));
/** Each set as `id control: fault codes`. */
const summary = (events: readonly EnvelopeEvent[]) =>
  setsIn(events).map((set) => `${set.id} ${set.control}: ${set.faults.map((f) => f.code).join(' ')}`.trim());
const codes = (events: readonly EnvelopeEvent[]) => faultsIn(events).map((fault) => fault.code);

const THREE = sampleInterchange([{ id: 'PR', sets: [SAMPLE_855, SAMPLE_855, SAMPLE_855] }]);

describe('envelopes', () => {
  it('come as a tree of events, each set whole, with parties and control numbers as sent', async () => {
    const events = await eventsOf(
      sampleInterchange(
        [
          { id: 'PR', sets: [SAMPLE_855] },
          { id: 'SH', version: '005010', sets: [SAMPLE_856, SAMPLE_856] },
        ],
        { usage: 'T' },
      ),
    );
    expect(events.map((event) => event.kind)).toEqual([
      'interchange',
      'group',
      'set',
      'group-end',
      'group',
      'set',
      'set',
      'group-end',
      'interchange-end',
    ]);
    const [first, , third] = setsIn(events);
    expect(first?.interchange).toMatchObject({
      control: '000000001',
      test: true,
      sender: { qualifier: 'ZZ', id: 'ACME' },
      receiver: { qualifier: 'ZZ', id: 'QUAYSIDE' },
    });
    expect(third).toMatchObject({
      ordinal: 3,
      unitOrdinal: 3,
      id: '856',
      control: '0002',
      segmentCount: 14,
      group: { functionalId: 'SH', version: '005010', control: '2' },
    });
    expect(third?.segments.map((segment) => segment.id).slice(0, 2)).toEqual(['ST', 'BSN']);
    expect(events.at(-1)).toMatchObject({ segments: 1 + 10 + 30 + 1, end: expect.any(Number) });
    expect(codes(events)).toEqual([]);
  });

  it('accept a TA1 between ISA and GS and an interchange of nothing else', async () => {
    const ta1 = sampleInterchange([]).replace('IEA*0', 'TA1*000000001*260115*1200*A*000~IEA*0');
    const events = await eventsOf(ta1);
    expect(events.map((event) => event.kind)).toEqual(['interchange', 'acknowledgment', 'interchange-end']);
  });

  it('compare numbers without leading zeros', async () => {
    const events = await eventsOf(sample855().replace('GE*1*1', 'GE*01*0001').replace('IEA*1*', 'IEA*00001*'));
    expect(codes(events)).toEqual([]);
  });
});

describe('a broken set', () => {
  it.each([
    ['the next ST', THREE.replace('SE*8*0002~', ''), ['855 0001:', '855 0002: ERR_X12_SET_UNCLOSED', '855 0003:'], []],
    ['GE', THREE.replace('SE*8*0003~', ''), ['855 0001:', '855 0002:', '855 0003: ERR_X12_SET_UNCLOSED'], []],
    ['IEA', THREE.replace(/SE\*8\*0003~GE\*3\*1~/, ''), ['855 0001:', '855 0002:', '855 0003: ERR_X12_SET_UNCLOSED'], ['ERR_X12_GROUP_UNCLOSED']],
    [
      'end of file',
      THREE.slice(0, THREE.lastIndexOf('CTT*1~')),
      ['855 0001:', '855 0002:', '855 0003: ERR_X12_SET_UNCLOSED'],
      ['ERR_X12_GROUP_UNCLOSED', 'ERR_X12_INTERCHANGE_UNCLOSED'],
    ],
    [
      'the next ISA',
      THREE.slice(0, THREE.lastIndexOf('CTT*1~')) + sample855(),
      ['855 0001:', '855 0002:', '855 0003: ERR_X12_SET_UNCLOSED', '855 0001:'],
      ['ERR_X12_GROUP_UNCLOSED', 'ERR_X12_INTERCHANGE_UNCLOSED'],
    ],
    [
      'the next GS',
      sampleInterchange([
        { id: 'PR', sets: [SAMPLE_855] },
        { id: 'IN', sets: [SAMPLE_810] },
      ]).replace('SE*8*0001~GE*1*1~', ''),
      ['855 0001: ERR_X12_SET_UNCLOSED', '810 0001:'],
      ['ERR_X12_GROUP_UNCLOSED'],
    ],
  ])('is closed at %s, and its neighbours are untouched', async (at, text, sets, faults) => {
    const events = await eventsOf(text);
    const broken = setsIn(events).find((set) => set.faults.length > 0);
    expect(broken).toMatchObject({ group: { functionalId: 'PR' }, faults: [{ expected: 'SE', found: at }] });
    expect(summary(events)).toEqual(sets);
    expect(codes(events)).toEqual(faults);
  });

  it.each([
    ['SE02', THREE.replace('SE*8*0002', 'SE*8*0009'), 'ERR_X12_SET_CONTROL', 2, '0002', '"0009"'],
    ['SE01', THREE.replace('SE*8*0002', 'SE*7*0002'), 'ERR_X12_SEGMENT_COUNT', 1, '8', '"7"'],
  ])('tells a wrong %s at its element', async (_, text, code, element, expected, found) => {
    const [, second] = setsIn(await eventsOf(text));
    const offset = text.indexOf('SE*', text.indexOf('ST*855*0002')) + (element === 1 ? 3 : 5);
    expect(second?.faults).toMatchObject([{ code, expected, found, at: { segment: 18, segmentId: 'SE', element, offset } }]);
  });

  it('is not kept when it is over the limit, and its neighbours are', async () => {
    const big = { id: '855', body: [...SAMPLE_855.body, ...Array.from({ length: 100 }, () => `REF*ZZ*${'x'.repeat(30)}`)] };
    const events = await eventsOf(sampleInterchange([{ id: 'PR', sets: [SAMPLE_855, big, SAMPLE_855] }]), { setLimitBytes: 4096 });
    expect(summary(events)).toEqual(['855 0001:', '855 0002: ERR_X12_SET_SIZE', '855 0003:']);
    const [, second] = setsIn(events);
    expect(second).toMatchObject({ whole: false, segmentCount: 108 });
    expect(second?.segments.map((segment) => segment.id)).toEqual(['ST']);
  });

  it('outside any group, or in a group that does not fit it, says so', async () => {
    expect(
      summary(
        await eventsOf(
          sample855()
            .replace(/GS[^~]*~/, '')
            .replace(/GE[^~]*~/, '')
            .replace('IEA*1', 'IEA*0'),
        ),
      ),
    ).toEqual(['855 0001: ERR_X12_GROUP_MISSING']);
    expect(summary(await eventsOf(sample855().replace('GS*PR', 'GS*PO')))).toEqual(['855 0001: ERR_X12_GROUP_FIT']);
  });
});

describe('trailers', () => {
  it.each([
    ['IEA02', sample855().replace(/IEA.*/, 'IEA*1*000000002~'), 'ERR_X12_INTERCHANGE_CONTROL'],
    ['IEA01', sample855().replace(/IEA.*/, 'IEA*2*000000001~'), 'ERR_X12_INTERCHANGE_COUNT'],
    ['GE02', sample855().replace('GE*1*1', 'GE*1*2'), 'ERR_X12_GROUP_CONTROL'],
    ['GE01', sample855().replace('GE*1*1', 'GE*2*1'), 'ERR_X12_GROUP_COUNT'],
  ])('that do not fit are reported: %s', async (_, text, code) => {
    expect(codes(await eventsOf(text))).toEqual([code]);
  });

  it('reports a run of segments outside any set once', async () => {
    const text = sample855().replace('ST*855', 'REF*A*1~REF*A*2~REF*A*3~ST*855').replace('GE*1', 'N1*ST~GE*1');
    expect(codes(await eventsOf(text))).toEqual(['ERR_X12_STRAY_SEGMENT', 'ERR_X12_STRAY_SEGMENT']);
  });

  it('takes a component separator at the end of GS for a missing ISA16, and distrusts the whole interchange', async () => {
    const text = sample855({ segment: '~\n' }).replace('*P*>~', '*P*~');
    const events = await eventsOf(text);
    expect(codes(events)).toContain('ERR_X12_DELIMITERS');
    expect(setsIn(events)[0]?.faults[0]?.code).toBe('ERR_X12_DELIMITERS');
  });

  it('says that there is no interchange when there is none', async () => {
    expect(codes(await eventsOf('ST*855*0001~BAK*00*AC~'))).toEqual(['ERR_X12_JUNK', 'ERR_X12_NO_INTERCHANGE']);
    expect(codes(await eventsOf(''))).toEqual(['ERR_X12_NO_INTERCHANGE']);
  });

  it('warns of a wrapped file once', async () => {
    const events = await eventsOf(sample855().replace(/.{60}/g, '$&\n'));
    expect(codes(events)).toEqual(['ERR_X12_LINE_BREAK']);
    expect(summary(events)).toEqual(['855 0001:']);
  });
});
