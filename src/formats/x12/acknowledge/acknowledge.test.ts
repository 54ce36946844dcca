/** What acknowledgments promise beyond the goldens: never an answer to an answer, never "accepted" of what was refused, always X12. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerPolicy, InterchangeReading, Sending } from '../../../core/acknowledgment.ts';
import { x12Format } from '../format.ts';
import { inspectX12 } from '../inspect.ts';
import { SAMPLE_810, SAMPLE_855, type SampleGroup, type SampleStyle, sampleInterchange, sourceOf } from '../sample-interchange.ts';
import { CHECKS } from '../severity.ts';
import { acknowledging } from './acknowledging.ts';
import { TOLD } from './told-codes.ts';

const ALWAYS: AnswerPolicy = { interchange: 'always', group: '997' };
const SENDING: Sending = { control: 42, date: '20261124', time: '0800' };

async function readingOf(text: string): Promise<InterchangeReading> {
  const readings: InterchangeReading[] = [];
  for await (const _ of x12Format.parse(sourceOf(text), {}, { onInterchange: (reading) => void readings.push(reading) })) void _;
  const [reading] = readings;
  if (reading === undefined) throw new Error('no interchange was read');
  return reading;
}

const written = (reading: InterchangeReading, policy = ALWAYS, sending: Partial<Sending> = {}): string[] =>
  acknowledging.owed(reading, policy).map((owed) => Buffer.from(acknowledging.write(reading, owed, { ...SENDING, ...sending })).toString());
const inside = (text = ''): string[] => text.split('~').filter((segment) => /^(TA1|AK\d|IK\d|CTX)/.test(segment));

const ORDERS: SampleGroup = { id: 'PR', sets: [SAMPLE_855] };
const ANSWERS: SampleGroup = { id: 'FA', sets: [{ id: '997', body: ['AK1*PO*1', 'AK9*A*1*1*1'] }] };
const sample = (groups: readonly SampleGroup[] = [ORDERS], style: SampleStyle = {}): string => sampleInterchange(groups, style);

describe('what is owed', () => {
  it('is nothing for an interchange that only acknowledges, whatever it asks and whatever the policy', async () => {
    const asking = sample([ANSWERS]).replace('*0*P*>', '*1*P*>');
    const ta1Only = `${asking.slice(0, asking.indexOf('GS*'))}TA1*000000005*260101*0900*A*000~IEA*0*000000001~`;
    for (const text of [asking, ta1Only]) expect(acknowledging.owed(await readingOf(text), ALWAYS)).toEqual([]);
  });

  it('is a 997 for each group but an FA one', async () => {
    const reading = await readingOf(sample([ORDERS, ANSWERS, { id: 'IN', sets: [SAMPLE_810] }]));
    expect(acknowledging.owed(reading, { interchange: 'never', group: '997' })).toEqual([
      { kind: '997', group: 0 },
      { kind: '997', group: 2 },
    ]);
    expect(acknowledging.owed(reading, { interchange: 'never', group: 'none' })).toEqual([]);
  });

  it('is a TA1 when the policy says so', async () => {
    const asked = async (text: string, interchange: AnswerPolicy['interchange']) =>
      acknowledging.owed(await readingOf(text), { interchange, group: 'none' }).length;
    const asking = sample().replace('*0*P*>', '*1*P*>');
    const wrong = sample().replace('IEA*1*', 'IEA*2*');
    expect([await asked(sample(), 'requested'), await asked(asking, 'requested')]).toEqual([0, 1]);
    expect([await asked(sample(), 'onError'), await asked(wrong, 'onError')]).toEqual([0, 1]);
    expect([await asked(sample(), 'always'), await asked(asking, 'never')]).toEqual([1, 0]);
  });

  it('is no 997 for a group that cannot be addressed', async () => {
    const reading = await readingOf(sample().replace('GS*PR*ACME*QUAYSIDE', 'GS*PR**QUAYSIDE'));
    expect(acknowledging.owed(reading, { interchange: 'never', group: '997' })).toEqual([]);
  });

  it('is a 999 from 005010 on, and a 997 before', async () => {
    const of = async (version: string) =>
      acknowledging.owed(await readingOf(sample([{ ...ORDERS, version }])), { interchange: 'never', group: '999' });
    expect([await of('004010'), await of('005010'), await of('006010')].map(([owed]) => owed?.kind)).toEqual(['997', '999', '999']);
  });
});

describe('a TA1', () => {
  it.each<[string, (text: string) => string, string]>([
    ['nothing is wrong', (text) => text, 'A*000'],
    ['IEA02 is not ISA13, and its sets were taken', (text) => text.replace('IEA*1*000000001', 'IEA*1*000000009'), 'E*001'],
    ['IEA01 is wrong', (text) => text.replace('IEA*1*', 'IEA*3*'), 'E*021'],
    ['IEA is missing', (text) => text.slice(0, text.indexOf('IEA')), 'E*023'],
    ['a segment stands outside any group', (text) => text.replace('IEA*', 'REF*ZZ*1~IEA*'), 'E*024'],
    ['ISA is not padded', (text) => text.replace('*ACME           *', '*ACME*'), 'E*022'],
    ['it breaks off in its only set', (text) => text.slice(0, text.indexOf('SE*')), 'R*023'],
  ])('when %s says so', async (_what, change, expected) => {
    const [ta1] = written(await readingOf(change(sample())));
    expect(inside(ta1)).toEqual([`TA1*000000001*260115*1200*${expected}`]);
  });

  it('that refuses all is the only answer', async () => {
    const text = sample();
    expect(written(await readingOf(text.slice(0, text.indexOf('SE*'))))).toHaveLength(1);
  });
});

describe('a 997', () => {
  it('rejects what a person refused, whatever the reader said, and counts it', async () => {
    const reading = await readingOf(sample([{ id: 'PR', sets: [SAMPLE_855, SAMPLE_855] }]));
    const [text] = written(reading, { interchange: 'never', group: '997' }, { refused: new Set([2]) });
    expect(inside(text)).toEqual(['AK1*PR*1', 'AK2*855*0001', 'AK5*A', 'AK2*855*0002', 'AK5*R', 'AK9*P*2*2*1']);
  });

  it('says of a group what GE does', async () => {
    const text = sample().replace('GE*1*1', 'GE*4*7');
    const [answer] = written(await readingOf(text), { interchange: 'never', group: '997' });
    expect(inside(answer).at(-1)).toBe('AK9*E*4*1*1*4*5');
  });

  it('has the delimiters that the partner wishes, unless they occur in what must be said', async () => {
    const reading = await readingOf(sample());
    const wanted = { element: '|', component: ':', segment: '!', suffix: '\r\n' };
    const policy: AnswerPolicy = { interchange: 'never', group: '997' };
    const [text = ''] = written(reading, policy, { delimiters: wanted });
    expect(text).toContain('!\r\nAK2|855|0001!\r\n');
    expect((await inspectX12(sourceOf(text))).faults).toEqual([]);
    const named = await readingOf(sample().replace('GS*PR*ACME*', 'GS*PR*AC|ME*'));
    expect(written(named, policy, { delimiters: wanted })[0]).toContain('*AC|ME*');
  });

  it('sends no bad value back that would tear it apart or is no text', async () => {
    const bad = { id: '855', body: ['BAK*00*AC*PO-1*20260110', 'PO1*1*1>0*EA', 'PO1*2*\xff*EA', `PO1*3*${'9'.repeat(120)}x*EA`, 'CTT*3'] };
    const [text = ''] = written(await readingOf(sample([{ id: 'PR', sets: [bad] }])), { interchange: 'never', group: '997' });
    const notes = inside(text).filter((segment) => segment.startsWith('AK4'));
    expect(notes.length).toBeGreaterThan(2);
    for (const note of notes) expect(note.split('*').length).toBeLessThanOrEqual(4);
    expect((await inspectX12(sourceOf(text))).faults).toEqual([]);
  });

  it('refuses a control number that is none', async () => {
    const reading = await readingOf(sample());
    const [owed] = acknowledging.owed(reading, ALWAYS);
    for (const control of [0, 1_000_000_000, 1.5])
      expect(() => acknowledging.write(reading, owed ?? { kind: 'TA1', group: undefined }, { ...SENDING, control })).toThrow();
  });
});

it('a 999 names segments and elements in its own words, and sets by their implementation', async () => {
  const bad = { id: '855', body: ['BAK*00*AC*PO-1*20260110', 'PO1*1*1O*EA', 'CTT*1'] };
  const text = sample([{ id: 'PR', version: '005010', sets: [bad] }]).replace('ST*855*0001', 'ST*855*0001*GUIDE7');
  const [answer] = written(await readingOf(text), { interchange: 'never', group: '999' });
  expect(answer).toContain('ST*999*0001~');
  expect(inside(answer)).toEqual(['AK1*PR*1*005010', ...['AK2*855*0001*GUIDE7', 'IK3*PO1*3**8', 'IK4*2**6*1O', 'IK5*R*5'], 'AK9*R*1*1*0']);
});

it('every code is one of the standard, and whatever rejects a set says why', () => {
  for (const [code, told] of Object.entries(TOLD)) {
    if (typeof told.segment === 'string') expect('12345678', code).toContain(told.segment);
    if (typeof told.element === 'string') expect(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'], code).toContain(told.element);
    if (told.set !== undefined) expect('1234567', code).toContain(told.set);
    if (told.group !== undefined) expect('123456', code).toContain(told.group);
    if (typeof told.interchange === 'string') expect(told.interchange, code).toMatch(/^0([012]\d|3[01])$/);
    const ofSets = CHECKS[code as keyof typeof CHECKS].level !== 'envelope';
    if (ofSets) expect(told.segment ?? told.element ?? told.set, code).toBeDefined();
  }
});

it('always: whatever was sent, a set that the reader rejects is R, one that it takes is not, and the answer is X12 without a fault', async () => {
  const line = fc.constantFrom(
    'PO1*1*10*EA*12.5**BP*A-1',
    'PO1*1*1O*EA',
    'ACK*IA*10*EA*068*20260131',
    'ACK*IA*x*EA*068*20261331',
    'ZZZ*1',
    'SE*9*0001',
    'ST*855*0009',
    'CTT*7',
    'GE*1*1',
    '~~',
    'N1*ST*A>B',
  );
  const groups = fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(groups, async (sets) => {
      const text = sample([{ id: 'PR', sets: sets.map((body) => ({ id: '855', body: ['BAK*00*AC*PO-1*20260110', ...body] })) }]);
      const verdicts = new Map<number, string>();
      const readings: InterchangeReading[] = [];
      for await (const parsed of x12Format.parse(sourceOf(text), {}, { onInterchange: (reading) => void readings.push(reading) }))
        if (parsed.kind === 'document') verdicts.set(parsed.ordinal, parsed.verdict);
      for (const reading of readings) {
        for (const { sets: read } of reading.groups)
          for (const { ordinal, verdict } of read) expect(verdict === 'R').toBe(verdicts.get(ordinal) === 'rejected');
        for (const answer of written(reading)) expect((await inspectX12(sourceOf(answer))).faults).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});
