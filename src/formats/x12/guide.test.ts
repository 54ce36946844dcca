import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../core/problem.ts';
import { parseYamlFile } from '../../core/yaml-file.ts';
import { readGuide } from './guide.ts';
import { codesOf, documentOf, told, with810, with855, with856 } from './sample-document.ts';

const guided = (...rules: string[]) => `guide: ACME, 2026\nsets:\n  "855":\n${rules.map((rule) => `    ${rule}\n`).join('')}`;

describe('a guide', () => {
  it('requires segments by loop and qualifier', async () => {
    const guide = guided('require: [REF(VN), PO1/PID, PO1/N1(ST)/N3]');
    const bare = await documentOf(with855('REF*IA*1', 'PO1*1*1*EA', 'N1*ST*A'), { guide });
    expect(bare.faults).toMatchObject([
      { code: 'ERR_X12_SEGMENT_MISSING', expected: 'REF(VN)', at: { segmentId: 'ST' } },
      { code: 'ERR_X12_SEGMENT_MISSING', expected: 'PID', at: { loop: 'PO1[1]' } },
      { code: 'ERR_X12_SEGMENT_MISSING', expected: 'N3', at: { loop: 'PO1[1]/N1[1]' } },
    ]);
    expect(bare.verdict).toBe('rejected');
    const whole = with855('REF*IA*1', 'REF*VN*2', 'REF*IA*3', 'PO1*1*1*EA', 'PID*F****X', 'N1*SF*B', 'N1*ST*A', 'N3*STREET', 'N1*SF*C');
    expect((await documentOf(whole, { guide })).faults).toEqual([]);
  });

  it('requires a segment in one level of a ship notice, whatever the others have', async () => {
    const guide = 'guide: ACME\nsets:\n  "856":\n    require: [HL(S)/REF(BM)]\n';
    const set = (...ref: string[]) => with856('HL*1**S', ...ref, 'HL*2*1*O', 'PRF*PO-1', 'HL*3*2*I', 'SN1**1*EA');
    expect((await documentOf(set('REF*CN*1'), { guide })).faults.map(told)).toEqual([['ERR_X12_SEGMENT_MISSING', undefined, 'REF(BM)', 'none']]);
    const { faults, tree } = await documentOf(set('REF*CN*1', 'REF*BM*2'), { guide });
    expect(faults).toEqual([]);
    expect(tree.loops[0]?.loops[0]?.loops[0]?.segments.map(({ id }) => id)).toEqual(['HL', 'SN1']);
  });

  it('forbids segments, by qualifier if it says so', async () => {
    const guide = guided('forbid: [TAX, REF(ZZ)]');
    const { faults, verdict } = await documentOf(with855('REF*ZZ*1', 'REF*VN*1', 'TAX*1'), { guide });
    expect(codesOf(faults)).toEqual(['ERR_X12_SEGMENT_FORBIDDEN', 'ERR_X12_SEGMENT_FORBIDDEN']);
    expect(verdict).toBe('rejected');
    expect((await documentOf(with855('TAX*1'), { guide, options: { leniencies: ['forbidden-segment'] } })).verdict).toBe('accepted_with_errors');
  });

  it('adds segments of its own, with their elements', async () => {
    const guide = `${guided('add:', '  - { part: "ZZ1 M 2", in: PO1, after: PID }', '  - { part: "ZZ2" }')}segments:\n  ZZ1: { name: Colour, elements: ["!ID2 Kind", "N0:1-3 Number"], conditions: [P0102] }\n  ZZ2: { name: End, elements: ["AN1-3 Word"] }\n`;
    const good = with855('PO1*1*1*EA', 'PID*F****X', 'ZZ1*AB*1', 'REF*VN*1', 'CTT*1', 'ZZ2*END');
    expect((await documentOf(good, { guide })).faults).toEqual([]);
    const bad = with855('PO1*1*1*EA', 'PID*F****X', 'ZZ1*AB*x', 'ZZ1*AB', 'ZZ1*AB*1', 'PO1*2*1*EA');
    expect(codesOf((await documentOf(bad, { guide })).faults)).toEqual([
      'ERR_X12_ELEMENT_NUMBER',
      'ERR_X12_ELEMENT_CONDITION',
      'ERR_X12_SEGMENT_REPEATED',
      'ERR_X12_SEGMENT_MISSING',
    ]);
    expect(codesOf((await documentOf(good)).faults)).toEqual(['ERR_X12_SEGMENT_UNKNOWN', 'ERR_X12_SEGMENT_UNKNOWN']);
  });

  it('says how often', async () => {
    const guide = guided('most: { PO1/MAN: 1 }');
    expect(codesOf((await documentOf(with855('PO1*1*1*EA', 'MAN*CP*1', 'MAN*CP*2'), { guide })).faults)).toEqual(['ERR_X12_SEGMENT_REPEATED']);
    expect((await documentOf(with855('PO1*1*1*EA', 'MAN*CP*1', 'MAN*CP*2'))).faults).toEqual([]);
  });

  it('requires, forbids, narrows and widens elements', async () => {
    const guide = guided(
      'elements:',
      '  BAK08: { use: required }',
      '  BAK07: { use: forbidden }',
      '  BAK03: { length: 3-6 }',
      '  PO106: { codes: [BP, VN] }',
      '  ACK01: { alsoCodes: { XX: held by us } }',
    );
    const set = { id: '855', body: ['BAK*00*AC*LONG-PO-1*20260110***C', 'PO1*1*1*EA***UP*1', 'ACK*XX*1*EA'] };
    expect((await documentOf(set, { guide })).faults.map(told)).toEqual([
      ['ERR_X12_ELEMENT_LENGTH', 3, '3 to 6 characters', '"LONG-PO-1"'],
      ['ERR_X12_ELEMENT_FORBIDDEN', 7, 'nothing', '"C"'],
      ['ERR_X12_ELEMENT_MISSING', 8, "Supplier's order", 'none'],
      ['ERR_X12_ELEMENT_CODE', 6, 'BP, VN', '"UP"'],
    ]);
  });

  it('makes optional what is mandatory, for it alone', async () => {
    const guide = guided('elements: { BAK04: { use: optional } }');
    const set = { id: '855', body: ['BAK*00*AC*PO-1'] };
    expect((await documentOf(set, { guide })).faults).toEqual([]);
    expect(codesOf((await documentOf(set)).faults)).toEqual(['ERR_X12_ELEMENT_MISSING']);
  });

  it('leaves other sets as they are', async () => {
    const guide = guided('forbid: [REF]');
    expect((await documentOf(with810('REF*VN*1', 'TDS*0'), { guide })).faults).toEqual([]);
  });
});

