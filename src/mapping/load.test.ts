import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { CANONICAL } from '../events/documents.ts';
import { compileMappings, loadMappings } from './load.ts';

const HEAD = `mapping: std/x12-855
version: 2.1.0
source: { format: x12, set: 855, versions: ["004010"] }
target: order_acknowledgment@1
`;
const BASE = `${HEAD}set:
  order.orderNumber: BAK03
  order.sellerOrderNumber: BAK08
  status: { from: BAK02, codes: ack-type }
  lines[]: { each: PO1 }
  lines[].ref.lineNumber: PO101
  lines[].ordered.value: PO102
  lines[].ordered.uom: { from: PO103, codes: uom }
codes:
  ack-type: { AC: accepted_with_changes, AD: accepted }
`;
const base = { name: 'std/x12-855', file: 'mappings/std/x12-855.yaml', text: BASE };
const child = (text: string) => ({
  name: 'acme/855',
  file: 'mappings/acme/855.yaml',
  text: `mapping: acme/855\nversion: 1.0.0\nextends: std/x12-855@2\n${text}`,
});
const load = (...texts: { name: string; file: string; text: string }[]) => compileMappings(texts, CANONICAL);
const lines = (problems: readonly Problem[]) =>
  problems.map(
    ({ at, code, message, hint }) => `${at === undefined ? '' : formatPlace(at)} ${code} ${message}${hint === undefined ? '' : ` · ${hint}`}`,
  );
const faultsOf = (set: string) => lines(load({ ...base, text: `${HEAD}set:\n${set}` }).problems);

