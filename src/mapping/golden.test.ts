/**
 * Golden folders beside the standard maps: `x12-855.tests/<case>/in.edi` must give `out.json`. A new folder is a new test.
 * After a deliberate change: `quayside map test --update`, and read the difference.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject, MappedDocument } from '../core/canonical.ts';
import type { ParsedDocument, RawSource } from '../core/contracts.ts';
import { formatProblem } from '../core/problem.ts';
import { CANONICAL } from '../events/documents.ts';
import { x12Format } from '../formats/x12/format.ts';
import { addCoverage, beginCoverage, unexplainedIn } from './coverage.ts';
import { addDecimals } from './decimal.ts';
import { differencesIn, type GoldenCase, goldenCasesOf, leavesOf, mapGolden } from './golden-case.ts';
import { compileMappings, loadMappings } from './load.ts';
import { mapDocument } from './map-document.ts';
import { fieldsOfTarget } from './target-fields.ts';
import { traceValues } from './trace.ts';

const { catalog, problems } = loadMappings([{ directory: 'mappings' }], CANONICAL);
const cases = catalog.mappings.flatMap((mapping) =>
  goldenCasesOf(mapping).map((golden) => ({ mapping, golden, name: `${mapping.name} ${golden.name}` })),
);

async function parse(golden: GoldenCase): Promise<{ bytes: Buffer; documents: ParsedDocument[] }> {
  if (golden.input === undefined) throw new Error(`${golden.folder} has no document`);
  const bytes = readFileSync(golden.input);
  const source: RawSource = {
    open: async function* () {
      yield bytes;
    },
  };
  const documents: ParsedDocument[] = [];
  for await (const parsed of x12Format.parse(source, {})) if (parsed.kind === 'document') documents.push(parsed);
  return { bytes, documents };
}

test('the standard maps load without a fault, and each has golden folders', () => {
  expect(problems.map(formatProblem)).toEqual([]);
  expect(catalog.mappings.map((mapping) => mapping.name)).toEqual(expect.arrayContaining(['std/x12-810', 'std/x12-855', 'std/x12-856']));
  for (const mapping of catalog.mappings) expect(goldenCasesOf(mapping)).not.toEqual([]);
});

describe.each(cases)('$name', ({ mapping, golden }) => {
  test('gives what out.json says', async () => {
    expect(differencesIn(golden, mapGolden(mapping, (await parse(golden)).documents, []))).toEqual([]);
  });

  test('every value has a lineage entry, and every entry leads to the bytes it names', async () => {
    const { bytes, documents } = await parse(golden);
    for (const document of documents.flatMap((one) => mapDocument(mapping, one).documents)) {
      const values = new Map(leavesOf(document.body, '').filter(([, value]) => value !== '[]'));
      const entries = new Map(document.lineage.map((entry) => [entry.target, entry.value]));
      expect([...entries].sort()).toEqual([...values].sort());
      for (const { source, rule } of document.lineage) {
        expect(rule).toMatch(/^mappings\/.*\.yaml:\d+:\d+$|^envelope ISA15$/);
        if (source !== undefined) expect(bytes.subarray(source.offset, source.offset + source.text.length).toString('latin1')).toBe(source.text);
      }
    }
  });

  test('the chain of every value ends in that value', async () => {
    for (const document of (await parse(golden)).documents.flatMap((one) => mapDocument(mapping, one).documents)) {
      const traces = traceValues(mapping, document.lineage, '');
      expect(traces.map((trace) => trace.target).sort()).toEqual([...new Set(document.lineage.map((entry) => entry.target))].sort());
      for (const { target, value, steps } of traces) expect([target, steps.at(-1)?.value]).toEqual([target, textOrValue(value, steps)]);
    }
  });

  test('the quick check refuses whatever the whole schema refuses when a key is gone or a list is empty', async () => {
    const target = mapping.effective.target;
    for (const document of (await parse(golden)).documents.flatMap((one) => mapDocument(mapping, one).documents)) {
      expect(target.checkStructure(document.body)).toBe(true);
      for (const [what, less] of lessened(document.body))
        expect([what, target.checkStructure(less)]).toEqual([what, target.checkBody(less).length === 0]);
    }
  });

  test('nothing of it is unexplained', async () => {
    const coverage = beginCoverage();
    for (const document of (await parse(golden)).documents) {
      const { reads, documents } = mapDocument(mapping, document);
      // A document with faults is not read to its end.
      if (reads !== undefined && documents.length > 0) addCoverage(coverage, mapping, document, reads);
    }
    expect(unexplainedIn(coverage).map((one) => `${one.key} ${one.example.text}`)).toEqual([]);
  });
});

/** Copies of a body, each without one of its keys, or with one list that is empty. */
function lessened(body: JsonObject): [what: string, less: JsonObject][] {
  const copies: [string, JsonObject][] = [];
  const visit = (value: Json, path: readonly (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const step = Array.isArray(value) ? Number(key) : key;
      if (!Array.isArray(value)) copies.push([`without ${[...path, key].join('.')}`, changed(body, [...path, step], undefined)]);
      if (Array.isArray(inner)) copies.push([`nothing in ${[...path, key].join('.')}`, changed(body, [...path, step], [])]);
      visit(inner as Json, [...path, step]);
    }
  };
  visit(body, []);
  return copies;
}

