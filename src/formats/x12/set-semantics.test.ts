/** What a set says as a whole: counts, hash totals, footing, containers, levels, and lines against their header. */
import Big from 'big.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, documentOf, told, with810, with855, with856 } from './sample-document.ts';

// As the mapping sets it for the whole process: a number is no decimal.
beforeAll(() => {
  Big.strict = true;
});
afterAll(() => {
  Big.strict = false;
});

describe('CTT', () => {
  const lines = ['PO1*1*1.8*EA', 'PO1*2*18.01*EA', 'PO1*3*.18*EA'];

  it.each([
    ['the plain sum', '19.99'],
    ['the X12 hash total, without points', '1837'],
    ['nothing', ''],
  ])('02 may be %s', async (_, total) => {
    expect((await documentOf(with855(...lines, `CTT*3*${total}`))).faults).toEqual([]);
  });

  it('02 that is neither warns, with both', async () => {
    const { faults, verdict } = await documentOf(with855(...lines, 'CTT*3*20'));
    expect(faults.map(told)).toEqual([['ERR_X12_HASH_TOTAL', 2, '19.99 or 1837', '"20"']]);
    expect(verdict).toBe('accepted_with_errors');
    expect((await documentOf(with855('PO1*1*7*EA', 'CTT*1*8'))).faults.map(told)).toEqual([['ERR_X12_HASH_TOTAL', 2, '7', '"8"']]);
  });

  it('02 loses what does not fit its ten digits', async () => {
    const many = Array.from({ length: 3 }, (_, n) => `PO1*${n}*999999999*EA`);
    const more = Array.from({ length: 9 }, (_, n) => `PO1*${n}*9999.99999*EA`);
    expect((await documentOf(with855(...many, ...more, 'CTT*12*1999999988'))).faults.map(told)).toEqual([]);
  });

  it('02 is not summed from quantities that are no numbers', async () => {
    expect(codesOf((await documentOf(with855('PO1*1*x*EA', 'CTT*1*8'))).faults)).toEqual(['ERR_X12_ELEMENT_NUMBER']);
  });

  it('01 counts PO1, HL, IT1, and no other segments', async () => {
    expect((await documentOf(with855('PO1*1*1*EA', 'CTT*2'))).faults.map(told)).toEqual([['ERR_X12_LINE_COUNT', 1, '1', '"2"']]);
    expect((await documentOf(with856('HL*1**S', 'HL*2*1*O', 'CTT*1'))).faults.map(told)).toEqual([['ERR_X12_LINE_COUNT', 1, '2', '"1"']]);
    expect((await documentOf(with810('IT1*1*1*EA*1', 'TDS*100', 'CTT*2'))).faults.map(told)).toEqual([['ERR_X12_LINE_COUNT', 1, '1', '"2"']]);
    expect((await documentOf(with855('PO1*1*1*EA', 'CTT*2'), { options: { levels: { semantics: 'off' } } })).faults).toEqual([]);
  });
});

describe('an 855', () => {
  const said = (type: string, ...status: string[]) => ({
    id: '855',
    body: [`BAK*00*${type}*PO-1*20260110`, ...status.flatMap((code) => ['PO1*1*10*EA', `ACK*${code}*10*EA`])],
  });

  it('whose header and lines disagree is flagged at the line; the lines count', async () => {
    const { faults, verdict } = await documentOf(said('AD', 'IA', 'IR'));
    expect(faults).toMatchObject([{ code: 'ERR_X12_ACK_DISAGREES', found: '"IR"', at: { loop: 'PO1[2]/ACK[1]' } }]);
    expect(verdict).toBe('accepted_with_errors');
    expect(codesOf((await documentOf(said('RJ', 'IA'))).faults)).toEqual(['ERR_X12_ACK_DISAGREES']);
  });

  it.each([
    ['AD', 'IA'],
    ['AC', 'IR'],
    ['AE', 'IQ'],
    ['RD', 'IR'],
    ['RJ', 'R8'],
    ['AH', 'IA'],
  ])('%s goes with %s', async (type, status) => {
    expect((await documentOf(said(type, status))).faults).toEqual([]);
  });

  it('may accept more than was ordered, split a line, and have no PO101', async () => {
    expect((await documentOf(with855('PO1**10*EA***BP*A', 'ACK*IA*6*EA', 'ACK*IB*9*EA', 'ACK*IS*1*EA****VP*B'))).faults).toEqual([]);
  });
});

