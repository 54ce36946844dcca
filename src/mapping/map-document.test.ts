import { describe, expect, test } from 'vitest';
import { formatProblem } from '../core/problem.ts';
import { CANONICAL } from '../events/documents.ts';
import { BAK, mappingOf as mapping, NEEDED, parse855 } from './harness.ts';
import { compileMappings } from './load.ts';
import { mapDocument } from './map-document.ts';

const LINES =
  '  lines[]: { each: PO1 }\n  lines[].ref.lineNumber: PO101\n  lines[].dispositions[]: { each: ACK }\n  lines[].dispositions[].code: { from: ACK01, codes: status }\n';
const STATUS = 'codes: { status: { IA: accepted, IB: backordered } }\n';

test('one cause is one problem, with the place in the document, the rule and what to add where', async () => {
  const rules = mapping(
    `${LINES}  lines[].ordered.value: PO102\n  lines[].ordered.uom: { from: PO103, codes: uom }\n  lines[].price.basis: { from: PO103, codes: uom }`,
    STATUS,
  );
  const { documents, problems } = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EAA', 'ACK*IA']));
  expect(documents).toEqual([]);
  expect(problems.map(formatProblem)).toEqual([
    'segment 5 (PO1) element PO103 offset 185: error ERR_MAPPING_CODE lines[0].ordered.uom: element PO103: expected a code of uom, found "EAA" · rule: t/855.yaml:17:3 · hint: add "EAA" under codes.uom in t/855.yaml',
  ]);
});

test('a document of another set or version is not mapped', async () => {
  const rules = mapping(LINES, STATUS);
  const other = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EA', 'ACK*IA'], '005010'));
  expect([other.documents.length, other.problems[0]?.code]).toEqual([0, 'ERR_MAPPING_MISMATCH']);
  const suffixed = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EA', 'ACK*IA'], '004010VICS'));
  expect(suffixed.problems).toEqual([]);
  const wrong = mapDocument(rules, { ...(await parse855([BAK])), type: '856' });
  expect(wrong.problems.map((problem) => problem.message)).toEqual(['mapping t/855 expected a 855, found 856']);
});

const ORDERED = '  lines[].ordered.value: PO102\n  lines[].ordered.uom: { from: PO103, codes: uom }\n';
test.each([
  ['a quantity of 17 digits', ORDERED, 'PO1*1*12345678901234567*EA', 'PO1', 2],
  ['a negative quantity', ORDERED, 'PO1*1*-5*EA', 'PO1', 2],
  [
    'an amount of 22 digits',
    '  lines[].price.amount: PO104\n  lines[].price.currency: { const: USD }',
    'PO1*1*5*EA*1234567890123456789012',
    'PO1',
    4,
  ],
  ['a currency in small letters', '  currency: PO1/PO106', 'PO1*1*5*EA*1**usd', 'PO1', 6],
  [
    'a word that is none of the field',
    '  document.revision: BAK03\n  parties[]: { each: N1 }\n  parties[].role: N101',
    'N1*seler*X~PO1*1*5*EA',
    'N1',
    1,
  ],
])('%s is refused, at its place', async (_what, set, segment, segmentId, element) => {
  const { documents, problems } = mapDocument(mapping(`${LINES}${set}`, STATUS), await parse855([BAK, segment, 'ACK*IA']));
  expect([documents.length, problems.map((problem) => problem.code)]).toEqual([0, ['ERR_MAPPING_SCHEMA']]);
  expect(problems[0]?.at).toMatchObject({ segmentId, element });
});

test('what is required and missing is said at the line that lacks it', async () => {
  const rules = mapping(LINES.replace('each: ACK }', 'each: ACK, required: true }').replace('PO101', '{ from: PO101, required: true }'), STATUS);
  const { problems } = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EA', 'ACK*IA', 'PO1**5*EA**VP*X']));
  expect(problems.map((problem) => [problem.code, problem.message, problem.at?.kind === 'segment' && problem.at.segment])).toEqual([
    ['ERR_MAPPING_REQUIRED', 'lines[1].ref.lineNumber: expected a value in PO101, found none', 7],
    ['ERR_MAPPING_REQUIRED', 'lines[1].dispositions: expected at least one ACK, found none', 7],
  ]);
});

