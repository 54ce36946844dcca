import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CommandHome, openCommandHome } from '../../test/support/command-home.ts';

let home: CommandHome;
beforeEach(async () => {
  home = openCommandHome();
  await home.run('partner', 'new', 'bolt', '--sets', '855');
});
afterEach(() => home.remove());

const HEAD = 'mapping: bolt/855\nversion: 1.0.0\nextends: std/x12-855@1\n';
const MAPPING = 'mappings/bolt/855.yaml';
const setUp = async (lines: string) => {
  home.write(MAPPING, `${HEAD}${lines}`);
  await home.run('map', 'test', '--update', 'bolt');
};

test('a rule that no test notices is named by file, line and column, and is no success', async () => {
  await setUp('set:\n  order.releaseNumber: REF(RE)02\n  lines[].price.amount: { from: PO104, implied: 2 }\n');
  const { status, out } = await home.run('map', 'mutate', 'bolt');
  expect([status, out]).toEqual([
    1,
    [`survived ${MAPPING}:5:3 order.releaseNumber: without the rule`, '2 mutants of 1 mappings, 1 noticed, 1 survived'],
  ]);
});

test('a line that stands in for one of the base is left out by putting the base in force again', async () => {
  // The example has its number in BAK08, where the base looks too: nothing proves that this partner differs.
  await setUp('set:\n  order.sellerOrderNumber: BAK08\n');
  expect((await home.run('map', 'mutate', 'bolt')).out[0]).toBe(`survived ${MAPPING}:5:3 order.sellerOrderNumber: without the rule`);
});

test('alternatives, selectors of a fallback, defaults, conditions and codes are left out one by one', async () => {
  const lines = [
    'set:',
    '  order.releaseNumber: { from: [REF(RE)02, BAK05], default: "0", when: BAK02 = AD }',
    '  order.changeNumber: [{ const: "1", when: BAK01 = 00 }, REF(CH)02]',
    '  lines[].item.description: { from: PO105, codes: basis, otherwise: keep }',
    'codes: { basis: { PE: each } }',
  ];
  await setUp(`${lines.join('\n')}\n`);
  const { out } = await home.run('map', 'mutate', 'bolt', '--json');
  const rows = out.map((line) => JSON.parse(line) as { at: string; target: string; dropped: string });
  expect(rows.slice(0, -1).map(({ target, dropped }) => `${target} without ${dropped}`)).toEqual([
    'order.releaseNumber without when BAK02 = AD',
    'order.releaseNumber without REF(RE)02 of from',
    'order.releaseNumber without BAK05 of from',
    'order.changeNumber without when BAK01 = 00',
    'order.changeNumber without the alternative REF(CH)02',
    'lines[].item.description without the rule',
    'codes.basis.PE without the code',
  ]);
  expect(rows.at(-1)).toEqual({ mappings: 1, mutants: 11, noticed: 4, survived: 7 });
});

test('every survivor of a partner can be removed by a better sample: nothing survives and the status is 0', async () => {
  const sample = home
    .read('mappings/bolt/855.tests/example/in.edi')

    .replace('BAK*00*AD*PO-1*20260110****SO-1', 'BAK*00*AD*PO-1*20260110*R7***SO-1');
  home.write('mappings/bolt/855.tests/example/in.edi', sample);
  await setUp('set:\n  order.releaseNumber: { from: BAK05, clean: digits }\n');
  expect(await home.run('map', 'mutate', 'bolt')).toEqual({ status: 0, out: ['1 mutants of 1 mappings, 1 noticed, 0 survived'], errors: [] });
});

test('a line of a base is noticed by the test of whoever extends it', async () => {
  const { out } = await home.run('map', 'mutate', 'std/x12-855');
  const survivors = out.map((line) => line.replace(/^survived \S+ /, ''));
  // The standard's own tests ship beside its files and not in this home's copy; bolt's example has an order and a line.
  expect(survivors).not.toContain('order.orderNumber: without the rule');
  expect(survivors).not.toContain('codes.line-status.IA: without the code');
});

test('without any test it says so, and a test that fails already is told instead of counting for every mutant', async () => {
  home.write('mappings/bolt/855.tests/example/out.json', '{"documents":[],"problems":[]}');
  const failing = await home.run('map', 'mutate', 'bolt');
  expect([failing.status, failing.errors.join()]).toEqual([1, expect.stringContaining('bolt/855 example failing')]);
  await home.run('partner', 'new', 'empty', '--sets', '810');
  expect((await home.run('map', 'mutate', 'bolt/85')).errors.join()).toContain('did you mean "bolt/855"?');
});