describe('an 856', () => {
  it('keeps a level that is not known, and reports it with the HL', async () => {
    const { faults, tree, verdict } = await documentOf(with856('HL*1**S', 'HL*2*1*Y', 'HL*3*2*I'));
    expect(faults.map(told)).toEqual([['ERR_X12_HL_LEVEL', 3, expect.stringContaining('S, O, T, P, Q, I'), '"Y"']]);
    expect(faults[0]?.message).toContain('HL 2');
    expect([tree.loops[0]?.loops[0]?.loops[0]?.id, verdict]).toEqual(['HL', 'accepted_with_errors']);
  });

  it.each(['S', 'O', 'T', 'P', 'Q', 'I', 'K', 'ZZ'])('knows the level %s', async (level) => {
    expect((await documentOf(with856(`HL*1**${level}`))).faults).toEqual([]);
  });

  it('is told when HL04 is not so', async () => {
    expect((await documentOf(with856('HL*1**S*0', 'HL*2*1*O*1'))).faults.map(told)).toEqual([
      ['ERR_X12_HL_CHILD', 4, '1', '"0"'],
      ['ERR_X12_HL_CHILD', 4, '0', '"1"'],
    ]);
    expect((await documentOf(with856('HL*1**S*1', 'HL*2*1*O*0'))).faults).toEqual([]);
  });

  const GOOD = '006141411234567890';
  const packed = (...marks: string[]) => with856('HL*1**S', 'HL*2*1*O', ...marks.flatMap((mark, n) => [`HL*${n + 3}*2*P`, `MAN*${mark}`]));

  it.each([
    ['GM with 00 before it', `GM*00${GOOD}`],
    ['AA without', `AA*${GOOD}`],
    ['the carrier’s number beside it', `GM*00${GOOD}**CP*1Z999`],
    ['a number of another kind', 'CP*12'],
  ])('takes an SSCC: %s', async (_, mark) => {
    expect((await documentOf(packed(mark))).faults).toEqual([]);
  });

  it.each([
    ['18 digits behind GM', `GM*${GOOD}`, '20 digits: 00 and an SSCC-18'],
    ['another identifier than 00', `GM*01${GOOD}`, '20 digits: 00 and an SSCC-18'],
    ['20 digits behind AA', `AA*00${GOOD}`, '18 digits'],
    ['letters', 'AA*00614141123456789X', '18 digits'],
    ['a wrong check digit', 'GM*00006141411234567891', '0 at its end'],
    ['a wrong one behind the second qualifier', 'CP*1**AA*006141411234567891', '0 at its end'],
    ['a wrong one at the end of a range', `AA*${GOOD}*006141411234567891`, '0 at its end'],
  ])('warns of an SSCC with %s', async (_, mark, expected) => {
    const { faults, verdict } = await documentOf(packed(mark));
    expect(faults).toMatchObject([{ code: 'ERR_X12_SSCC', expected }]);
    expect(verdict).toBe('accepted_with_errors');
  });

  it('warns when two packs bear one SSCC, however it is written; not when a carton stands under each of its items', async () => {
    expect(await documentOf(packed(`GM*00${GOOD}`, `AA*${GOOD}`))).toMatchObject({
      faults: [{ code: 'ERR_X12_SSCC_REPEATED', message: expect.stringContaining('HL 3') }],
    });
    const twice = ['HL*3*2*I', 'HL*4*3*P', `MAN*AA*${GOOD}`, 'HL*5*2*I', 'HL*6*5*P', `MAN*AA*${GOOD}`];
    expect((await documentOf(with856('HL*1**S', 'HL*2*1*O', ...twice))).faults).toEqual([]);
    expect((await documentOf(with856('HL*1**S', 'HL*2*1*P', `MAN*AA*${GOOD}`, `MAN*AA*${GOOD}`))).faults).toEqual([]);
  });
});

