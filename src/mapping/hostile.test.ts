/** Files that mean harm, or slipped: refused or bounded, by the processor's own time and the heap, whatever else the machine does. */
import { expect, test } from 'vitest';
import { CANONICAL } from '../events/documents.ts';
import { BAK, bounded, HEAD, LINE_CODES, LINES, mappingOf, parse855 } from './harness.ts';
import { compileMappings } from './load.ts';
import { mapDocument } from './map-document.ts';
import { compilePattern } from './pattern.ts';

const load = (text: string) => compileMappings([{ name: 't/855', file: 't/855.yaml', text }], CANONICAL);

const codesOf = (text: string): string[] => bounded(() => [...new Set(load(text).problems.map((problem) => problem.code))]);

test.each([
  ['flow brackets a hundred thousand deep', `${HEAD}set: ${'['.repeat(100_000)}`, 'ERR_FILE_SYNTAX'],
  ['maps that nest by indentation', `${HEAD}set:\n${Array.from({ length: 600 }, (_, i) => `${' '.repeat(i + 1)}a:`).join('\n')}`, 'ERR_FILE_SYNTAX'],
  [
    'anchors that multiply to billions',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? 'a' : `b${i - 1}`},`.repeat(9)}]`).join('\n')}`,
    'ERR_FILE_SYNTAX',
  ],
  ['merge keys', `${HEAD}set:\n  <<: { status: BAK02 }\n`, 'ERR_FILE_SYNTAX'],
  ['a file of more than a megabyte', `${HEAD}note: ${'x'.repeat(1_100_000)}`, 'ERR_FILE_SYNTAX'],
  ['a target called __proto__', `${HEAD}set:\n  __proto__: BAK01\n`, 'ERR_MAPPING_TARGET'],
  ['a rule key called __proto__', `${HEAD}set:\n  status: { from: BAK02, __proto__: { required: true } }\n`, 'ERR_FILE_SCHEMA'],
  ['a file key called __proto__', `${HEAD}__proto__: { extends: x }\nset: { status: BAK02 }\n`, 'ERR_FILE_SCHEMA'],
  [
    'a pattern of nested repetitions',
    `${HEAD}set:\n  order.orderNumber: { from: BAK03, pattern: "((a{1,100}){1,100}){1,100}" }\n`,
    'ERR_MAPPING_VALUE',
  ],
  ['a pattern with lookahead', `${HEAD}set:\n  order.orderNumber: { from: BAK03, pattern: "(?=a)a" }\n`, 'ERR_MAPPING_VALUE'],
  ['a selector of a thousand steps', `${HEAD}set:\n  order.orderNumber: ${'//HL'.repeat(1000)}/BAK03\n`, 'ERR_MAPPING_SELECTOR'],
])('%s: refused', (_what, text, code) => {
  expect(codesOf(text)).toContain(code);
  expect({}).not.toHaveProperty('required');
});

test('a rule of ten thousand selectors is refused', () => {
  expect(codesOf(`${HEAD}set:\n  order.orderNumber: [${'BAK03, '.repeat(10_000)}BAK03]\n`)).toEqual(['ERR_MAPPING_RULE']);
});

test('a table with the codes __proto__ and constructor has just these two codes', () => {
  const { catalog, problems } = load(`${HEAD}set:\n  statusCode: { from: BAK02, codes: odd }\ncodes: { odd: { __proto__: a, constructor: b } }\n`);
  expect(problems).toEqual([]);
  expect([...(catalog.find('t/855')?.effective.codes.get('odd')?.keys() ?? [])]).toEqual(['__proto__', 'constructor']);
});

test.each(['(a+)+$', '(a|a)*b', '(.*)*x', '(a?){30}a{30}'])('the pattern %s takes time in line with the text', (source) => {
  const pattern = compilePattern(source);
  const first = 'first' in pattern ? pattern.first : expect.fail(pattern.fault);
  bounded(() => first(`${'a'.repeat(4_000)}!`));
});

test('a pattern gives its first group, or the whole match of one without groups', () => {
  const read = (source: string, text: string) => {
    const pattern = compilePattern(source);
    return 'first' in pattern ? pattern.first(text) : pattern.fault;
  };
  expect(read('PO-(\\d+)', 'our PO-4711/2')).toBe('4711');
  expect(read('\\d+', 'our PO-4711/2')).toBe('4711');
  expect(read('PO-(\\d+)', 'none')).toBeUndefined();
});

test('a document of which every line is at fault is bounded: what is listed, and what it costs', async () => {
  const quantity = '  lines[].ordered.value: PO102\n  lines[].ordered.uom: { from: PO103, codes: uom }\n';
  const document = await parse855([BAK, ...Array.from({ length: 5_000 }, (_, n) => `PO1*${n + 1}*-5*EA`)]);
  const { documents, problems } = bounded(() => mapDocument(mappingOf(`${LINES}${quantity}`, LINE_CODES), document));
  expect([documents.length, problems.length, problems[0]?.code]).toEqual([0, 100, 'ERR_MAPPING_SCHEMA']);
});