describe('values that no byte gave', () => {
  test('never make an object exist by themselves', async () => {
    const rules = mapping(
      `${LINES}  currency: { from: CUR02, default: USD }\n  lines[].price.amount: PO104\n  lines[].price.currency: { same: currency }`,
      STATUS,
    );
    const { documents, problems } = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EA', 'ACK*IA', 'PO1*2*5*EA*1.50', 'ACK*IB']));
    expect(problems).toEqual([]);
    const lines = documents[0]?.body.lines as { price?: object }[];
    expect(lines.map((line) => line.price)).toEqual([undefined, { amount: '1.50', currency: 'USD' }]);
    expect(documents[0]?.lineage.filter((entry) => entry.target.startsWith('lines[0].price'))).toEqual([]);
    expect(documents[0]?.lineage.find((entry) => entry.target === 'lines[1].price.currency')).toMatchObject({
      value: 'USD',
      rule: 't/855.yaml:18:3',
    });
  });

  test('same keeps the bytes that the other field was read from', async () => {
    const rules = mapping(`${LINES}  currency: { from: CUR02, default: USD }\n  total.amount: CTT02\n  total.currency: { same: currency }`, STATUS);
    const { documents } = mapDocument(rules, await parse855([BAK, 'CUR*SE*CAD', 'PO1*1*5*EA', 'ACK*IA', 'CTT*1*5']));
    expect(documents[0]?.body.total).toEqual({ amount: '5', currency: 'CAD' });
    expect(documents[0]?.lineage.find((entry) => entry.target === 'total.currency')?.source).toMatchObject({
      segmentId: 'CUR',
      element: 2,
      text: 'CAD',
    });
  });
});

test('a code that stands for several objects makes several items, and @part tells them apart', async () => {
  const rules = mapping(
    `  lines[]: { each: PO1 }\n  lines[].ref.lineNumber: PO101\n  lines[].dispositions[]: { each: ACK, from: ACK01, codes: status }\n  lines[].dispositions[].quantity.value:\n    - { from: ^PO1/PO102, less: ACK02, when: "@part = 2" }\n    - ACK02\n  lines[].dispositions[].quantity.uom: { from: ACK03, codes: uom }\n`,
    'codes: { status: { BP: [{ code: accepted }, { code: backordered, changes: [quantity] }] } }\n',
  );
  const { documents, problems } = mapDocument(rules, await parse855([BAK, 'PO1*1*10.5*EA', 'ACK*BP*4.25*EA']));
  expect(problems).toEqual([]);
  const lines = documents[0]?.body.lines as { dispositions: object[] }[];
  expect(lines.map((line) => line.dispositions)).toEqual([
    [
      { code: 'accepted', quantity: { value: '4.25', uom: 'EA' } },
      { code: 'backordered', changes: ['quantity'], quantity: { value: '6.25', uom: 'EA' } },
    ],
  ]);
  const rest = documents[0]?.lineage.filter((entry) => entry.target === 'lines[0].dispositions[1].quantity.value');
  expect(rest?.map((entry) => entry.source?.text).sort()).toEqual(['10.5', '4.25']);
});

test('a sum is exact, and its lineage names every addend', async () => {
  const rules = mapping(`${LINES}  total.amount: { sum: PO104 }\n  total.currency: { const: USD }`, STATUS);
  const { documents } = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EA*.1', 'ACK*IA', 'PO1*2*5*EA*.2', 'ACK*IA', 'PO1*3*5*EA*10.10', 'ACK*IB']));
  expect(documents[0]?.body.total).toEqual({ amount: '10.40', currency: 'USD' });
  const addends = documents[0]?.lineage.filter((entry) => entry.target === 'total.amount').map((entry) => entry.source?.text);
  expect(addends?.sort()).toEqual(['.1', '.2', '10.10']);
});

