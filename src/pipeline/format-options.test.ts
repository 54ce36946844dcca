/** What a partner file says of its format reaches the reader: leniencies, levels, the guide beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS } from '../channels/_registry.ts';
import { formatProblem } from '../core/problem.ts';
import { DESTINATIONS } from '../destinations/_registry.ts';
import { FORMATS } from '../formats/_registry.ts';
import { x12Format } from '../formats/x12/format.ts';
import { sampleInterchange, sourceOf } from '../formats/x12/sample-interchange.ts';
import { type LoadedCatalog, loadCatalog } from './catalog.ts';
import { translate } from './translate.ts';

const PARTNER = `partner: acme
title: Acme
stage: live
identities: { x12: [{ qualifier: ZZ, id: ACME }] }
`;
const GUIDE = 'guide: ACME, 2026\nsets:\n  "855":\n    require: [REF(VN)]\n';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'quayside-formats-'));
  mkdirSync(path.join(home, 'partners', 'acme'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (file: string, text: string) => writeFileSync(path.join(home, 'partners', 'acme', file), text);
const load = (inForce?: LoadedCatalog) =>
  loadCatalog({ home, extensions: { channels: CHANNELS, formats: FORMATS, destinations: DESTINATIONS } }, inForce);

const of855 = (...body: string[]) => sampleInterchange([{ id: 'PR', sets: [{ id: '855', body: ['BAK*00*AC*PO-1*20260110', ...body] }] }]);

async function faultsOf(catalog: LoadedCatalog, text: string): Promise<string[]> {
  const partner = catalog.catalog.partners.get('acme');
  if (partner === undefined) throw new Error('acme did not load');
  const codes: string[] = [];
  for await (const item of translate(sourceOf(text), { partner, mappings: catalog.catalog.mappings, format: x12Format, checkSender: true })) {
    if (item.kind === 'translation') codes.push(...item.document.faults.map(({ code, severity }) => `${severity} ${code}`));
  }
  return codes;
}

describe('formats: of a partner file', () => {
  it('reaches the reader, and so do the leniencies above it', async () => {
    const text = of855('ACK*IA*1*EA', 'PO1*1*10*EA', 'ACK*XX*10*EA', 'CTT*2');
    write('partner.yaml', PARTNER);
    expect(await faultsOf(load(), text)).toEqual(['error ERR_X12_SEGMENT_UNEXPECTED', 'warning ERR_X12_ELEMENT_CODE', 'warning ERR_X12_LINE_COUNT']);
    write('partner.yaml', `${PARTNER}leniencies: [segment-place]\nformats: { x12: { strict: [unknown-code], levels: { semantics: "off" } } }\n`);
    expect(await faultsOf(load(), text)).toEqual(['warning ERR_X12_SEGMENT_UNEXPECTED', 'error ERR_X12_ELEMENT_CODE']);
  });

  it('names a guide that lies beside it; a changed guide is a changed partner', async () => {
    write('partner.yaml', `${PARTNER}formats: { x12: { guide: x12-guide.yaml } }\n`);
    write('x12-guide.yaml', GUIDE);
    const first = load();
    expect(first.problems).toEqual([]);
    expect(await faultsOf(first, of855('REF*IA*1'))).toEqual(['error ERR_X12_SEGMENT_MISSING']);
    write('x12-guide.yaml', GUIDE.replace('VN', 'IA'));
    expect(await faultsOf(load(first), of855('REF*IA*1'))).toEqual([]);
  });

  it('with a guide that has faults leaves the last good one in force, and says both places', async () => {
    write('partner.yaml', `${PARTNER}formats: { x12: { guide: x12-guide.yaml } }\n`);
    write('x12-guide.yaml', GUIDE);
    const good = load();
    write('x12-guide.yaml', GUIDE.replace('REF(VN)', 'XYZ'));
    const bad = load(good);
    expect(bad.problems.map(formatProblem)).toEqual([
      expect.stringMatching(/^partners\/acme\/x12-guide\.yaml:4:15: error ERR_FILE_REFERENCE sets\.855\.require\.0: there is no XYZ here/),
      'partners/acme/partner.yaml:5:26: error ERR_FILE_REFERENCE formats.x12.guide: partners/acme/x12-guide.yaml has faults',
    ]);
    expect(await faultsOf(bad, of855('REF*IA*1'))).toEqual(['error ERR_X12_SEGMENT_MISSING']);
    expect(load().catalog.partners.size).toBe(0);
  });

  it.each([
    ['a format that is not known', 'formats: { edifact: {} }', /partner\.yaml:5:\d+: error ERR_FILE_REFERENCE formats\.edifact: expected one of x12/],
    [
      'an option that is not known',
      'formats: { x12: { levls: {} } }',
      /:5:\d+: error ERR_FILE_SCHEMA formats\.x12: unknown key "levls" · hint: did you mean "levels"/,
    ],
    ['what stands at the top of the file', 'formats: { x12: { encoding: latin1 } }', /unknown key "encoding"/],
    [
      'a level that cannot be off',
      'formats: { x12: { levels: { structure: "off" } } }',
      /levels\.structure: expected one of strict, standard, warn, found "off"/,
    ],
    ['a guide that is not there', 'formats: { x12: { guide: none.yaml } }', /partners\/acme\/none\.yaml:1:1: error ERR_FILE_READ/],
    ['a guide elsewhere', 'formats: { x12: { guide: ../secret.yaml } }', /formats\.x12: guide: expected|guide: expected/],
  ])('is refused with its place: %s', (_, line, expected) => {
    write('partner.yaml', `${PARTNER}${line}\n`);
    const { problems, catalog } = load();
    expect(problems.map(formatProblem).join('\n')).toMatch(expected);
    expect(catalog.partners.size).toBe(0);
  });
});
