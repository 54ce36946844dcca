/** No value of a document or of a mapping file passes through a binary float, on any way that a rule has. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../core/canonical.ts';
import { BAK, LINE_CODES, LINES, loadRules, mappingOf, parse855, problemsOf } from './harness.ts';
import { mapDocument } from './map-document.ts';

/** What a float would change: leading zeros, trailing ones, exponents, more digits than it has. */
const ids = fc.oneof(
  fc.constantFrom('0012345', '10.10', '1E5', '1e400', '-0', '00012345678901234567', '0x1F', 'Infinity', 'NaN', '1_000', '.5', '5.'),
  fc.stringMatching(/^[0-9]{1,20}$/),
  fc.stringMatching(/^0[0-9]{3,8}\.[0-9]{1,4}0$/),
  fc.stringMatching(/^[1-9][0-9]?E[0-9]{1,3}$/),
);
const decimals = fc
  .tuple(fc.stringMatching(/^[1-9][0-9]{0,17}$/), fc.stringMatching(/^[0-9]{0,10}$/))
  .map(([whole, fraction]) => (fraction === '' ? whole : `${whole}.${fraction}`));

const quoted = (text: string): string => JSON.stringify(text);

async function orderOf(rule: string, segments: readonly string[], more = '', beside?: (name: string) => string): Promise<Json | undefined> {
  const { documents, problems } = mapDocument(
    mappingOf(`${LINES}  order.sellerOrderNumber: ${rule}`, `${LINE_CODES}${more}`, beside),
    await parse855([BAK, ...segments]),
  );
  expect(problems).toEqual([]);
  return (documents[0]?.body.order as { sellerOrderNumber?: Json } | undefined)?.sellerOrderNumber;
}

const check = (arbitrary: fc.Arbitrary<string>, property: (text: string) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, property), { numRuns: 60 });

describe('an id stays as it is written', () => {
  test.each([
    ['from', (id: string) => orderOf('REF(VN)02', [`REF*VN*${id}`])],
    ['the first of several', (id: string) => orderOf('[BAK08, REF(VN)02]', [`REF*VN*${id}`])],
    ['const', (id: string) => orderOf(`{ const: ${quoted(id)} }`, [])],
    ['default', (id: string) => orderOf(`{ from: BAK08, default: ${quoted(id)} }`, [])],
    ['otherwise keep', (id: string) => orderOf('{ from: REF02, codes: line, otherwise: keep }', [`REF*VN*${id}`])],
    ['calc', (id: string) => orderOf('{ calc: a, with: { a: REF02 } }', [`REF*VN*${id}`])],
    [
      'calc of several',
      (id: string) =>
        orderOf('{ calc: "a + b", with: { a: REF02, b: { from: BAK08, default: "/" } } }', [`REF*VN*${id}`]).then((value) =>
          String(value).slice(0, -1),
        ),
    ],
    [
      'lookup',
      (id: string) =>
        orderOf('{ from: REF02, lookup: t.ours }', [`REF*VN*${id}`], 'needs: { t: { file: t.csv } }\n', () => `theirs,ours\n${id},${id}\n`),
    ],
    [
      'same',
      async (id: string) => {
        const rules = `${LINES}  order.sellerOrderNumber: REF02\n  references[]: { each: BAK }\n  references[].type: BAK01\n  references[].value: { same: order.sellerOrderNumber }`;
        const { documents } = mapDocument(mappingOf(rules, LINE_CODES), await parse855([BAK, `REF*VN*${id}`]));
        return (documents[0]?.body.references as readonly { value?: Json }[] | undefined)?.[0]?.value;
      },
    ],
  ] as const)('%s', async (_way, read) => {
    await check(ids, async (id) => {
      expect(await read(id)).toBe(id);
    });
  });

  test('codes, as the code and as its value', async () => {
    await check(ids, async (id) => {
      const codes = `codes:\n  line: { EA: accepted }\n  ids: { ${quoted(id)}: ${quoted(id)} }\n`;
      const mapping = mappingOf(`${LINES}  order.sellerOrderNumber: { from: REF02, codes: ids }`, codes);
      const { documents } = mapDocument(mapping, await parse855([BAK, `REF*VN*${id}`]));
      expect(documents[0]?.body.order).toEqual({ orderNumber: 'PO-1', sellerOrderNumber: id });
    });
  });
});

test('a number without quotes is refused wherever a file gives a value: YAML would have made a float of it', () => {
  for (const written of ['0012345', '10.10', '1E5', '12345678901234567890'])
    for (const rule of [`{ const: ${written} }`, `{ from: BAK08, default: ${written} }`, `{ from: BAK08, codes: c }`]) {
      const more = rule.includes('codes') ? `codes: { line: { EA: accepted }, c: { A: ${written} } }\n` : LINE_CODES;
      expect(problemsOf(loadRules(`${LINES}  order.sellerOrderNumber: ${rule}`, more)).join('\n')).toContain('ERR_MAPPING_VALUE');
    }
});

describe('a decimal of eighteen digits and ten places stays exact', () => {
  const amountOf = async (rule: string, segments: readonly string[]): Promise<Json | undefined> => {
    const rules = `${LINES}  total.amount: ${rule}\n  total.currency: { const: USD }`;
    const { documents, problems } = mapDocument(mappingOf(rules, LINE_CODES), await parse855([BAK, ...segments]));
    expect(problems).toEqual([]);
    return (documents[0]?.body.total as { amount?: Json } | undefined)?.amount;
  };

  test.each([
    ['from', 'PO1/PO104'],
    ['sum of one', '{ sum: PO1/PO104 }'],
    ['calc', '{ calc: a, with: { a: { from: PO1/PO104, as: dec } } }'],
    ['calc with a sum', '{ calc: a - b, with: { a: { sum: PO1/PO104, as: dec }, b: { from: BAK08, as: dec, default: "0" } } }'],
    ['calc back and forth', '{ calc: "a + b - b", with: { a: { from: PO1/PO104, as: dec }, b: { from: BAK08, as: dec, default: "7" } } }'],
  ])('%s %s', async (_way, rule) => {
    await check(decimals, async (decimal) => {
      expect(await amountOf(rule, [`PO1*1*1*EA*${decimal}`])).toBe(decimal);
    });
  });

  test('less, and a sum of two: what whole numbers of any size say', async () => {
    const whole = fc.bigInt({ min: 10n ** 16n, max: 10n ** 17n });
    await fc.assert(
      fc.asyncProperty(whole, whole, async (a, b) => {
        const lines = [`PO1*1*1*EA*${a}`, `PO1*2*1*EA*${b}`];
        expect(await amountOf('{ sum: PO1/PO104 }', lines)).toBe(String(a + b));
        expect(await amountOf('{ from: PO1(#1)/PO104, less: PO1(#2)/PO104 }', lines)).toBe(String(a - b));
        expect(
          await amountOf('{ calc: a * b - a * b + a, with: { a: { from: PO1(#1)/PO104, as: dec }, b: { from: PO1(#2)/PO104, as: dec } } }', lines),
        ).toBe(String(a));
      }),
      { numRuns: 40 },
    );
  });
});