describe('a guide file', () => {
  const problemsOf = (text: string) => {
    const { file } = parseYamlFile('partners/acme/x12-guide.yaml', text);
    return file === undefined ? ['unreadable'] : readGuide(file).problems.map(formatProblem);
  };

  it.each([
    ['a set that is not defined', 'guide: A\nsets:\n  "830": {}\n', /:3:3: error ERR_FILE_REFERENCE sets\.830: there is no definition of a 830/],
    [
      'a segment that is not there',
      guided('require: [REF, ZZ9]'),
      /:4:20: error .* sets\.855\.require\.1: there is no ZZ9 here: expected one of BAK, CUR/,
    ],
    ['a path through a segment that is no loop', guided('forbid: [REF/N1]'), /:4:14: error .* REF is not a loop, so it has no N1/],
    ['a segment that is added nowhere', guided('add: [{ part: "ZZ1", in: PO1, after: XX1 }]'), /:4:11: error .* there is no XX1 in PO1/],
    ['a segment that is added in no loop', guided('add: [{ part: "ZZ1", in: BAK }]'), /:4:11: error .* BAK is not a loop/],
    ['a part that cannot be read', guided('add: [{ part: "ZZ1 many" }]'), /:4:11: error .* not a part of a set: ZZ1 many/],
    [
      'an element that is not there',
      guided('elements: { BAK77: { use: required } }'),
      /:4:17: error .* expected an element of BAK from 01 to 11, found BAK77/,
    ],
    [
      'an element of an unknown segment',
      guided('elements: { ZZ901: { use: required } }'),
      /:4:17: error .* expected a segment that Quayside or this guide defines, found ZZ9/,
    ],
    ['a length upside down', guided('elements: { BAK03: { length: 6-3 } }'), /:4:17: error .* from the least to the most, found 6-3/],
    ['both kinds of code lists', guided('elements: { BAK02: { codes: [A], alsoCodes: { B: b } } }'), /:4:17: error .* codes or alsoCodes/],
    [
      'an element that cannot be read',
      `${guided('forbid: [REF]')}segments:\n  ZZ1: { name: X, elements: ["number"] }\n`,
      /:6:\d+: error .* not an element: number/,
    ],
    ['a key that is unknown', guided('forbidden: [REF]'), /:4:5: error ERR_FILE_SCHEMA unknown key "forbidden"/],
    ['codes without end', guided('elements: { BAK02: { codes: [] } }'), /:4:33: error ERR_FILE_SCHEMA/],
  ])('is refused with its place: %s', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it('has all its faults told at once', () => {
    expect(problemsOf(guided('require: [ZZ8]', 'forbid: [ZZ9]'))).toHaveLength(2);
  });
});
