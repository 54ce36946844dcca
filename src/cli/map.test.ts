import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { x12Format } from '../formats/x12/format.ts';
import { loadCatalog } from '../pipeline/catalog.ts';
import type { Application } from './application.ts';
import { runProgram } from './program.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'map-'));
  cpSync('mappings', join(home, 'mappings'), { recursive: true });
  mkdirSync(join(home, 'partners/bolt'), { recursive: true });
  mkdirSync(join(home, 'mappings/bolt'));
  write('partners/bolt/partner.yaml', 'partner: bolt\ntitle: Bolt\nstage: test\nidentities: { x12: [] }\ndocuments: { "855": bolt/855 }\n');
  write('mappings/bolt/855.yaml', `${HEAD}set:\n  lines[].price.amount: { from: PO104, implied: 4 }\n`);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const HEAD = 'mapping: bolt/855\nversion: 1.0.0\nextends: std/x12-855@1\n';
const write = (name: string, text: string) => writeFileSync(join(home, name), text);

/** Two lines, each with a lot that nobody reads. */
function sample(name = 'in.edi', lines = 2): string {
  const isa = 'ISA*00*          *00*          *ZZ*BOLT           *ZZ*BUYER          *261102*0930*U*00401*000000101*0*T*>';
  const items = Array.from({ length: lines }, (_, i) => [
    `PO1*${i + 1}*5*EA*158500**VP*B${i + 1}*ZZ*SHELF${i + 1}`,
    `REF*ZZ*LOT${i + 1}`,
    'ACK*IA*5*EA',
  ]).flat();
  const set = ['ST*855*0001', 'BAK*00*AD*PO-1*20261030', ...items, `CTT*${lines}`];
  const body = [...set, `SE*${set.length + 1}*0001`];
  write(name, [isa, 'GS*PR*BOLT*BUYER*20261102*0930*1*X*004010', ...body, 'GE*1*1', 'IEA*1*000000101', ''].join('~'));
  return join(home, name);
}

async function run(...argv: string[]): Promise<{ status: number; out: string[]; errors: string[] }> {
  const out: string[] = [];
  const errors: string[] = [];
  const extensions = { channels: new Map(), formats: new Map([['x12', x12Format]]), destinations: new Map() };
  const app = { home, demoHome: 'fixtures/demo', extensions, loadCatalog: (folder: string) => loadCatalog({ home: folder, extensions }) };
  const terminal = {
    colours: pc.createColors(false),
    out: (line: string) => out.push(line),
    error: (line: string) => errors.push(line),
    write: async () => {},
  };
  const status = await runProgram(['map', ...argv], '0', { terminal, application: async () => app as unknown as Application });
  return { status, out, errors };
}

test('coverage names unread source by loop and qualifier, with an example, and is no success while any is unexplained', async () => {
  const { status, out } = await run('coverage', sample('in.edi', 20), '--partner', 'bolt');
  expect(status).toBe(1);
  expect(out).toEqual([
    'bolt/855: 1 documents, 269 elements, 228 mapped, 1 ignored, 40 unexplained',
    '  unexplained PO1.ZZ ×20, e.g. SHELF1, segment 5',
    '  unexplained PO1/REF(ZZ)02 ×20, e.g. LOT1, segment 6',
    '  ignored CTT01 ×1, e.g. 20, segment 65: the number of lines was checked when the set was read (mappings/std/x12-855.yaml:157:13)',
  ]);
  write('mappings/bolt/855.yaml', `${HEAD}ignore:\n  - { from: PO1/REF(ZZ), why: "our shelf lots" }\n  - { from: PO1.ZZ, why: "our shelves" }\n`);
  const json = await run('coverage', join(home, 'in.edi'), '--partner', 'bolt', '--json');
  expect([json.status, JSON.parse(json.out[0] ?? '')]).toMatchObject([0, { documents: 1, ignored: 41, unexplained: 0 }]);
});

test('explain shows the chain from the bytes to the value, the rule, and what it stands in for', async () => {
  const { status, out } = await run('explain', sample(), 'lines[1].price.amount', '--partner', 'bolt');
  expect([status, out]).toEqual([
    0,
    [
      'lines[1].price.amount = "15.8500"',
      '  PO104 "158500", segment 8, offset 254',
      '  → implied 4 "15.8500"',
      '  rule mappings/bolt/855.yaml:5:3, overrides mappings/std/x12-855.yaml:34:3',
    ],
  ]);
  const wrong = await run('explain', join(home, 'in.edi'), 'lines[1].price.amout', '--partner', 'bolt');
  expect(wrong.status).toBe(1);
  expect(wrong.errors.join('\n')).toContain('did you mean "lines[1].price.amount"?');
});

