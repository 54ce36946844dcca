import { describe, expect, it } from 'vitest';
import type { SourceLoop } from '../../core/source-tree.ts';
import { codesOf as codes, documentOf, with810, with855 } from './sample-document.ts';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, type SampleSet } from './sample-interchange.ts';

/** `BAK REF N1(N1 N3)`: own segments without ST and SE, then loops. */
function outline(loop: SourceLoop): string {
  const own = loop.segments.map((segment) => segment.id).filter((id) => id !== 'ST' && id !== 'SE');
  return [...own, ...loop.loops.map((inner) => `${inner.id}(${outline(inner)})`)].join(' ');
}

const hls = (...hl: string[]): SampleSet => ({ id: '856', body: ['BSN*00*SH-1*20260115*1200', ...hl.map((line) => `HL*${line}`)] });

describe('loops', () => {
  it('hold their segments; a party inside a line is the line’s', async () => {
    const { tree, verdict } = await documentOf(
      with855(
        'N1*ST*A',
        'N3*STREET',
        'PO1*1*10*EA',
        'PID*F****X',
        'ACK*IA*5*EA',
        'DTM*017*20260101',
        'ACK*IB*5*EA',
        'N1*SF*B',
        'N3*ROAD',
        'PO1*2*1*EA',
        'CTT*2',
      ),
    );
    expect(outline(tree)).toBe('BAK N1(N1 N3) PO1(PO1 PID(PID) ACK(ACK DTM) ACK(ACK) N1(N1 N3)) PO1(PO1) CTT(CTT)');
    expect(verdict).toBe('accepted');
    expect(tree.segments.map((segment) => segment.id)).toEqual(['ST', 'BAK', 'SE']);
    expect(tree.loops[1]?.loops[0]?.parent).toBe(tree.loops[1]);
  });

  it('keep a late segment in the nearest loop that has it, with a warning: a line’s tax never becomes the invoice’s', async () => {
    const { tree, verdict, faults } = await documentOf(with810('IT1*1*1*EA*5', 'PID*F****X', 'TXI*ST*1', 'IT1*2*1*EA*5', 'TDS*1300', 'TXI*ST*2'));
    expect(outline(tree)).toBe('BIG TDS TXI IT1(IT1 TXI PID(PID)) IT1(IT1)');
    expect(codes(faults)).toEqual(['ERR_X12_SEGMENT_ORDER']);
    expect(verdict).toBe('accepted_with_errors');
  });

  it('reject a set in which a segment stands outside its loop, unless the partner is allowed it', async () => {
    const set = { id: '856', body: ['BSN*00*SH-1*20260115*1200', 'PRF*PO-1', 'HL*1**S'] };
    const { faults, verdict, tree } = await documentOf(set);
    expect(faults).toMatchObject([
      { code: 'ERR_X12_SEGMENT_UNEXPECTED', severity: 'error', expected: 'PRF inside HL', at: { segmentId: 'PRF', segment: 5 } },
    ]);
    expect(verdict).toBe('rejected');
    expect(outline(tree)).toBe('BSN PRF HL(HL)');
    expect((await documentOf(set, { options: { leniencies: ['segment-place'] } })).verdict).toBe('accepted_with_errors');
  });

  it('keep a segment that is not of this set where it stands, and warn', async () => {
    const { faults, verdict, tree } = await documentOf(with855('PO1*1*10*EA', 'ZZ9*X', 'ACK*IA*10*EA'));
    expect(codes(faults)).toEqual(['ERR_X12_SEGMENT_UNKNOWN']);
    expect(outline(tree)).toBe('BAK PO1(PO1 ZZ9 ACK(ACK))');
    expect(verdict).toBe('accepted_with_errors');
    expect((await documentOf(with855('ZZ9*X'), { options: { strict: ['unknown-segment'] } })).verdict).toBe('rejected');
  });

  it('report what is missing and what is too much', async () => {
    expect(codes((await documentOf({ id: '855', body: ['REF*VN*1'] })).faults)).toEqual(['ERR_X12_SEGMENT_MISSING']);
    expect(codes((await documentOf(with810('IT1*1*1*EA*5'))).faults)).toEqual(['ERR_X12_SEGMENT_MISSING']);
    expect((await documentOf(with810('IT1*1*1*EA*5'))).verdict).toBe('rejected');
    expect(codes((await documentOf(with855('CUR*SE*USD', 'CUR*SE*USD'))).faults)).toEqual(['ERR_X12_SEGMENT_REPEATED']);
    expect(codes((await documentOf(with855('*X', 'bad id*1'))).faults)).toEqual(['ERR_X12_SEGMENT_ID', 'ERR_X12_SEGMENT_ID']);
  });

  it('are not built for sets without a definition, which are accepted flat', async () => {
    const { tree, verdict, faults } = await documentOf({ id: '830', body: ['BFR*00', 'LIN*1', 'XYZ*1'] }, { version: 'T' });
    expect([outline(tree), verdict, faults]).toEqual(['BFR LIN XYZ', 'accepted', []]);
  });

  it('are read by the nearest release, with a warning, and not at all without one', async () => {
    expect(codes((await documentOf(SAMPLE_855, { version: '004010VICS' })).faults)).toEqual([]);
    expect(codes((await documentOf(SAMPLE_855, { version: '007010' })).faults)).toEqual(['ERR_X12_VERSION_NEAREST']);
    const odd = await documentOf(SAMPLE_855, { version: 'X' });
    expect([codes(odd.faults), odd.verdict]).toEqual([['ERR_X12_VERSION'], 'rejected']);
  });
});

