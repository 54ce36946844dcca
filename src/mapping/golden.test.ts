/**
 * Golden folders beside the standard maps: `x12-855.tests/<case>/in.edi` must give `out.json`. A new folder is a new test.
 * After a deliberate change: `npx vitest run src/mapping/golden.test.ts --update`, and read the difference.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject, MappedDocument } from '../core/canonical.ts';
import type { ParsedDocument, RawSource } from '../core/contracts.ts';
import { formatProblem } from '../core/problem.ts';
import { CANONICAL } from '../events/documents.ts';
import { x12Format } from '../formats/x12/format.ts';
import { addDecimals } from './decimal.ts';
import { loadMappings } from './load.ts';
import { mapDocument } from './map-document.ts';

const { catalog, problems } = loadMappings([{ directory: 'mappings' }], CANONICAL);

const folders = (readdirSync('mappings', { recursive: true }) as string[]).filter((path) => /\.tests\/[^/]+$/.test(path)).sort();
const cases = folders.map((folder) => ({ folder: `mappings/${folder}`, mapping: folder.replace(/\.tests\/.*$/, ''), name: folder }));

async function parse(bytes: Uint8Array): Promise<ParsedDocument[]> {
  const source: RawSource = {
    open: async function* () {
      yield bytes;
    },
  };
  const documents: ParsedDocument[] = [];
  for await (const parsed of x12Format.parse(source, {})) if (parsed.kind === 'document') documents.push(parsed);
  return documents;
}

async function mapFile(mapping: string, file: string) {
  const compiled = catalog.find(mapping);
  if (compiled === undefined) throw new Error(`there is no mapping ${mapping}`);
  const bytes = readFileSync(file);
  const mapped = (await parse(bytes)).map((document) => mapDocument(compiled, document));
  return { bytes, documents: mapped.flatMap((one) => one.documents), problems: mapped.flatMap((one) => one.problems) };
}

test('the standard maps load without a fault', () => {
  expect(problems.map(formatProblem)).toEqual([]);
  expect(catalog.mappings.map((mapping) => mapping.name)).toEqual(expect.arrayContaining(['std/x12-810', 'std/x12-855', 'std/x12-856']));
});

test('every standard map has golden folders', () => {
  for (const { name } of catalog.mappings) expect(cases.some((one) => one.mapping === name)).toBe(true);
});

describe.each(cases)('$name', ({ folder, mapping }) => {
  test('gives what out.json says', async () => {
    expect(existsSync(`${folder}/in.edi`)).toBe(true);
    const mapped = await mapFile(mapping, `${folder}/in.edi`);
    const out = { documents: mapped.documents.map((document) => document.body), problems: mapped.problems.map(formatProblem) };
    expect(out.documents.length + out.problems.length).toBeGreaterThan(0);
    await expect(`${JSON.stringify(out, null, 2)}\n`).toMatchFileSnapshot(`../../${folder}/out.json`);
  });

  test('every value has a lineage entry, and every entry leads to the bytes it names', async () => {
    const { bytes, documents } = await mapFile(mapping, `${folder}/in.edi`);
    for (const document of documents) {
      const values = new Map(leavesOf(document.body, ''));
      const entries = new Map(document.lineage.map((entry) => [entry.target, entry.value]));
      expect([...entries].sort()).toEqual([...values].sort());
      for (const { source, rule } of document.lineage) {
        expect(rule).toMatch(/^mappings\/.*\.yaml:\d+:\d+$|^envelope ISA15$/);
        if (source !== undefined) expect(bytes.subarray(source.offset, source.offset + source.text.length).toString('latin1')).toBe(source.text);
      }
    }
  });
});

describe('the shapes of an 856', () => {
  const read = async (shape: string): Promise<MappedDocument> => {
    const [document] = (await mapFile('std/x12-856', `mappings/std/x12-856.tests/${shape}/in.edi`)).documents;
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

function leavesOf(value: Json, path: string): [string, Json][] {
  // An empty list has no value in it that came from anywhere.
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, index) => leavesOf(item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value as JsonObject).flatMap(([key, item]) => leavesOf(item, path === '' ? key : `${path}.${key}`));
}

function valuesAt(value: Json | undefined, path: readonly string[]): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item) => valuesAt(item, path));
  const [key, ...rest] = path;
  return key === undefined ? [String(value)] : valuesAt((value as JsonObject)[key], rest);
}
