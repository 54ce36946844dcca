import { describe, expect, test } from 'vitest';
import { CANONICAL } from '../events/documents.ts';
import { BAK, HEAD, LINE_CODES, LINES, loadRules, mappingOf, NEEDED, parse855, problemsOf } from './harness.ts';
import { compileMappings } from './load.ts';
import { mapDocument } from './map-document.ts';

const counted = (severity: string) =>
  `checks:\n  - { name: lines counted, that: "size(out.lines) == n", with: { n: { from: CTT01, as: int } }, say: CTT01 is not the number of lines, else: ${severity} }\n`;
const twoLines = (count: string) => [BAK, 'PO1*1*1*EA', 'PO1*2*1*EA', `CTT*${count}`];

describe('a check of the mapped document', () => {
  test('that holds, or has nothing to say, says nothing', async () => {
    const mapping = mappingOf(LINES, LINE_CODES + counted('error'));
    expect(mapDocument(mapping, await parse855(twoLines('2'))).problems).toEqual([]);
    expect(mapDocument(mapping, await parse855(twoLines('2').slice(0, 3))).problems).toEqual([]);
  });

  test('that does not hold is a fault with both ends: the place in the document, the rule, the values', async () => {
    const { documents, problems } = mapDocument(mappingOf(LINES, LINE_CODES + counted('error')), await parse855(twoLines('3')));
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([
      {
        code: 'ERR_MAPPING_CHECK',
        severity: 'error',
        message: 'check "lines counted": CTT01 is not the number of lines (n 3)',
        expected: 'size(out.lines) == n',
        at: { kind: 'segment', segmentId: 'CTT', element: 1 },
        rule: { file: 't/855.yaml', line: 19, column: 5 },
      },
    ]);
  });

  test('with else: warn leaves the document as it is', async () => {
    const { documents, problems } = mapDocument(mappingOf(LINES, LINE_CODES + counted('warn')), await parse855(twoLines('3')));
    expect([documents.length, problems.map(({ code, severity }) => [code, severity])]).toEqual([1, [['ERR_MAPPING_CHECK', 'warning']]]);
  });

  test('that cannot be carried out does not pass', async () => {
    const check = 'checks: [{ name: x, that: \'out.nothing.at.all == "1"\', say: never, else: error }]\n';
    const { documents, problems } = mapDocument(mappingOf(LINES, LINE_CODES + check), await parse855(twoLines('2')));
    expect([documents.length, problems.map(({ code }) => code)]).toEqual([0, ['ERR_MAPPING_CALC']]);
  });
});

test.each([
  ['{ name: x, that: "1 +", say: y, else: error }', 'ERR_MAPPING_EXPRESSION', ':14:26:'],
  ['{ name: x, that: "1 + 1", say: y, else: error }', 'ERR_MAPPING_EXPRESSION', 'expected what holds or does not'],
  ['{ name: x, that: "true", say: y, else: perhaps }', 'ERR_FILE_SCHEMA', 'perhaps'],
  ['{ name: x, that: "true", say: y }', 'ERR_FILE_SCHEMA', 'else'],
])('a check with a fault is refused: %s', (check, code, words) => {
  const problems = problemsOf(loadRules('', `checks:\n  - ${check}\n`));
  expect(problems.join('\n')).toContain(code);
  expect(problems.join('\n')).toContain(words);
});

describe('a check of a base cannot be dodged', () => {
  const base = { name: 't/855', file: 't/855.yaml', text: `${HEAD}set:\n${NEEDED}${LINES}${LINE_CODES}${counted('error')}` };
  const child = (more: string) => ({ name: 'a/855', file: 'a/855.yaml', text: `mapping: a/855\nversion: 1.0.0\nextends: t/855@1\n${more}` });

  test('by a partner who drops or overrides what it looks at', async () => {
    for (const more of ['', 'drop: ["lines[].ref"]\n', 'set:\n  lines[]: { each: PO1, where: PO101 = 1 }\n', 'drop: [lines]\n']) {
      const { catalog } = compileMappings([base, child(more)], CANONICAL);
      const mapping = catalog.find('a/855');
      if (mapping === undefined) throw new Error('it does not load');
      expect(mapDocument(mapping, await parse855(twoLines('3'))).problems.length).toBeGreaterThan(0);
    }
  });

  test('by one of the same name, or by drop; but one may be added, and both are in the hash', async () => {
    const own = (name: string) => `checks:\n  - { name: ${name}, that: "size(out.lines) < 2", say: more than one line, else: error }\n`;
    const load = (more: string) => compileMappings([base, child(more)], CANONICAL);
    expect(problemsOf(load(own('lines counted')))).toEqual([
      'a/855.yaml:5:13: error ERR_MAPPING_CHECKS expected a check of another name, found "lines counted" at t/855.yaml:18:5 · hint: a check of a base holds for all that extend it; add one under a name of its own',
    ]);
    expect(load('drop: [lines counted]\n').problems.map(({ code }) => code)).toEqual(['ERR_MAPPING_REDUNDANT']);
    const both = load(own('one line')).catalog;
    const mapping = both.find('a/855');
    if (mapping === undefined) throw new Error('it does not load');
    expect(mapDocument(mapping, await parse855(twoLines('3'))).problems.map(({ message }) => message)).toEqual([
      'check "lines counted": CTT01 is not the number of lines (n 3)',
      'check "one line": more than one line (no inputs)',
    ]);
    expect(mapping.hash).not.toBe(both.find('t/855')?.hash);
  });
});