describe('HL', () => {
  it('nests by HL02, whatever the order, and keeps what stands inside a level', async () => {
    expect(outline((await documentOf(SAMPLE_856)).tree)).toBe('BSN CTT HL(HL TD5 N1(N1) HL(HL PRF HL(HL MAN HL(HL LIN SN1))))');
    expect(outline((await documentOf(hls('3*2*I', '2*1*O', '1**S'))).tree)).toBe('BSN HL(HL HL(HL HL(HL)))');
    expect(outline((await documentOf(hls('1**S', '2*1*O', '3*1*O', '4*2*I', '5*3*I'))).tree)).toBe('BSN HL(HL HL(HL HL(HL)) HL(HL HL(HL)))');
  });

  it.each([
    ['an orphan', hls('1**S', '2*7*O'), 'ERR_X12_HL_ORPHAN', '"7"'],
    ['a number used twice', hls('1**S', '2*1*O', '2*1*O'), 'ERR_X12_HL_NUMBER', '"2"'],
    ['a cycle', hls('1**S', '2*3*O', '3*2*I'), 'ERR_X12_HL_CYCLE', '"2"'],
    ['its own parent', hls('1*1*S'), 'ERR_X12_HL_CYCLE', '"1"'],
  ])('rejects %s, naming the HL', async (_, set, code, found) => {
    const { faults, verdict } = await documentOf(set);
    expect(faults).toMatchObject([{ code, found, message: expect.stringMatching(/HL \d/) }]);
    expect(verdict).toBe('rejected');
  });

  it('has a number of its own', async () => {
    const { faults, verdict } = await documentOf(hls('1**S', '*1*O'));
    expect([codes(faults), verdict]).toEqual([['ERR_X12_ELEMENT_MISSING', 'ERR_X12_HL_NUMBER'], 'rejected']);
  });

  it('reads a parent 0 that does not exist as no parent, with a warning', async () => {
    const { faults, verdict } = await documentOf(hls('1*0*S', '2*1*O'));
    expect([codes(faults), verdict]).toEqual([['ERR_X12_HL_ZERO'], 'accepted_with_errors']);
  });

  it('stays within 64 levels, however the HLs are chained', async () => {
    const chain = Array.from({ length: 500 }, (_, i) => `${i + 1}*${i === 0 ? '' : i}*I`);
    const { faults, tree } = await documentOf(hls(...chain));
    expect(codes(faults)).toContain('ERR_X12_HL_DEPTH');
    let depth = 0;
    for (let loop: SourceLoop | undefined = tree; loop !== undefined; loop = loop.loops[0]) depth++;
    expect(depth).toBe(65);
  });
});

