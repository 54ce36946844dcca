/** The demo's site loads without a fault as it stands, and each partner differs from the standard maps in the five fields that its README names. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EXTENSIONS, STANDARD_MAPPINGS } from '../../src/app.ts';
import type { LineageEntry } from '../../src/core/canonical.ts';
import { loadCatalog } from '../../src/pipeline/catalog.ts';
import { translate } from '../../src/pipeline/translate.ts';
import { fileAt, filesUnder } from './source-files.ts';

const HOME = fileURLToPath(new URL('../../fixtures/demo', import.meta.url));
const { catalog, problems } = loadCatalog({ home: HOME, extensions: EXTENSIONS, standardMappings: STANDARD_MAPPINGS });

/** What each overriding line of a partner must yield from its documents. */
const DIFFERENCES: Record<string, Record<string, readonly [target: string, value: string][]>> = {
  acme: {
    '855': [['order.sellerOrderNumber', 'SO-778812']],
    '856': [
      ['shipment.proNumber', '7730011'],
      ['orders[0].order.sellerOrderNumber', 'SO-778812'],
    ],
    '810': [
      ['orders[0].sellerOrderNumber', 'SO-778812'],
      ['shipmentRefs[0]', 'ASN-90417'],
    ],
  },
  borealis: {
    '855': [
      ['lines[0].ref.lineNumber', '10'],
      ['lines[0].price.amount', '18.4500'],
      ['lines[1].dispositions[0].price.amount', '412.7500'],
    ],
    '856': [['shipment.billOfLading', 'PLX-2026-44817']],
    '810': [['paymentTerms.netDueDate', '2026-12-22']],
  },
};

async function lineageOf(partnerName: string, set: string): Promise<readonly LineageEntry[]> {
  const partner = catalog.partners.get(partnerName);
  const format = EXTENSIONS.formats.get('x12');
  if (partner === undefined || format === undefined) throw new Error(`expected a partner ${partnerName} and the format x12`);
  const bytes = Buffer.from(fileAt(`fixtures/demo/documents/${partnerName}/${set}.edi`));
  const source = {
    async *open() {
      yield bytes;
    },
  };
  const entries: LineageEntry[] = [];
  for await (const item of translate(source, { partner, mappings: catalog.mappings, format, checkSender: true })) {
    expect(item.kind === 'fault' ? [item.fault] : item.problems).toEqual([]);
    if (item.kind !== 'fault') entries.push(...item.outputs.flatMap((output) => output.lineage));
  }
  return entries;
}

test('the site loads without a fault', () => {
  expect(problems).toEqual([]);
  expect([...catalog.partners.keys()].sort()).toEqual(['acme', 'borealis']);
  expect([...catalog.endpoints.keys()]).toEqual(['erp']);
});

test('the first line of every file that people write names a schema that is there', () => {
  const files = [...filesUnder('fixtures/demo', /\.yaml$/), ...filesUnder('mappings', /\.yaml$/)];
  for (const { path, text } of files) {
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
    expect(existsSync(new URL(schema, new URL(path, new URL('../../', import.meta.url)))), `${path}: ${schema}`).toBe(true);
  }
});

test('every stand-in stands somewhere, and each is told from the others', () => {
  const standIns: string[] = Object.values(JSON.parse(fileAt('fixtures/demo/stand-ins.json')));
  const site = filesUnder('fixtures/demo', /\.yaml$/)
    .map(({ text }) => text)
    .join('\n');
  for (const standIn of standIns) expect(site).toContain(standIn);
  for (const standIn of standIns) expect(standIns.filter((other) => other.includes(standIn))).toEqual([standIn]);
});

describe.each(Object.entries(DIFFERENCES))('%s', (partner, sets) => {
  test('has five lines of its own, and a README that names them', () => {
    const overrides = filesUnder(`fixtures/demo/mappings/${partner}`, /\.yaml$/).flatMap(({ text }) =>
      text.split('\n').filter((line) => /^ {2}\S/.test(line)),
    );
    expect(overrides).toHaveLength(5);
    expect(Object.values(sets).flat()).toHaveLength(5);
    expect(fileAt(`fixtures/demo/partners/${partner}/README.md`).match(/^\| 8[0-9]{2} \|/gm)).toHaveLength(5);
  });

  test.each(Object.entries(sets))('%s: its own lines put its values there', async (set, expected) => {
    const lineage = await lineageOf(partner, set);
    for (const [target, value] of expected) {
      const entry = lineage.find((candidate) => candidate.target === target);
      expect(entry, target).toMatchObject({ value, rule: expect.stringContaining(`mappings/${partner}/${set}.yaml:`) });
    }
  });
});
