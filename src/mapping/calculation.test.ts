import { expect, test } from 'vitest';
import { addCoverage, beginCoverage, unexplainedIn } from './coverage.ts';
import { BAK, LINE_CODES, LINES, mappingOf, parse855 } from './harness.ts';
import { mapDocument } from './map-document.ts';
import { traceValues } from './trace.ts';

const PER_HUNDRED = `${LINES}  lines[].price.amount: { calc: "div(total, quantity, 4)", with: { total: { from: CTP03, as: dec, implied: 2 }, quantity: { from: PO102, as: dec } } }\n  lines[].price.currency: { const: USD }`;

test('a value is made of several places, exactly, and each of them is in its lineage and its chain', async () => {
  const mapping = mappingOf(PER_HUNDRED, LINE_CODES);
  const document = await parse855([BAK, 'PO1*1*8*EA', 'CTP***1001', 'PO1*2*3*EA', 'CTP***1000']);
  const { documents, problems, reads } = mapDocument(mapping, document);
  expect(problems).toEqual([]);
  expect(documents[0]?.body.lines).toMatchObject([{ price: { amount: '1.2513' } }, { price: { amount: '3.3333' } }]);
  const lineage = documents[0]?.lineage ?? [];
  expect(
    lineage
      .filter(({ target }) => target === 'lines[1].price.amount')
      .map(({ value, source }) => [value, source?.segmentId, source?.element, source?.text]),
  ).toEqual([
    ['3.3333', 'PO1', 2, '3'],
    ['3.3333', 'CTP', 3, '1000'],
  ]);
  const [trace] = traceValues(mapping, lineage, 'lines[1].price.amount');
  expect(trace?.steps.map(({ says, value }) => `${says} ${value}`)).toEqual([
    'total: CTP03 1000',
    'implied 2 10.00',
    'quantity: PO102 3',
    'calc div(total, quantity, 4) 3.3333',
  ]);
  const coverage = beginCoverage();
  if (reads !== undefined) addCoverage(coverage, mapping, document, reads);
  expect(unexplainedIn(coverage).map(({ key }) => key)).not.toContain('PO1/CTP03');
});

test('without a value for an input there is nothing to calculate: the default holds, or the next alternative', async () => {
  const body = async (rule: string) =>
    mapDocument(mappingOf(`${LINES}  order.sellerOrderNumber: ${rule}`, LINE_CODES), await parse855([BAK])).documents[0]?.body.order;
  const calc = 'calc: a + "/" + b, with: { a: BAK03, b: BAK08 }';
  expect(await body(`{ ${calc} }`)).toEqual({ orderNumber: 'PO-1' });
  expect(await body(`{ ${calc}, default: none }`)).toEqual({ orderNumber: 'PO-1', sellerOrderNumber: 'none' });
  expect(await body(`[{ ${calc} }, BAK04]`)).toEqual({ orderNumber: 'PO-1', sellerOrderNumber: '20261030' });
  expect(await body('{ calc: a + "/" + b, with: { a: BAK03, b: { from: BAK08, default: "0" } } }')).toEqual({
    orderNumber: 'PO-1',
    sellerOrderNumber: 'PO-1/0',
  });
});

test('a sum is one input of many places; where it finds none its default counts', async () => {
  const rule = `${LINES}  total.amount: { calc: goods + freight, with: { goods: { sum: PO1/PO104, as: dec }, freight: { sum: PO1/CTP03, as: dec, default: "0" } } }\n  total.currency: { const: USD }`;
  const total = async (...segments: string[]) =>
    mapDocument(mappingOf(rule, LINE_CODES), await parse855([BAK, ...segments])).documents[0]?.body.total;
  expect(await total('PO1*1*1*EA*10.10', 'PO1*2*1*EA*0.20')).toEqual({ amount: '10.30', currency: 'USD' });
  expect(await total('PO1*1*1*EA*10.10', 'CTP***5', 'PO1*2*1*EA*0.20', 'CTP***0.001')).toEqual({ amount: '15.301', currency: 'USD' });
  expect(await total()).toBeUndefined();
});

test('what cannot be calculated is a fault at the place of the input, with the values; what an input cannot be, is one too', async () => {
  const faults = async (...segments: string[]) =>
    mapDocument(mappingOf(PER_HUNDRED, LINE_CODES), await parse855([BAK, ...segments])).problems.map(({ code, at, message, found }) => [
      code,
      at?.kind === 'segment' ? `${at.segmentId}${at.element}` : '',
      message,
      found,
    ]);
  expect(await faults('PO1*1*0*EA', 'CTP***1000')).toEqual([
    ['ERR_MAPPING_CALC', 'CTP3', 'lines[0].price.amount: the expression cannot be carried out: a division by zero', 'total 10.00, quantity 0'],
  ]);
  expect(await faults('PO1*1*1*EA', 'CTP***10.00')).toEqual([['ERR_MAPPING_DECIMAL', 'CTP3', expect.stringContaining('X12 N2'), '10.00']]);
});

test('a calculation inside of group-by, of a list of texts, of a date and of a whole number', async () => {
  const rules = `${LINES}  notes[]: { each: PO1, calc: a + "/" + string(n), with: { a: PO101, n: { from: PO102, as: int } } }
  order.orderDate: { calc: "addDays(day, 3)", with: { day: { from: BAK04, as: date } } }`;
  const { documents, problems } = mapDocument(mappingOf(rules, LINE_CODES), await parse855([BAK, 'PO1*1*7*EA', 'PO1*2*8*EA']));
  expect(problems).toEqual([]);
  expect(documents[0]?.body).toMatchObject({ notes: ['1/7', '2/8'], order: { orderDate: '2026-11-02' } });
});