describe('elements', () => {
  it.each([
    ['a mandatory one that is empty', with855('REF**1'), 'ERR_X12_ELEMENT_MISSING', 1],
    ['a mandatory one of blanks', with855('REF*  *1'), 'ERR_X12_ELEMENT_MISSING', 1],
    ['a number that is none', with855('PO1*1*ten*EA'), 'ERR_X12_ELEMENT_NUMBER', 2],
    ['a number with two points', with855('PO1*1*1.2.3*EA'), 'ERR_X12_ELEMENT_NUMBER', 2],
    ['a day that does not exist', with855('DTM*017*20260231'), 'ERR_X12_ELEMENT_DATE', 2],
    ['the 29th of February of a common year', with855('DTM*017*20260229'), 'ERR_X12_ELEMENT_DATE', 2],
    ['the 29th of February of 1900', with855('DTM*017*19000229'), 'ERR_X12_ELEMENT_DATE', 2],
    ['a month that does not exist', with855('DTM*017*20261301'), 'ERR_X12_ELEMENT_DATE', 2],
    ['a date of six digits in 004010', with855('DTM*017*260131'), 'ERR_X12_ELEMENT_DATE', 2],
    ['an hour that does not exist', with855('DTM*017*20260131*2460'), 'ERR_X12_ELEMENT_TIME', 3],
    ['a decimal point where decimals are implied', with810('TDS*95.88'), 'ERR_X12_ELEMENT_DECIMAL', 1],
    ['text in an amount', with810('TDS*1,000'), 'ERR_X12_ELEMENT_NUMBER', 1],
  ])('reject their set: %s', async (_, set, code, element) => {
    const { faults, verdict } = await documentOf(set);
    expect(faults).toMatchObject([{ code, at: { element } }]);
    expect(verdict).toBe('rejected');
  });

  it.each([
    ['too long a code', with855('REF*VNXX*1'), 'ERR_X12_ELEMENT_LENGTH'],
    ['too short a code', with855('PER*I*X'), 'ERR_X12_ELEMENT_LENGTH'],
    ['more elements than there are', with855('N1*ST*A', 'N3*A*B*C'), 'ERR_X12_ELEMENT_EXTRA'],
  ])('warn: %s', async (_, set, code) => {
    const { faults, verdict } = await documentOf(set);
    expect([codes(faults), verdict]).toEqual([[code], 'accepted_with_errors']);
  });

  it.each(['10', '10.', '.5', '-3', '10 '])('take %j for a number', async (quantity) => {
    expect((await documentOf(with855(`PO1*1*${quantity}*EA`))).faults).toEqual([]);
  });

  it.each(['20240229', '20000229', '20261231'])('take %s for a date', async (date) => {
    expect((await documentOf(with855(`DTM*017*${date}`))).faults).toEqual([]);
  });

  it('are as long as the release allows', async () => {
    const set = with855(`REF*VN*${'9'.repeat(50)}`);
    expect(codes((await documentOf(set)).faults)).toEqual(['ERR_X12_ELEMENT_LENGTH']);
    expect(codes((await documentOf(set, { version: '005010' })).faults)).toEqual([]);
  });

  it('before 004010 have dates of six digits', async () => {
    const set = { id: '855', body: ['BAK*00*AC*PO-1*960229'] };
    expect(codes((await documentOf(set, { version: '003060' })).faults)).toEqual([]);
  });

  it('may be allowed to a partner by name, and still warn', async () => {
    const { faults, verdict } = await documentOf(with810('TDS*95.88'), { options: { leniencies: ['explicit-decimal-in-N2'] } });
    expect(faults).toMatchObject([{ code: 'ERR_X12_ELEMENT_DECIMAL', severity: 'warning' }]);
    expect(verdict).toBe('accepted_with_errors');
  });

  it('are checked repetition by repetition', async () => {
    expect(codes((await documentOf(with855('PO1*1*10^x*EA'), { repetition: '^' })).faults)).toEqual(['ERR_X12_ELEMENT_NUMBER']);
  });

  it('hold no NUL, which no database or JSON reader would take', async () => {
    const { faults, verdict } = await documentOf({ id: '830', body: ['N1*ST*A\0B'] });
    expect(faults).toMatchObject([{ code: 'ERR_X12_ENCODING', at: { segmentId: 'N1', element: 2 }, found: 'bytes 410042' }]);
    expect(verdict).toBe('rejected');
  });

  it('must be text in the encoding agreed', async () => {
    const set = { id: '830', body: ['N1*ST*M\xfcller'] };
    expect(codes((await documentOf(set)).faults)).toEqual(['ERR_X12_ENCODING']);
    expect(codes((await documentOf(set, { options: { encoding: 'ascii' } })).faults)).toEqual(['ERR_X12_ENCODING']);
    const latin1 = await documentOf(set, { options: { encoding: 'latin1' } });
    expect(latin1.faults).toEqual([]);
    expect(latin1.tree.segments[1]?.value(2)).toBe('Müller');
  });
});

describe('a set', () => {
  it('that is clean is accepted in both releases', async () => {
    for (const version of ['004010', '005010']) {
      for (const set of [SAMPLE_855, SAMPLE_856, SAMPLE_810])
        expect(await documentOf(set, { version })).toMatchObject({ verdict: 'accepted', faults: [] });
    }
  });

  it('whose CTT01 is not the number of its lines is let through with a warning, or rejected when the partner file says so', async () => {
    const set = with855('PO1*1*10*EA', 'CTT*2');
    expect(await documentOf(set)).toMatchObject({
      verdict: 'accepted_with_errors',
      faults: [{ code: 'ERR_X12_LINE_COUNT', expected: '1', found: '"2"' }],
    });
    expect((await documentOf(set, { options: { strict: ['line-count'] } })).verdict).toBe('rejected');
  });

  it('with thousands of faults lists a hundred and counts the rest', async () => {
    const { faults, verdict } = await documentOf(with855(...Array.from({ length: 3000 }, () => 'ZZ9*1'), 'REF'));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toMatchObject({ code: 'ERR_X12_FAULT_LIMIT', found: '3002' });
    expect(verdict).toBe('rejected');
  });

  it('has its faults in the order of its bytes', async () => {
    const { faults } = await documentOf(with855('ZZ9*1', 'REF**1', 'ZZ9*1'));
    const offsets = faults.map((fault) => (fault.at?.kind === 'segment' ? fault.at.offset : -1));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(faults).toHaveLength(3);
  });
});