function changed(body: JsonObject, path: readonly (string | number)[], value: Json | undefined): JsonObject {
  const copy = structuredClone(body) as Record<string | number, Json>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, Json>;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy as JsonObject;
}

test('every decimal of a canonical document takes seven digits without a sign', () => {
  for (const { body } of Object.values(CANONICAL)) {
    const fields = fieldsOfTarget(body);
    const decimals = fields.paths.map((path) => fields.find(path)).filter((field) => field?.kind === 'decimal');
    expect(decimals.length).toBeGreaterThan(0);
    for (const field of decimals) for (const text of ['0', '9999999', '0.99999', '99999.9', '9.99999']) expect(field?.pattern?.test(text)).toBe(true);
  }
});

/** Text that lost its padding is shown as it was sent. */
function textOrValue(value: Json, steps: readonly { readonly value: Json }[]): Json {
  const last = steps.at(-1)?.value;
  return typeof last === 'string' && typeof value === 'string' && last.trimEnd() === value ? last : value;
}

describe('an 810 foots, whatever a partner overrides', () => {
  const base = ['810', '855', '856'].map((set) => ({
    name: `std/x12-${set}`,
    file: `mappings/std/x12-${set}.yaml`,
    text: readFileSync(`mappings/std/x12-${set}.yaml`, 'utf8'),
  }));
  const bill = async (more: string): Promise<string[]> => {
    const text = `mapping: acme/810\nversion: 1.0.0\nextends: std/x12-810@1\n${more}`;
    const loaded = compileMappings([...base, { name: 'acme/810', file: 'acme/810.yaml', text }], CANONICAL);
    const mapping = loaded.catalog.find('acme/810');
    const golden = cases.find(({ name }) => name === 'std/x12-810 freight-allowance-tax')?.golden;
    if (mapping === undefined || golden === undefined) throw new Error(loaded.problems.map(formatProblem).join('\n'));
    return (await parse(golden)).documents.flatMap((one) =>
      mapDocument(mapping, one).problems.map(({ code, at }) => `${code} ${at?.kind === 'segment' ? at.segmentId : ''}`),
    );
  };

  test('as it was sent', async () => {
    expect(await bill('')).toEqual([]);
  });

  test.each([
    ['a total that is read with too many decimals', 'set:\n  totals.payable.amount: { from: TDS01, implied: 3 }\n'],
    ['a price from elsewhere', 'set:\n  lines[].price.amount: IT102\n'],
    ['lines left out', 'set:\n  lines[]: { each: IT1, where: IT101 = 1 }\n'],
    ['a price per thousand read as one per piece', 'drop: ["lines[].price.perQuantity"]\n'],
  ])('%s is told', async (_what, more) => {
    expect(await bill(more)).toEqual(['ERR_MAPPING_CHECK SAC']);
  });
});

describe('the shapes of an 856', () => {
  const read = async (shape: string): Promise<MappedDocument> => {
    const found = cases.find(({ name }) => name === `std/x12-856 ${shape}`);
    if (found === undefined) throw new Error(`there is no golden folder ${shape}`);
    const [document] = (await parse(found.golden)).documents.flatMap((one) => mapDocument(found.mapping, one).documents);
    if (document === undefined) throw new Error(`${shape} gave no document`);
    return document;
  };

  test.each(['s-o-i-p', 's-p-o-i'])('pick and pack and %s of the same goods give equal orders and packages', async (shape) => {
    const [pickAndPack, other] = [await read('s-o-p-i'), await read(shape)];
    expect(other.body.orders).toEqual(pickAndPack.body.orders);
    expect(other.body.packages).toEqual(pickAndPack.body.packages);
  });

  test.each(['s-o-p-i', 's-o-i-p', 's-p-o-i', 's-o-t-p-i'])('both views of %s sum alike', async (shape) => {
    const { body } = await read(shape);
    const shipped = valuesAt(body, ['orders', 'lines', 'shipped', 'value']);
    const packed = valuesAt(body, ['packages', 'contents', 'quantity', 'value']);
    expect(shipped.length).toBeGreaterThan(0);
    expect(addDecimals(packed)).toBe(addDecimals(shipped));
  });
});

function valuesAt(value: Json | undefined, path: readonly string[]): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item) => valuesAt(item, path));
  const [key, ...rest] = path;
  return key === undefined ? [String(value)] : valuesAt((value as JsonObject)[key], rest);
}
