import { describe, expect, test } from 'vitest';
import { BUILT_IN_TABLES } from './codes.ts';
import { BAK, LINE_CODES, LINES, loadRules, mappingOf, parse855, problemsOf } from './harness.ts';
import { mapDocument } from './map-document.ts';
import { traceValues } from './trace.ts';

describe('the unit that a guide fixes', () => {
  const ordered = (uom: string) => `${LINES}  lines[].ordered.value: PO102\n  lines[].ordered.uom: ${uom}\n`;
  const units = async (uom: string, ...segments: string[]) =>
    (
      mapDocument(mappingOf(ordered(uom), LINE_CODES), await parse855([BAK, ...segments])).documents[0]?.body.lines as
        | readonly { ordered?: unknown }[]
        | undefined
    )?.map((line) => line.ordered);

  test('is translated like one that was sent: an X12 case is no can', async () => {
    expect(await units('{ unit: CA }', 'PO1*1*5*EA')).toEqual([{ value: '5', uom: 'XCS' }]);
  });

  test('stands in where the document names none, and gives way where it does', async () => {
    const rule = '{ from: CTP05, codes: uom, unit: CA }';
    expect(await units(rule, 'PO1*1*5*EA', 'PO1*2*6*EA', 'CTP*****BX')).toEqual([
      { value: '5', uom: 'XCS' },
      { value: '6', uom: 'XBX' },
    ]);
  });

  test('makes no quantity where there is none, and its chain says where it is from', async () => {
    expect(await units('{ unit: CA }', 'PO1*1**EA')).toEqual([undefined]);
    const mapping = mappingOf(ordered('{ unit: CA }'), LINE_CODES);
    const [document] = mapDocument(mapping, await parse855([BAK, 'PO1*1*5*EA'])).documents;
    const [trace] = traceValues(mapping, document?.lineage ?? [], 'lines[0].ordered.uom');
    expect(trace?.steps).toEqual([{ says: 'unit CA', value: 'XCS' }]);
  });

  test.each([
    ['{ unit: XCS }', 'expected an X12 unit of codes.uom, found "XCS"'],
    ['{ unit: CA, default: XCS }', '"unit" is only for fields called uom'],
    ['{ unit: CA, const: XCS }', '"unit" is only for fields called uom'],
  ])('%s is refused', (rule, words) => {
    expect(problemsOf(loadRules(ordered(rule), LINE_CODES)).join('\n')).toContain(words);
  });

  test('is refused where the field is no unit', () => {
    expect(problemsOf(loadRules('  order.sellerOrderNumber: { unit: CA }')).join('\n')).toContain('"unit" is only for fields called uom');
  });
});

describe('built-in tables', () => {
  const table = (name: string) => BUILT_IN_TABLES.get(name) ?? new Map();

  test('know the currencies of ISO 4217, each by itself', () => {
    for (const [code, { value }] of table('currency')) expect([value, /^[A-Z]{3}$/.test(code)]).toEqual([code, true]);
    for (const code of ['USD', 'EUR', 'CAD', 'MXN', 'JPY', 'CHF']) expect(table('currency').has(code)).toBe(true);
    for (const code of ['XTS', 'ZZZ', 'usd']) expect(table('currency').has(code)).toBe(false);
  });

  test('know the countries of ISO 3166 by two letters and by three', () => {
    const twos = [...table('country').keys()].filter((code) => code.length === 2);
    expect([twos.length, table('country').size]).toEqual([249, 498]);
    for (const [code, { value }] of table('country'))
      expect(code.length === 3 ? table('country').get(value)?.value : value).toBe(code.length === 3 ? value : code);
    for (const [three, two] of [
      ['USA', 'US'],
      ['DEU', 'DE'],
      ['GBR', 'GB'],
      ['MEX', 'MX'],
    ] as const)
      expect(table('country').get(three)?.value).toBe(two);
    // Names as Node knows them: a code that stands for nothing would be its own name.
    const names = new Intl.DisplayNames(['en'], { type: 'region' });
    for (const two of twos) expect(names.of(two)).not.toBe(two);
  });

  test('refuse a currency that is none, with what to do', async () => {
    const mapping = mappingOf(`${LINES}  currency: { from: CUR02, codes: currency, default: USD }`, LINE_CODES);
    const { problems } = mapDocument(mapping, await parse855([BAK, 'CUR*SE*US$']));
    expect(problems).toMatchObject([{ code: 'ERR_MAPPING_CODE', found: 'US$', hint: 'add "US$" under codes.currency in t/855.yaml' }]);
  });
});
