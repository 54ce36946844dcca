import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codesOf, documentOf, told, with810, with855 } from './sample-document.ts';

describe('codes', () => {
  it('that decide are told when they are unknown, with the list, and stop their set where the partner file is strict', async () => {
    const unknown = with855('PO1*1*10*EA', 'ACK*XX*10*EA');
    const { faults, verdict } = await documentOf(unknown);
    expect(faults).toMatchObject([
      { code: 'ERR_X12_ELEMENT_CODE', severity: 'warning', found: '"XX"', at: { segmentId: 'ACK', element: 1, loop: 'PO1[1]/ACK[1]' } },
    ]);
    expect(faults[0]?.expected).toMatch(/^one of 26 codes$/);
    expect(verdict).toBe('accepted_with_errors');
    expect((await documentOf(unknown, { options: { strict: ['unknown-code'] } })).verdict).toBe('rejected');
  });

  it.each([
    'AA',
    'AC',
    'AR',
    'BP',
    'DR',
    'IA',
    'IB',
    'IC',
    'ID',
    'IE',
    'IF',
    'IH',
    'IP',
    'IQ',
    'IR',
    'IS',
    'IW',
    'SP',
    'R1',
    'R2',
    'R3',
    'R4',
    'R5',
    'R6',
    'R7',
    'R8',
  ])('of ACK01 are known: %s', async (code) => {
    expect((await documentOf(with855('PO1*1*10*EA', `ACK*${code}*10*EA`))).faults).toEqual([]);
  });

  it.each(['AC', 'AD', 'AE', 'AH', 'AK', 'AP', 'AT', 'NA', 'RD', 'RF', 'RJ', 'RN', 'RO', 'RV', 'ZZ'])('of BAK02 are known: %s', async (code) => {
    expect((await documentOf({ id: '855', body: [`BAK*00*${code}*PO-1*20260110`] })).faults).toEqual([]);
  });

  it('may be unknown to a partner who is allowed it by name or by level, and still warn; off means unseen', async () => {
    const set = with855('PO1*1*10*EA', 'ACK*XX*10*EA');
    for (const options of [{ leniencies: ['unknown-code'] }, { levels: { codes: 'warn' } }] as const) {
      const { faults, verdict } = await documentOf(set, { options: options as never });
      expect([codesOf(faults), verdict]).toEqual([['ERR_X12_ELEMENT_CODE'], 'accepted_with_errors']);
    }
    expect((await documentOf(set, { options: { levels: { codes: 'off' } } })).faults).toEqual([]);
  });

  it('are compared without trailing blanks, and qualifiers that only explain are never refused', async () => {
    expect((await documentOf(with855('REF*Q9*1', 'N1*Q9*X', 'PO1*1*10*EA', 'ACK*IA *10*EA'))).faults).toEqual([]);
  });
});

describe('relational conditions', () => {
  it.each([
    ['P: both or neither', with855('N1*ST*A*92'), 'ERR_X12_ELEMENT_CONDITION', 4, 'N103 requires N104 (P0304)'],
    ['R: one at least', with855('REF*VN'), 'ERR_X12_ELEMENT_CONDITION', 2, 'REF lacks REF02 or REF03 (R0203)'],
    [
      'C: the first requires the others',
      with855('PO1*1***12.5*PE', 'DTM*017*20260131**ET'),
      'ERR_X12_ELEMENT_CONDITION',
      3,
      'DTM04 requires DTM03 (C0403)',
    ],
    ['E: one at most', with855('PO1*1*1*EA', 'QTY*38*1**ABC'), 'ERR_X12_ELEMENT_EXCLUSION', 4, 'QTY02 and QTY04 exclude each other (E0204)'],
    [
      'L: the first requires one of the others',
      with810('ITD*01**2', 'TDS*0'),
      'ERR_X12_ELEMENT_CONDITION',
      4,
      'ITD03 requires ITD04 or ITD05 or ITD13 (L03040513)',
    ],
  ])('%s', async (_, set, code, element, message) => {
    const { faults, verdict } = await documentOf(set);
    expect(faults).toMatchObject([{ code, at: { element }, severity: 'warning', message: expect.stringContaining(message) }]);
    expect(verdict).toBe('accepted_with_errors');
  });

  it('are kept by a segment that has all, and may reject a strict partner’s set', async () => {
    expect((await documentOf(with855('N1*ST*A*92*0004', 'REF*VN**text'))).faults).toEqual([]);
    expect((await documentOf(with855('N1*ST*A*92'), { options: { levels: { relations: 'strict' } } })).verdict).toBe('rejected');
    expect((await documentOf(with855('N1*ST*A*92'), { options: { strict: ['condition'] } })).verdict).toBe('rejected');
    expect((await documentOf(with855('N1*ST*A*92'), { options: { levels: { relations: 'off' } } })).faults).toEqual([]);
  });
});

