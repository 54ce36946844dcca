import { expect, test } from 'vitest';
import { HEAD, loadRules, mappingOf, problemsOf } from './harness.ts';

const faults = (rule: string, more = '') => problemsOf(loadRules(rule, more));
const FIRST = HEAD.split('\n').length + 8;

test.each([
  [
    'implied decimals',
    'total.amount: { from: AMT02, implied: 4, examples: [{ in: "31700", out: "3.1700" }, { in: "31.7", error: ERR_MAPPING_DECIMAL }] }',
    '',
  ],
  [
    'what is cleaned and looked for',
    'order.sellerOrderNumber: { from: REF02, clean: upper, pattern: \'SO(\\d+)\', default: none, examples: [{ in: so0042, out: "0042" }, { in: x, out: none }] }',
    '',
  ],
  [
    'codes',
    'statusCode: { from: BAK02, codes: c, examples: [{ in: "01", out: one }, { in: "02", error: ERR_MAPPING_CODE }] }',
    'codes: { c: { "01": one } }\n',
  ],
  ['a text that is not there', 'order.sellerOrderNumber: { from: REF02, examples: [{ in: "", out: null }] }', ''],
  ['one that is required', 'order.sellerOrderNumber: { from: REF02, required: true, examples: [{ in: "", error: ERR_MAPPING_REQUIRED }] }', ''],
  [
    'days',
    'order.orderDate: { from: BAK04, format: YYMMDD, examples: [{ in: "261124", out: 2026-11-24 }, { in: "20261124", error: ERR_MAPPING_DATE }] }',
    '',
  ],
  [
    'a time in its zone',
    'document.issuedAt: { from: BAK09, time: DTM03, zone: America/Chicago, examples: [{ in: { from: "20260701", time: "0930" }, out: "2026-07-01T09:30:00-05:00" }] }',
    '',
  ],
  [
    'a calculation',
    'total.amount: { calc: a * b, with: { a: { from: AMT02, as: dec }, b: { from: AMT03, as: dec, default: "1" } }, examples: [{ in: { a: "2", b: "1.50" }, out: "3.00" }, { in: { a: "2" }, out: "2" }] }',
    '',
  ],
  ['a rule that holds only when', 'order.sellerOrderNumber: { from: REF02, when: REF01 = VN, examples: [{ in: A1, out: A1 }] }', ''],
  ['each of a list', 'notes[]: { each: N9/MSG, from: MSG01, clean: squeeze, examples: [{ in: "a  b", out: a b }] }', ''],
])('examples that hold say nothing: %s', (_what, rule, more) => {
  expect(faults(`  ${rule}`, more).filter((line) => !line.includes('total.currency'))).toEqual([]);
});

test.each([
  ['total.amount: { from: AMT02, implied: 2, examples: [{ in: "31700", out: "3.1700" }] }', 'of "31700" expected "3.1700", found "317.00"'],
  ['total.amount: { from: AMT02, examples: [{ in: "3,17", out: "3.17" }] }', 'of "3,17" expected "3.17", found ERR_MAPPING_DECIMAL'],
  ['total.amount: { from: AMT02, examples: [{ in: "3.17", error: ERR_MAPPING_DECIMAL }] }', 'expected ERR_MAPPING_DECIMAL, found "3.17"'],
  ['total.amount: { from: AMT02, examples: [{ in: "", out: "0" }] }', 'of "" expected "0", found nothing'],
  ['total.amount: { from: AMT02, examples: [{ in: "1" }] }', 'expected one of out and error in an example'],
  ['total.amount: { from: AMT02, examples: [{ in: "1", error: ERR_MAPPING_DECIML }] }', 'did you mean "ERR_MAPPING_DECIMAL"?'],
  ['total.amount: { from: AMT02, examples: [{ in: { form: "1" }, out: "1" }] }', 'expected from in an example, found "form"'],
])('one that does not hold is a fault with its place, and the file is refused: %s', (rule, words) => {
  const loaded = loadRules(`  ${rule}`);
  const [line = ''] = problemsOf(loaded);
  expect(line).toContain(words);
  expect(line).toMatch(new RegExp(`^t/855.yaml:${FIRST - 1}:\\d+: error ERR_MAPPING_EXAMPLE`));
  expect(loaded.catalog.mappings).toEqual([]);
});

test('they decide nothing about documents: a mapping with them has the hash of one without', () => {
  const plain = '  order.sellerOrderNumber: { from: REF02, clean: upper }';
  const tested = '  order.sellerOrderNumber: { from: REF02, clean: upper, examples: [{ in: a, out: A }] }';
  expect([mappingOf(tested).hash, mappingOf(tested).examples]).toEqual([mappingOf(plain).hash, 1]);
});