describe('an 810 foots', () => {
  it.each([
    ['its lines', ['IT1*1*10*EA*12.5', 'IT1*2*3*EA*.333', 'TDS*12600']],
    ['a price for a hundred', ['IT1*1*250*EA*80*HP', 'TDS*20000']],
    ['a price for a thousand', ['IT1*1*250*EA*80*TP', 'TDS*2000']],
    ['an allowance of a line and a charge of the whole', ['IT1*1*1*EA*100', 'SAC*A*C310***500', 'TDS*10500', 'SAC*C*D240***1000']],
    ['an allowance that is billed back', ['IT1*1*1*EA*100', 'TDS*10000', 'SAC*A*C310***500*******01']],
    ['taxes of lines, again in the summary', ['IT1*1*1*EA*100', 'TXI*ST*7', 'TDS*10700', 'TXI*ST*7']],
    ['taxes of lines and further taxes of the whole', ['IT1*1*1*EA*100', 'TXI*ST*7', 'TDS*11000', 'TXI*CS*3']],
    ['taxes that are included', ['IT1*1*1*EA*100', 'TXI*ST*7****2*I', 'TDS*10000']],
    ['a tax that is taken off', ['IT1*1*1*EA*100', 'TDS*9300', 'TXI*ST*7*****D']],
    ['a cent or so off', ['IT1*1*3*EA*33.335', 'TDS*10005']],
    ['a SAC that is neither', ['IT1*1*1*EA*100', 'SAC*N*F050***500', 'TDS*10000']],
    ['lines of which one has no price', ['IT1*1*1*EA*100', 'IT1*2*1', 'TDS*99900']],
    ['no lines at all', ['TDS*99900']],
  ])('with %s', async (_, body) => {
    expect(codesOf((await documentOf(with810(...body))).faults).filter((code) => code !== 'ERR_X12_ELEMENT_CONDITION')).toEqual([]);
  });

  it('or is flagged with the figures, exactly', async () => {
    const { faults, verdict } = await documentOf(with810('IT1*1*3*EA*0.1', 'TXI*ST*.2', 'TDS*70', 'SAC*C*D240***5'));
    expect(faults).toMatchObject([
      {
        code: 'ERR_X12_FOOTING',
        severity: 'warning',
        expected: '0.55',
        found: '"70"',
        message: expect.stringContaining('lines 0.30, allowances and charges 0.05, taxes 0.20, together 0.55; TDS01 says 0.70'),
        at: { segmentId: 'TDS', element: 1 },
      },
    ]);
    expect(verdict).toBe('accepted_with_errors');
  });

  it('within the partner’s tolerance', async () => {
    const set = with810('IT1*1*1*EA*100', 'TDS*10006');
    expect(codesOf((await documentOf(set)).faults)).toEqual(['ERR_X12_FOOTING']);
    expect(codesOf((await documentOf(set, { options: { footingTolerance: '0.06' } })).faults)).toEqual([]);
    expect((await documentOf(set, { options: { strict: ['footing'] } })).verdict).toBe('rejected');
  });

  it('as a credit memo with either sign', async () => {
    for (const total of ['10000', '-10000']) {
      const body = ['BIG*20260115*CM-1*****CR', 'IT1*1*1*EA*100', `TDS*${total}`];
      expect((await documentOf({ id: '810', body })).faults).toEqual([]);
      expect(codesOf((await documentOf(with810('IT1*1*1*EA*100', `TDS*${total}`))).faults)).toEqual(total.startsWith('-') ? ['ERR_X12_FOOTING'] : []);
    }
  });
});

describe('every set that we define', () => {
  it.each([
    ['850', ['BEG*00*NE*PO-1**20260101', 'REF*DP*1', 'N1*ST*A', 'N3*STREET', 'PO1*1*2*EA*3', 'PID*F****X', 'SCH*1*EA***010*20260101', 'CTT*1*2']],
    ['860', ['BCH*00*SA*PO-1***20260101', 'POC*1*AI*2*0*EA', 'PID*F****X', 'CTT*1*2']],
    ['865', ['BCA*00*AC*PO-1***20260101', 'POC*1*AI*2*0*EA', 'ACK*IA*2*EA', 'CTT*1*2']],
    ['997', ['AK1*PO*1', 'AK2*850*0001', 'AK3*PO1*3**8', 'AK4*2*330*6*X', 'AK5*R*5', 'AK9*R*1*1*0']],
    ['999', ['AK1*PO*1', 'AK2*850*0001', 'IK3*PO1*3**8', 'IK4*2*330*6*X', 'IK5*R*5', 'AK9*R*1*1*0']],
    ['824', ['BGN*11*1*20260101', 'N1*SU*A', 'OTI*TR*TN*1', 'REF*PO*1', 'TED*007*no such item']],
    ['846', ['BIA*00*SI*1*20260101', 'N1*SU*A', 'LIN*1*UP*123', 'QTY*33*5', 'CTT*1']],
    ['861', ['BRA*1*20260101*00*1', 'RCD*1*5*EA', 'LIN*1*UP*123', 'CTT*1']],
  ])('%s is recognised, grouped and clean in 004010 and 005010', async (id, body) => {
    for (const version of ['004010', '005010']) {
      const { faults, verdict, tree } = await documentOf({ id, body }, { version });
      expect([faults, verdict]).toEqual([[], 'accepted']);
      expect(tree.loops.length).toBeGreaterThan(0);
    }
  });

  it('is read by the nearest release, with a warning, when it is not one of those that are translated', async () => {
    const { faults, verdict } = await documentOf({ id: '850', body: ['BEG*00*NE*PO-1**20260101', 'PO1*1*2*EA'] }, { version: 'T' });
    expect([codesOf(faults), verdict]).toEqual([['ERR_X12_VERSION_NEAREST'], 'accepted_with_errors']);
  });
});