describe('the elements of a release', () => {
  it.each([
    ['003040', '960131', []],
    ['003040', '19960131', []],
    ['003060', '961331', ['ERR_X12_ELEMENT_DATE']],
    ['004010', '19960131', []],
    ['004010', '960131', ['ERR_X12_ELEMENT_DATE']],
    ['006010', '20260131', []],
  ])('in %s have dates as %s', async (version, date, expected) => {
    expect(codesOf((await documentOf({ id: '855', body: [`BAK*00*AC*PO-1*${date}`] }, { version })).faults)).toEqual(expected);
  });

  it('have their lengths: a party’s name of 60 characters since 004010, a reference of 50 since 004030', async () => {
    const of = async (version: string, ...body: string[]) =>
      codesOf((await documentOf({ id: '855', body: ['BAK*00*AC*PO-1*19990110', ...body] }, { version })).faults);
    const name = `N1*ST*${'N'.repeat(60)}`;
    expect(await of('004010', name)).toEqual([]);
    const short = codesOf((await documentOf({ id: '855', body: ['BAK*00*AC*PO-1*990110', name] }, { version: '003060' })).faults);
    expect(short).toEqual(['ERR_X12_ELEMENT_LENGTH']);
    expect(await of('004030', `REF*VN*${'R'.repeat(50)}`)).toEqual([]);
    expect(await of('004020', `REF*VN*${'R'.repeat(50)}`)).toEqual(['ERR_X12_ELEMENT_LENGTH']);
  });

  it('have the segments of their time: MTX in an N9 loop since 004030', async () => {
    const set = { id: '855', body: ['BAK*00*AC*PO-1*20260110', 'N9*ZZ*1', 'MTX**words'] };
    expect(codesOf((await documentOf(set, { version: '005010' })).faults)).toEqual([]);
    expect(codesOf((await documentOf(set)).faults)).toEqual(['ERR_X12_SEGMENT_UNEXPECTED']);
  });
});

