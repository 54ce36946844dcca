import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CANONICAL } from '../events/documents.ts';
import { BAK, HEAD, LINE_CODES, LINES, loadRules, mappingOf, NEEDED, parse855, problemsOf } from './harness.ts';
import { loadMappings } from './load.ts';
import { mapDocument } from './map-document.ts';
import { traceValues } from './trace.ts';

const SKUS = 'vendor,ours,listed\nW-7,0012345,2026-01-31\nW-8,10.10,2026-02-28\nW-9,,\n';
const beside = (name: string) => (name === 'skus.csv' ? SKUS : undefined);
const NEEDS = `${LINE_CODES}needs: { skus: { file: skus.csv } }\n`;
const BY_OURS = `${LINES}  lines[].item.buyerSku: { from: PO1.VP, lookup: skus.ours }\n`;
const line = (sku: string) => `PO1*1*1*EA***VP*${sku}`;

describe('a lookup in a table beside the mapping', () => {
  test('gives the text of the table, and its chain names the line of the answer', async () => {
    const mapping = mappingOf(BY_OURS, NEEDS, beside);
    const { documents, problems } = mapDocument(mapping, await parse855([BAK, line('W-7'), line('W-8')]));
    expect(problems).toEqual([]);
    expect(documents[0]?.body.lines).toMatchObject([{ item: { buyerSku: '0012345' } }, { item: { buyerSku: '10.10' } }]);
    const [trace] = traceValues(mapping, documents[0]?.lineage ?? [], 'lines[1].item.buyerSku');
    expect(trace?.steps.map(({ says, value, at }) => [says, value, at])).toEqual([
      ['PO107', 'W-8', undefined],
      ['lookup skus.ours', '10.10', 't/skus.csv:3:5'],
    ]);
  });

  test.each(['W-6', 'W-9'])('without an answer for %s is a fault that says what to add where', async (sku) => {
    const { documents, problems } = mapDocument(mappingOf(BY_OURS, NEEDS, beside), await parse855([BAK, line(sku)]));
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([
      {
        code: 'ERR_MAPPING_LOOKUP',
        expected: 'a key of skus.ours',
        found: sku,
        hint: `add a line for "${sku}" to the table skus that t/855.yaml needs`,
      },
    ]);
  });

  test('may say otherwise', async () => {
    const buyerSku = async (more: string) => {
      const rules = BY_OURS.replace('skus.ours }', `skus.ours, ${more} }`);
      return mapDocument(mappingOf(rules, NEEDS, beside), await parse855([BAK, line('W-6')])).documents[0]?.body.lines;
    };
    expect(await buyerSku('otherwise: keep')).toMatchObject([{ item: { buyerSku: 'W-6' } }]);
    expect(await buyerSku('otherwise: unknown')).toMatchObject([{ item: { buyerSku: 'unknown' } }]);
  });

  test('is part of the hash: another answer is another mapping, another line that is not asked for too', () => {
    const hash = (table: string) => mappingOf(BY_OURS, NEEDS, () => table).hash;
    expect(hash(SKUS)).toBe(hash(SKUS.replace('2026-01-31', '2026-01-30')));
    expect(hash(SKUS)).not.toBe(hash(SKUS.replace('0012345', '12345')));
    expect(hash(SKUS)).not.toBe(hash(`${SKUS}W-10,x,\n`));
    expect(hash(SKUS)).not.toBe(mappingOf(`${LINES}  lines[].item.buyerSku: PO1.VP\n`, LINE_CODES).hash);
  });

  test.each([
    ['lookup: skus.our', 'ERR_FILE_REFERENCE', 'did you mean "skus.ours"?'],
    ['lookup: sku.ours', 'ERR_FILE_REFERENCE', 'did you mean "skus.ours"?'],
    ['lookup: ours', 'ERR_FILE_SCHEMA', 'lookup'],
    ['lookup: skus.ours, codes: line', 'ERR_MAPPING_RULE', '"lookup" is only for plain values, beside from, without codes'],
  ])('%s is refused', (words, code, expected) => {
    const rules = BY_OURS.replace('lookup: skus.ours', words);
    const problems = problemsOf(loadRules(rules, NEEDS, beside)).join('\n');
    expect(problems).toContain(code);
    expect(problems).toContain(expected);
  });

  test('a value that does not fit its field is a fault in the table, at its line and column', () => {
    const rules = `${LINES}  order.orderDate: { from: BAK05, lookup: skus.listed }\n`;
    const table = SKUS.replace('2026-01-31', '31.1.2026');
    expect(problemsOf(loadRules(rules, NEEDS, () => table))[0]).toMatch(
      /^t\/skus\.csv:2:13: error ERR_MAPPING_VALUE order\.orderDate: expected .*, found "31\.1\.2026"/,
    );
  });

  test.each([
    ['a table that no rule uses', LINES, NEEDS, 'ERR_MAPPING_REDUNDANT no rule looks up in needs.skus'],
    [
      'a file that is not there',
      BY_OURS,
      NEEDS.replace('skus.csv', 'sku.csv'),
      'ERR_FILE_REFERENCE needs.skus: there is no file "sku.csv" beside the mapping',
    ],
    ['a file elsewhere', BY_OURS, NEEDS.replace('skus.csv', '../skus.csv'), 'ERR_FILE_SCHEMA'],
    [
      'an address',
      BY_OURS,
      NEEDS.replace('file: skus.csv', 'url: https://erp.example/skus'),
      'ERR_MAPPING_UNSUPPORTED needs.skus: expected a file beside the mapping, found an address · hint: save its answers',
    ],
    ['neither', BY_OURS, NEEDS.replace('file: skus.csv', ''), 'ERR_FILE_SCHEMA needs.skus: expected a file beside the mapping, found none'],
  ])('refuses %s', (_what, rules, more, expected) => {
    expect(problemsOf(loadRules(rules, more, beside)).join('\n')).toContain(expected);
  });
});

test('the table is read from the folder of the mapping, and a partner may have one of his own under the same name', () => {
  const directory = mkdtempSync(join(tmpdir(), 'needs-'));
  try {
    for (const folder of ['t', 'a']) mkdirSync(join(directory, folder));
    writeFileSync(join(directory, 't', '855.yaml'), `${HEAD}set:\n${NEEDED}${BY_OURS}${NEEDS}`);
    writeFileSync(join(directory, 't', 'skus.csv'), SKUS);
    writeFileSync(join(directory, 'a', '855.yaml'), 'mapping: a/855\nversion: 1.0.0\nextends: t/855@1\nneeds: { skus: { file: own.csv } }\n');
    writeFileSync(join(directory, 'a', 'own.csv'), 'vendor,ours\nW-7,other\n');
    const { catalog, problems } = loadMappings([{ directory, shownAs: 'mappings' }], CANONICAL);
    expect(problems).toEqual([]);
    const answer = (name: string) => catalog.find(name)?.effective.lookups.get('skus.ours')?.get('W-7');
    expect([answer('t/855')?.at, answer('a/855')?.at]).toEqual(['mappings/t/skus.csv:2:5', 'mappings/a/own.csv:2:5']);
    expect(answer('a/855')?.value).toBe('other');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