test('a partner adds to the codes of its base and keeps the rest', async () => {
  const text = (name: string, rest: string) => ({ name, file: `${name}.yaml`, text: `mapping: ${name}\nversion: 1.0.0\n${rest}` });
  const source = 'source: { format: x12, set: "855", versions: ["004010"] }\ntarget: order_acknowledgment@1\n';
  const base = text('t/855', `${source}set:\n${NEEDED}${LINES}${STATUS}`);
  const { catalog, problems } = compileMappings([base, text('a/855', 'extends: t/855@1\ncodes: { status: { ZZ: on_hold } }\n')], CANONICAL);
  const partner = catalog.find('a/855');
  if (partner === undefined) throw new Error(problems.map(formatProblem).join());
  const document = await parse855([BAK, 'PO1*1*5*EA', 'ACK*ZZ', 'ACK*IB']);
  const { documents } = mapDocument(partner, document);
  expect(documents[0]?.body.lines).toMatchObject([{ dispositions: [{ code: 'on_hold' }, { code: 'backordered' }] }]);
  const std = catalog.find('t/855');
  expect(std === undefined ? [] : mapDocument(std, document).problems.map((problem) => problem.code)).toEqual(['ERR_MAPPING_CODE']);
});

test('otherwise keeps the code or gives a value where the rule says so', async () => {
  const parties =
    '  parties[]: { each: N1 }\n  parties[].role: { from: N101, codes: role, otherwise: other }\n  parties[].roleCode: { from: N101, codes: role, otherwise: keep }\n';
  const { documents } = mapDocument(mapping(parties, 'codes: { role: { ST: ship_to } }\n'), await parse855([BAK, 'N1*ST*A', 'N1*QQ*B']));
  expect(documents).toEqual([]);
  const kept = mapDocument(
    mapping(`  lines[]: { each: PO1 }\n${parties}`, 'codes: { role: { ST: ship_to } }\n'),
    await parse855([BAK, 'N1*ST*A', 'N1*QQ*B']),
  );
  expect(kept.documents[0]?.body.parties).toEqual([
    { role: 'ship_to', roleCode: 'ship_to' },
    { role: 'other', roleCode: 'QQ' },
  ]);
});

test('what the canonical schema refuses names the rule and the bytes', async () => {
  const rules = mapping(`${LINES}  lines[].item.gtin: PO1.UP`, STATUS);
  const { problems } = mapDocument(rules, await parse855([BAK, 'PO1*1*5*EA***UP*12345', 'ACK*IA']));
  expect(problems).toMatchObject([
    {
      code: 'ERR_MAPPING_SCHEMA',
      at: { segmentId: 'PO1', element: 7 },
      rule: { line: 16 },
      expected: 'a GTIN of 8, 12, 13 or 14 digits',
      found: '"12345"',
    },
  ]);
});

test('names like __proto__ and constructor in extensions touch nothing but the document', async () => {
  const rules = mapping('  lines[]: { each: PO1 }\n  extensions.constructor: BAK02\n');
  const { documents } = mapDocument(rules, await parse855([BAK]));
  expect(Object.entries(documents[0]?.body.extensions ?? {})).toEqual([['constructor', 'AD']]);
  expect(() => mapping('  extensions.__proto__: BAK02\n')).toThrow('ERR_MAPPING_TARGET');
});

describe('a pattern that finds nothing', () => {
  const rules = (alternatives: string) => mapping(`${LINES}  order.sellerOrderNumber: ${alternatives}`, STATUS);
  const parsed = () => parse855([BAK, 'REF*VN*SO 778812/7', 'PO1*1*5*EA', 'ACK*IA']);

  test('is a fault at the element, unless the rule says what holds then', async () => {
    const found = mapDocument(rules('{ from: REF(VN)02, pattern: "SO ([0-9]+)" }'), await parsed()).documents[0]?.body.order;
    expect(found).toMatchObject({ sellerOrderNumber: '778812' });
    const { documents, problems } = mapDocument(rules('{ from: REF(VN)02, pattern: "CO ([0-9]+)" }'), await parsed());
    expect([documents, problems.map(({ code, at }) => [code, at?.kind === 'segment' && at.element])]).toEqual([[], [['ERR_MAPPING_PATTERN', 2]]]);
    const other = mapDocument(rules('[{ from: REF(VN)02, pattern: "CO ([0-9]+)" }, { from: REF(VN)02, hash: true }]'), await parsed());
    expect(other.documents[0]?.body.order).toMatchObject({ sellerOrderNumber: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