describe('text', () => {
  it('keeps leading blanks; trailing ones count for nothing, not in a length either', async () => {
    const { tree, faults } = await documentOf(with855('N1*ST*  A  ', `REF*VN*${'R'.repeat(30)}   `));
    expect(faults).toEqual([]);
    expect(tree.loops[0]?.segments[0]?.value(2).trimEnd()).toBe('  A');
  });

  it('with a control character, or the component separator where nothing is composite, warns', async () => {
    expect((await documentOf(with855('N1*ST*A\x07B'))).faults.map(told)).toEqual([
      ['ERR_X12_ELEMENT_CHARACTER', 2, 'printable characters', '"A\\u0007B"'],
    ]);
    expect((await documentOf(with855('N1*ST*A>B'))).faults.map(told)).toEqual([['ERR_X12_ELEMENT_COMPONENTS', 2, 'no ">"', '"A>B"']]);
    expect((await documentOf(with855('PO1*1*10*EA', 'MEA*PD*WT*1*LB>1'))).faults).toEqual([]);
  });

  it('behind the last element may be separators, by the partner’s policy', async () => {
    const set = with855('N1*ST*A***');
    expect((await documentOf(set)).verdict).toBe('accepted');
    expect(await documentOf(set, { options: { trailingSeparators: 'warn' } })).toMatchObject({
      verdict: 'accepted_with_errors',
      faults: [{ code: 'ERR_X12_TRAILING_SEPARATOR', at: { element: 5 } }],
    });
    expect((await documentOf(set, { options: { trailingSeparators: 'reject' } })).verdict).toBe('rejected');
    expect((await documentOf(with855('N1*ST*A'), { options: { trailingSeparators: 'reject' } })).verdict).toBe('accepted');
  });

  it('that repeats is checked repetition by repetition, and the fault says which', async () => {
    const { faults } = await documentOf(with855('PO1*1*10^x*EA'), { repetition: '^' });
    expect(faults).toMatchObject([{ code: 'ERR_X12_ELEMENT_NUMBER', at: { element: 2, repetition: 2 } }]);
  });
});

describe('a date or time with a format of its own', () => {
  const dtm = (format: string, value: string) => with855(`DTM*017****${format}*${value}`);
  it.each([
    ['D8', '20260131'],
    ['RD8', '20260131-20260215'],
    ['D6', '260131'],
    ['DT', '202601311200'],
    ['TM', '1200'],
    ['RTM', '0800-1200'],
    ['CQ', 'any text'],
  ])('%s takes %s', async (format, value) => {
    expect((await documentOf(dtm(format, value))).faults).toEqual([]);
  });

  it.each([
    ['D8', '20260231', 'ERR_X12_ELEMENT_DATE'],
    ['RD8', '20260131', 'ERR_X12_ELEMENT_DATE'],
    ['RD8', '20260131-20260215-20260216', 'ERR_X12_ELEMENT_DATE'],
    ['D6', '20260131', 'ERR_X12_ELEMENT_DATE'],
    ['DT', '20260131', 'ERR_X12_ELEMENT_DATE'],
    ['TM', '2460', 'ERR_X12_ELEMENT_TIME'],
    ['RTM', '0800', 'ERR_X12_ELEMENT_TIME'],
  ])('%s refuses %s', async (format, value, code) => {
    const { faults, verdict } = await documentOf(dtm(format, value));
    expect(faults).toMatchObject([{ code, at: { element: 6 } }]);
    expect(verdict).toBe('rejected');
  });

  it.each(['1200', '120059', '1200591', '12005999'])('TM takes %s', async (time) => {
    expect((await documentOf(with855(`DTM*017*20260131*${time}`))).faults).toEqual([]);
  });

  it.each(['12', '12000', '1260', '120060', '240000', '120059999'])('TM refuses %s', async (time) => {
    expect(codesOf((await documentOf(with855(`DTM*017*20260131*${time}`))).faults)).toEqual(['ERR_X12_ELEMENT_TIME']);
  });
});

describe('the quick walk and the closer look', () => {
  const value = fc.oneof(
    fc.stringMatching(/^[0-9.\- A-Z]{0,12}$/),
    fc.integer({ min: 0, max: 99_999_999 }).map(String),
    fc
      .date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10).replaceAll('-', '')),
  );

  it('agree for every number and date: wrapping a line, which forbids the quick way, changes no verdict', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, async (quantity, date) => {
        const plain = await documentOf(with855(`PO1*1*${quantity}*EA`, `DTM*017*${date}`));
        const broken = await documentOf(with855(`PO1*1*\n${quantity}*EA`, `DTM*017*\n${date}`));
        const told = (faults: typeof plain.faults) => faults.map(({ code, found }) => [code, found]);
        expect(told(broken.faults)).toEqual(told(plain.faults));
      }),
      { numRuns: 300 },
    );
  });
});
