/** What an analyst's editor does with a mapping file, by the real yaml-language-server on the schemas that the first line of the file names. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CANONICAL } from '../../src/events/documents.ts';
import { INPUT_KEYS, RULE_KEYS } from '../../src/mapping/rule-keys.ts';
import { fieldsOfTarget } from '../../src/mapping/target-fields.ts';
import { LanguageServer } from './language-server.ts';

let server: LanguageServer;
beforeAll(async () => {
  server = await LanguageServer.start();
}, 120_000);
afterAll(() => server.stop());

const TARGETS = { '855': CANONICAL.order_acknowledgment, '856': CANONICAL.ship_notice, '810': CANONICAL.invoice } as const;
type SetId = keyof typeof TARGETS;
const SETS = Object.keys(TARGETS) as SetId[];
const FOLDER = 'mappings/acme';
const head = (set: SetId): string =>
  `# yaml-language-server: $schema=../../schemas/mapping.x12-${set}.json\nmapping: acme/${set}\nversion: 1.0.0\nextends: std/x12-${set}@1\n`;
const complete = async (set: SetId, text: string) => server.complete(FOLDER, head(set) + text);

describe('completion', () => {
  test.each(SETS)(
    'offers every target path of an %s',
    async (set) => {
      const offered = await complete(set, 'set:\n  ');
      expect(fieldsOfTarget(TARGETS[set].body).paths.filter((path) => !offered.has(path))).toEqual([]);
    },
    120_000,
  );

  test('offers every rule key, with what it means', async () => {
    const offered = await complete('855', 'set:\n  order.orderNumber:\n    ');
    for (const [key, { description }] of Object.entries(RULE_KEYS))
      expect([key, offered.get(key)]).toEqual([key, expect.stringContaining(description?.slice(0, 20) ?? '')]);
  }, 120_000);

  test('offers every key of an input, of a check and of a table, and the words that some take', async () => {
    const input = await complete('855', 'set:\n  total.amount:\n    calc: a\n    with:\n      a:\n        ');
    expect(Object.keys(INPUT_KEYS).filter((key) => !input.has(key))).toEqual([]);
    const check = await complete('855', 'checks:\n  - ');
    expect(['name', 'that', 'with', 'say', 'else'].filter((key) => !check.has(key))).toEqual([]);
    const table = await complete('855', 'needs:\n  skus:\n    ');
    expect(table.has('file')).toBe(true);
    const otherwise = await complete('855', 'checks:\n  - name: x\n    else: ');
    expect([...otherwise.keys()]).toEqual(expect.arrayContaining(['error', 'warn']));
    expect((await complete('855', '')).has('checks')).toBe(true);
  }, 120_000);
});

describe('diagnostics', () => {
  const faults = async (set: SetId, text: string): Promise<string[]> =>
    (await server.diagnose(FOLDER, head(set) + text)).map(({ message, range }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);

  test.each([
    ['a target path that is none', 'set:\n  order.orderNumbr: BAK03\n', '6:3', 'order.orderNumbr'],
    ['a word that a key does not take', 'checks:\n  - { name: x, that: "true", say: y, else: perhaps }\n', '6:44', 'error'],
    ['a key of a check that is none', 'checks:\n  - { name: x, thatt: "true", say: y, else: warn }\n', '6:', 'thatt'],
    ['a file key that is none', 'sets:\n  order.orderNumber: BAK03\n', '5:1', 'sets'],
  ])(
    '%s: where it stands',
    async (_what, text, place, word) => {
      const found = await faults('855', text);
      expect(
        found.some((line) => line.startsWith(place) && line.includes(word)),
        found.join('\n'),
      ).toBe(true);
    },
    120_000,
  );

  test.each([
    ['a rule key that is none', 'set:\n  order.orderNumber: { form: BAK03 }\n', '6:'],
    ['implied decimals that are no number', 'set:\n  total.amount: { from: AMT02, implied: two }\n', '6:'],
    ['a type of an input that is none', 'set:\n  total.amount: { calc: a, with: { a: { from: AMT02, as: float } } }\n', '6:'],
  ])(
    '%s: in the line',
    async (_what, text, place) => {
      expect((await faults('855', text)).filter((line) => line.startsWith(place))).not.toEqual([]);
    },
    120_000,
  );

  test.each(SETS)(
    'none for the standard map of an %s',
    async (set) => {
      const file = `mappings/std/x12-${set}.yaml`;
      expect(
        (await server.diagnose('mappings/std', readFileSync(file, 'utf8'))).map(({ message, range }) => `${range.start.line + 1} ${message}`),
      ).toEqual([]);
    },
    120_000,
  );

  test('none for calc, checks, examples, unit, lookup and needs as they are meant', async () => {
    const text = `set:
  total.amount: { calc: a * b, with: { a: { from: AMT02, as: dec, implied: 2 }, b: { sum: PO1/PO102, as: dec } }, examples: [{ in: { a: "1", b: "2" }, out: "0.02" }] }
  lines[].ordered.uom: { from: PO103, codes: uom, unit: CA }
  lines[].item.buyerSku: { from: PO1.VP, lookup: skus.ours, otherwise: keep }
needs: { skus: { file: skus.csv } }
checks: [{ name: x, that: size(out.lines) == n, with: { n: { from: CTT01, as: int } }, say: y, else: warn }]
`;
    expect(await faults('855', text)).toEqual([]);
  }, 120_000);
});