test('a mapping and a partner that differs in a line both load, and the hash covers the base', () => {
  const { catalog, problems } = load(base, child('set:\n  order.sellerOrderNumber: REF(CO)02\n'));
  expect(lines(problems)).toEqual([]);
  const [std, acme] = [catalog.find('std/x12-855@2'), catalog.find('acme/855')];
  expect([std?.version, acme?.version, acme?.source.set]).toEqual(['2.1.0', '1.0.0', '855']);
  expect(acme?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(acme?.hash).not.toBe(std?.hash);
  const changed = load({ ...base, text: BASE.replace('BAK03', 'BAK05') }, child('set:\n  order.sellerOrderNumber: REF(CO)02\n'));
  expect(changed.catalog.find('acme/855')?.hash).not.toBe(acme?.hash);
  const noted = load(base, child('guide: page 3\nset:\n  order.sellerOrderNumber: { from: REF(CO)02, note: as agreed }\n'));
  expect(noted.catalog.find('acme/855')?.hash).toBe(acme?.hash);
});

describe('faults of a line name file, line, column and what was meant', () => {
  test.each([
    ['  order.orderNumbr: BAK03', '6:3 ERR_MAPPING_TARGET order_acknowledgment has no field "order.orderNumbr" · did you mean "order.orderNumber"?'],
    ['  order.__proto__: BAK03', '6:3 ERR_MAPPING_TARGET order_acknowledgment has no field "order.__proto__"'],
    ['  constructor.prototype: BAK03', '6:3 ERR_MAPPING_TARGET order_acknowledgment has no field "constructor.prototype"'],
    [
      '  order.orderNumber: bak03',
      '6:22 ERR_MAPPING_SELECTOR order.orderNumber: expected a segment such as BAK03, REF(VN)02, N1(ST)/N401 or PO1.VP, found "bak03" in selector "bak03" · did you mean "BAK03"?',
    ],
    [
      '  order.orderNumber: BAK',
      '6:22 ERR_MAPPING_SELECTOR order.orderNumber: expected an element, found only a segment in selector "BAK" · did you mean "BAK01"?',
    ],
    ['  order.orderNumber: { form: BAK03 }', '6:24 ERR_FILE_SCHEMA order.orderNumber: unknown key "form" · did you mean "from"?'],
    ['  order.orderNumber: { const: 0042 }', '6:31 ERR_MAPPING_VALUE order.orderNumber: expected text for const, found 0042 · put it in quotes'],
    [
      '  status: { const: acepted }',
      '6:20 ERR_MAPPING_VALUE status: expected one of accepted, accepted_with_changes, partially_accepted, rejected, received_pending, unknown for const, found acepted · did you mean "accepted"?',
    ],
    [
      '  status: { from: BAK02, codes: ack-typ }',
      '6:3 ERR_FILE_REFERENCE status: there is no table "ack-typ" under codes · add a table "ack-typ" under codes',
    ],
    ['  status: { calc: "a" }', '6:19 ERR_MAPPING_RULE status: expected "with" beside calc: the inputs that it is made of'],
    [
      '  status: { calc: "a + b", with: { a: { from: BAK01, as: int }, b: BAK02 } }',
      '6:20 ERR_MAPPING_EXPRESSION status: no such overload: int + string · give the inputs their type: { from: PO102, as: dec }',
    ],
    ['  status: { calc: "a + cc", with: { a: BAK01, c: BAK02 } }', '6:24 ERR_MAPPING_EXPRESSION status: there is no input "cc" · did you mean "c"?'],
    [
      '  status: { calc: a > b, with: { a: BAK01, b: BAK02 } }',
      '6:19 ERR_MAPPING_EXPRESSION status: expected an expression that gives text, found one that gives bool',
    ],
    [
      '  status: { calc: a + b, with: { a: BAK1, b: BAK02 } }',
      '6:37 ERR_MAPPING_SELECTOR status with a: expected a segment such as BAK03, REF(VN)02, N1(ST)/N401 or PO1.VP, found "BAK1" in selector "BAK1"',
    ],
    ['  status: { calc: a, with: { a: { from: BAK01, az: int } } }', '6:48 ERR_FILE_SCHEMA status: unknown key "az" · did you mean "as"?'],
    [
      '  status: { calc: out, with: { out: BAK01 } }',
      '6:32 ERR_MAPPING_EXPRESSION status: expected a name such as quantity for an input, found "out" · "out" is the mapped document',
    ],
    [
      '  status: { calc: a, with: { a: BAK01 }, clean: trim }',
      '6:49 ERR_MAPPING_RULE status: "clean" does not go with calc · say it of an input under with',
    ],
    ['  order.orderNumber: { from: BAK03, implied: 2 }', '6:46 ERR_MAPPING_RULE order.orderNumber: "implied" is only for decimal targets'],
    [
      '  order.orderNumber: { from: BAK03, const: "1" }',
      '6:44 ERR_MAPPING_RULE order.orderNumber: expected one of from, const, same, all, sum, calc, found from and const',
    ],
    ['  order.orderNumber: { note: none }', '6:22 ERR_MAPPING_RULE order.orderNumber: expected one of from, const, same, all, sum, calc, found none'],
    [
      '  order.orderNumber: { from: BAK03, when: BAK02=AC }',
      '6:43 ERR_MAPPING_SELECTOR order.orderNumber: expected a segment such as BAK03, REF(VN)02, N1(ST)/N401 or PO1.VP, found "BAK02=AC" in selector "BAK02=AC" · put blanks around the sign: "BAK02 = AC|AD"',
    ],
    [
      '  document.issuedAt: BAK09',
      '6:22 ERR_MAPPING_RULE document.issuedAt: expected "time" and "zone" for a time, as it is never assumed where the partner lives · set document.issuedDate instead if there is only a date',
    ],
    [
      '  lines[].ref.lineNumber: PO101',
      '6:3 ERR_MAPPING_TARGET "lines[].ref.lineNumber" is a field of a list, but no rule says "each" for "lines[]" · add a line such as "lines[]: { each: PO1 }"',
    ],
    ['  lines[]: PO1', '6:12 ERR_MAPPING_RULE lines[]: expected "each" or "all" for a list, found neither'],
    ['  order: BAK03', '6:10 ERR_MAPPING_RULE order: expected rules for its fields, found one for the whole object'],
    [
      '  total.currency: { same: currncy }',
      '6:3 ERR_MAPPING_RULE total.currency: "same" expected a field outside lists, of the same kind and with a rule of its own, found "currncy" · did you mean "currency"?',
    ],
    ['  order.orderNumber: []', '6:22 ERR_MAPPING_RULE order.orderNumber: expected a selector, found an empty list'],
    ['  order.orderNumber: 42', '6:22 ERR_MAPPING_RULE order.orderNumber: expected a selector, an object of rule keys or a list of them'],
  ])('%s', (line, expected) => {
    expect(faultsOf(line).map((text) => text.replace('mappings/std/x12-855.yaml:', ''))).toContainEqual(expected);
  });

  test('all of them at once, and the file beside it still loads', () => {
    const bad = child('set:\n  order.orderNumbr: BAK03\n  status: { from: BAK02, cods: x }\n  currency: CUR2\ndrop: [nothing]\n');
    const { catalog, problems } = load(base, bad);
    expect(problems).toHaveLength(4);
    expect(problems.every((problem) => problem.at?.kind === 'file' && problem.at.file === bad.file)).toBe(true);
    expect(catalog.mappings.map((mapping) => mapping.name)).toEqual(['std/x12-855']);
  });
});

describe('what a file says as a whole', () => {
  test.each([
    ['the name must be that of the path', { ...base, name: 'std/x12-856' }, 'ERR_MAPPING_NAME'],
    ['the version has three parts', { ...base, text: BASE.replace('2.1.0', '2.1') }, 'ERR_FILE_SCHEMA'],
    ['versions of X12 are text', { ...base, text: BASE.replace('"004010"', '004010') }, 'ERR_FILE_SCHEMA'],
    ['the target exists in that major', { ...base, text: BASE.replace('acknowledgment@1', 'acknowledgment@9') }, 'ERR_FILE_REFERENCE'],
    ['a lookup over HTTP is refused', { ...base, text: `${BASE}needs: { skus: { url: https://erp.example/skus } }\n` }, 'ERR_MAPPING_UNSUPPORTED'],
    ['a table that no rule uses is refused', { ...base, text: `${BASE}  ack-tpye: { AC: accepted }\n` }, 'ERR_MAPPING_REDUNDANT'],
    ['a code needs a value that fits', { ...base, text: BASE.replace('AD: accepted', 'AD: acceptd') }, 'ERR_MAPPING_VALUE'],
    ['a code that YAML reads as a number is refused', { ...base, text: BASE.replace('AD: accepted', '01: accepted') }, 'ERR_MAPPING_VALUE'],
    ['anchors are refused', { ...base, text: BASE.replace('BAK03', '&a BAK03') }, 'ERR_FILE_SYNTAX'],
    ['a mapping without rules is none', { ...base, text: HEAD }, 'ERR_FILE_SCHEMA'],
    ['a wrong ignored selector is refused', { ...base, text: `${BASE}ignore: [{ from: bak, why: x }]\n` }, 'ERR_MAPPING_SELECTOR'],
  ])('%s', (_name, text, code) => {
    const { catalog, problems } = load(text);
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(catalog.mappings).toEqual([]);
  });
});

describe('extends', () => {
  test.each([
    [
      'an override equal to its base',
      'set:\n  order.orderNumber: { from: BAK03 }\n',
      '5:3 ERR_MAPPING_REDUNDANT "order.orderNumber" says what its base says already · remove the line',
    ],
    [
      'a code equal to its base',
      'codes: { uom: { EA: EA } }\n',
      '4:17 ERR_MAPPING_REDUNDANT codes.uom.EA says what its base says already · remove the line',
    ],
    [
      'a drop that removes nothing',
      'drop: ["lines[].price"]\n',
      '4:8 ERR_MAPPING_REDUNDANT drop removes nothing: the base has no rule for "lines[].price"',
    ],
    [
      'a source of its own',
      'source: { format: x12, set: "855", versions: ["004010"] }\n',
      '4:1 ERR_MAPPING_EXTENDS a mapping that extends another has its "source"',
    ],
  ])('refuses %s', (_name, text, expected) => {
    expect(lines(load(base, child(text)).problems).map((line) => line.replace('mappings/acme/855.yaml:', ''))).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  test('names the major that exists', () => {
    const { problems } = load({ ...base, text: BASE.replace('2.1.0', '3.0.0') }, child(''));
    expect(lines(problems)).toEqual([
      'mappings/acme/855.yaml:3:10 ERR_MAPPING_EXTENDS expected a mapping that exists, found "std/x12-855@2" · did you mean "std/x12-855@3"?',
    ]);
  });

  test('a base with faults takes its children with it, and nobody else', () => {
    const other = { ...base, name: 'std/other', file: 'mappings/std/other.yaml', text: BASE.replace('std/x12-855', 'std/other') };
    const { catalog, problems } = load({ ...base, text: BASE.replace('BAK03', 'BAK3') }, child(''), other);
    expect(problems.map((problem) => problem.code)).toEqual(['ERR_MAPPING_SELECTOR', 'ERR_MAPPING_EXTENDS']);
    expect(catalog.mappings.map((mapping) => mapping.name)).toEqual(['std/other']);
  });

  test('a chain may be two deep, not three, and never a ring', () => {
    const over = (name: string, under: string) => ({ name, file: `${name}.yaml`, text: `mapping: ${name}\nversion: 1.0.0\nextends: ${under}\n` });
    const chain = [base, over('a/a', 'std/x12-855@2'), over('b/b', 'a/a@1')];
    expect(load(...chain).problems).toEqual([]);
    expect(load(over('c/c', 'b/b@1'), ...chain).problems.map((problem) => problem.code)).toContain('ERR_MAPPING_EXTENDS');
    const ring = load(over('d/d', 'e/e@1'), over('e/e', 'd/d@1'));
    expect(ring.catalog.mappings).toEqual([]);
    expect(ring.problems.length).toBeGreaterThan(0);
  });

  test('codes merge by key and drop removes all below', () => {
    const { catalog, problems } = load(base, child('codes: { ack-type: { AE: accepted } }\ndrop: [order.sellerOrderNumber, lines]\n'));
    expect(lines(problems)).toEqual([]);
    expect(catalog.find('acme/855')?.ruleFor('lines[0].ordered.value')).toBeUndefined();
    expect(catalog.find('acme/855')?.ruleFor('order.orderNumber')).toBeDefined();
  });

  test('two majors live beside each other, and a name alone is the highest', () => {
    const { catalog } = load(base, { ...base, file: 'mappings/std/x12-855.v3.yaml', text: BASE.replace('2.1.0', '3.0.0') });
    expect([catalog.find('std/x12-855')?.version, catalog.find('std/x12-855@2')?.version]).toEqual(['3.0.0', '2.1.0']);
  });
});

test('a directory is read with its folders, without golden folders; one that is missing is a problem', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mappings-'));
  try {
    mkdirSync(join(directory, 'std', 'x12-855.tests'), { recursive: true });
    writeFileSync(join(directory, 'std', 'x12-855.v2.yaml'), BASE);
    writeFileSync(join(directory, 'std', 'x12-855.tests', 'case.yaml'), 'not a mapping');
    const { catalog, problems } = loadMappings(
      [
        { directory, shownAs: 'mappings' },
        { directory: join(directory, 'gone'), shownAs: 'gone' },
      ],
      CANONICAL,
    );
    expect(catalog.find('std/x12-855')?.file).toBe('mappings/std/x12-855.v2.yaml');
    expect(lines(problems)).toEqual(['gone:1:1 ERR_FILE_READ cannot read gone: ENOENT']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