test('preview shows every field with its value and source, and nothing is written', async () => {
  const { status, out } = await run('preview', sample(), '--partner', 'bolt');
  expect(status).toBe(0);
  expect(out.find((line) => line.startsWith('lines[1].item.sellerSku'))).toMatch(/"B2" +PO107 "B2" segment 8 +mappings\/std\/x12-855.yaml:27:\d+$/);
  expect(out.at(-1)).toBe('unexplained: PO1.ZZ ×2, PO1/REF(ZZ)02 ×2');
});

test('show lists the rules of the base and those that stand in for them', async () => {
  const { status, out } = await run('show', 'bolt/855', '--json');
  const rows = out.map((line) => JSON.parse(line) as { name: string });
  expect(status).toBe(0);
  expect(rows.find((row) => row.name === 'lines[].price.amount')).toEqual({
    kind: 'rule',
    name: 'lines[].price.amount',
    says: { from: 'PO104', implied: 4 },
    at: 'mappings/bolt/855.yaml:5:3',
    overrides: ['mappings/std/x12-855.yaml:34:3'],
  });
  expect((await run('show', 'bolt/85')).errors.join()).toContain('did you mean "bolt/855"?');
});

test('a golden folder passes, fails with the path that differs, and is written by --update', async () => {
  mkdirSync(join(home, 'mappings/bolt/855.tests/plain'), { recursive: true });
  sample('mappings/bolt/855.tests/plain/in.edi');
  const none = await run('test', 'bolt');
  expect([none.status, none.errors.join()]).toEqual([1, expect.stringContaining('quayside map test --update')]);
  expect((await run('test', 'bolt', '--update')).out).toEqual(['updated bolt/855 plain', '0 passed, 0 failed, 1 updated']);
  expect(await run('test', 'bolt')).toMatchObject({ status: 0, out: ['passed bolt/855 plain', '1 passed, 0 failed'] });
  const out = join(home, 'mappings/bolt/855.tests/plain/out.json');
  writeFileSync(out, readFileSync(out, 'utf8').replace('15.8500', '15.85'));
  expect((await run('test', 'bolt')).errors).toEqual(['  documents[0].lines[0].price.amount: expected "15.85", found "15.8500"']);
});

test("a changed base runs the tests of all that extend it: a child's that breaks is found by naming the base", async () => {
  mkdirSync(join(home, 'mappings/bolt/855.tests/some'), { recursive: true });
  sample('mappings/bolt/855.tests/some/in.edi');
  const golden = 'expect: { "lines[0].price.amount": "15.8500", "lines[1].item.sellerSku": B2 }\nabsent: [total]\ndocuments: 1\n';
  write('mappings/bolt/855.tests/some/case.yaml', golden);
  const base = join(home, 'mappings/std/x12-855.yaml');
  expect((await run('test', base)).out).toContain('passed bolt/855 some');
  writeFileSync(base, readFileSync(base, 'utf8').replace('[PO1.VP, PO1.VN, PO1.VA, LIN.VP, LIN.VN]', '[PO1.VN]'));
  const { status, out, errors } = await run('test', base);
  expect([status, out.includes('FAILED bolt/855 some')]).toEqual([1, true]);
  expect(errors).toContain('  lines[1].item.sellerSku: expected "B2", found nothing');
});

test('a partial case expects its problems: one that is not expected and one that does not come are both failures', async () => {
  mkdirSync(join(home, 'mappings/bolt/855.tests/unit'), { recursive: true });
  const file = sample('mappings/bolt/855.tests/unit/in.edi');
  writeFileSync(file, readFileSync(file, 'utf8').replace('*EA*158500', '*QQ*158500'));
  write('mappings/bolt/855.tests/unit/case.yaml', 'documents: 0\nproblems: ["ERR_MAPPING_CODE lines[0].ordered.uom"]\n');
  expect((await run('test', 'bolt')).out).toEqual(['passed bolt/855 unit', '1 passed, 0 failed']);
  write('mappings/bolt/855.tests/unit/case.yaml', 'documents: 0\nproblems: [ERR_MAPPING_DATE]\n');
  expect((await run('test', 'bolt')).errors.map((line) => line.slice(0, 20))).toEqual(['  unexpected problem', '  expected a problem']);
  write('mappings/bolt/855.tests/unit/case.yaml', 'documants: 0\n');
  expect((await run('test', 'bolt')).errors.join()).toContain('did you mean "documents"?');
});
