import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CommandHome, openCommandHome } from '../../test/support/command-home.ts';

let home: CommandHome;
beforeEach(async () => {
  home = openCommandHome();
  await home.run('partner', 'new', 'bolt', '--sets', '855');
});
afterEach(() => home.remove());

const PLAIN = [
  'PO1*1*5*EA*158500**VP*B1',
  'REF*LT*L1',
  'ACK*QQ*5*EA*068*20261120',
  'PO1*2*5*KG*31700**VP*B2',
  'REF*LT*L2',
  'ACK*IA*5*KG',
  'N1*VN*Bolt',
];

function sample(lines: readonly string[] = PLAIN, head = ['REF*CO*CO-5512'], name = 'in.edi'): string {
  const isa = 'ISA*00*          *00*          *ZZ*BOLT           *ZZ*BUYER          *261102*0930*U*00401*000000101*0*T*>';
  const body = ['ST*855*0001', 'BAK*00*AC*PO-1*20261030', ...head, ...lines, `CTT*${lines.filter((line) => line.startsWith('PO1')).length}`];
  const all = [isa, 'GS*PR*BOLT*BUYER*20261102*0930*1*X*004010', ...body, `SE*${body.length + 1}*0001`, 'GE*1*1', 'IEA*1*000000101', ''];
  return home.write(name, all.join('~'));
}

const draftOf = async (...files: string[]) => (await home.run('map', 'draft', ...files, '--partner', 'bolt')).out.join('');
const withoutComments = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

async function lintOf(text: string): Promise<string[]> {
  home.write('mappings/bolt/855.yaml', text);
  return (await home.run('lint')).errors;
}

describe('a draft', () => {
  test('says nothing that nobody said: a head, and comments', async () => {
    const text = await draftOf(sample());
    expect(withoutComments(text)).toEqual(['mapping: bolt/855', 'version: 0.1.0', 'extends: std/x12-855@1']);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../../schemas/mapping.x12-855.json');
    expect(await lintOf(text)).toEqual([]);
  });

  test('asks for each code that the base does not know, once, with the values that it may have', async () => {
    const asked = (await draftOf(sample())).split('\n').filter((line) => line.includes('"QQ"'));
    expect(asked).toEqual([
      expect.stringMatching(
        /^# \? ACK01 "QQ" ×1, first in \S+ segment 8, offset \d+: codes.line-status does not know it. .*One of accepted, backordered/,
      ),
    ]);
  });

  test('asks whether decimals are implied only where no price of any sample has a point', async () => {
    expect(await draftOf(sample())).toContain('PO104 has no decimal point in any sample ×2, e.g. "158500"');
    const other = sample(['PO1*1*5*EA*15.85**VP*B1', 'ACK*IA*5*EA'], [], 'other.edi');
    expect(await draftOf(sample(), other)).not.toContain('decimal point');
  });

  test('asks for what no rule reads and for qualifiers that no rule names, and its suggestions lint and read them', async () => {
    const text = await draftOf(sample());
    expect(text).toContain('# ? REF(CO)02 goes to references[] only, as no rule names it ×1, e.g. "CO-5512" in ');
    expect(text).toContain('# ? PO1/REF(LT)02 is read by no rule ×2, e.g. "L1" in ');
    // Of QQ's segment nothing is read before it is known what QQ is.
    expect(text).not.toContain('ACK02');
    const answered = text
      .replaceAll(/^# (?=(set|codes):$| {2,}[^\s:]+:( |$))/gm, '')
      .replace('implied: …', 'implied: 2')
      .replace('QQ: …', 'QQ: { code: accepted }');
    expect(await lintOf(answered)).toEqual([]);
    const { out } = await home.run('map', 'preview', join(home.directory, 'in.edi'), '--partner', 'bolt', '--json');
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      body: { extensions: { refCo: 'CO-5512' }, lines: [{ extensions: { refLt: 'L1' }, price: { amount: '1585.00' } }, {}] },
      unexplained: [],
    });
  });

  test('counts what it has seen: delimiters, versions, parties, codes, HL shapes', async () => {
    const samples = ['s-o-p-i', 's-o-i', 's-p-o-i'].map((shape) => `mappings/std/x12-856.tests/${shape}/in.edi`);
    const { out } = await home.run('map', 'draft', ...samples, '--json');
    const { seen } = JSON.parse(out[0] ?? '') as { seen: object };
    expect(seen).toMatchObject({
      HL: { 'S-O-P-I': 1, 'S-O-I': 1, 'S-P-O-I': 1 },
      sender: { 'ZZ/SUPPLIER': 3 },
      delimiters: expect.anything(),
      SN103: { EA: expect.any(Number) },
    });
  });

  test('leaves out what no standard mapping reads, and says so', async () => {
    const other = sample([], [], 'other.edi');
    home.write('other.edi', home.read('other.edi').replace('ST*855', 'ST*846').replace('GS*PR', 'GS*IB'));
    const { status, out, errors } = await home.run('map', 'draft', other, sample());
    expect([status, out.join('').includes('Drafted from 1 document.'), errors]).toEqual([
      0,
      true,
      [`${other}, document 1: left out, as no standard mapping reads a 846`],
    ]);
    expect((await home.run('map', 'draft', other)).status).toBe(1);
  });

  test.each(['855', '856', '810'])('of every golden %s of the standard lints as written', async (set) => {
    const folder = `mappings/std/x12-${set}.tests`;
    const files = readdirSync(folder).map((name) => join(folder, name, 'in.edi'));
    const out = join(home.directory, 'mappings/bolt');
    expect((await home.run('map', 'draft', ...files, '--partner', 'bolt', '--out', out, '--replace')).errors).toEqual([]);
    expect((await home.run('lint')).errors).toEqual([]);
  });

  test('is never anything but comments, whatever a partner writes into elements', async () => {
    const word = fc.string({
      unit: fc.constantFrom('\n', '\r', '\u0085', '\u2028', '#', ':', '"', '\\', '{', '(', ')', '|', 'a', 'Z', '0', ' '),
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(word, word, word, word, async (a, b, c, d) => {
        const text = await draftOf(
          sample([`PO1*1*5*EA*158500**VP*B1*${a}*${b}`, `REF*${c}*${d}`, `ACK*${a}*5*${b}`, `DTM*${d}*${c}`], [`REF*${a}*${d}`, `N9*${c}*${b}`]),
        );
        expect(withoutComments(text)).toEqual(['mapping: bolt/855', 'version: 0.1.0', 'extends: std/x12-855@1']);
        expect(await lintOf(text)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('--out', () => {
  test('replaces nothing unless told to, and one kind of document is one file', async () => {
    const out = join(home.directory, 'mappings/bolt/855.yaml');
    const refused = await home.run('map', 'draft', sample(), '--partner', 'bolt', '--out', out);
    expect([refused.status, refused.errors.join()]).toEqual([1, expect.stringMatching(/^ERR_FILE_EXISTS .*--replace/)]);
    expect((await home.run('map', 'draft', sample(), '--out', out, '--replace')).out[0]).toMatch(/855.yaml: \d questions$/);
    expect(home.read('mappings/bolt/855.yaml')).toContain('\nmapping: bolt/855\n');
  });

  test('of several kinds is a folder', async () => {
    cpSync('mappings/std/x12-810.tests/consolidated/in.edi', join(home.directory, '810.edi'));
    const files = [sample(), join(home.directory, '810.edi')];
    const wrong = await home.run('map', 'draft', ...files, '--out', join(home.directory, 'mappings/nut/all.yaml'));
    expect([wrong.status, wrong.errors.join()]).toEqual([2, expect.stringContaining('expected a folder')]);
    expect((await home.run('map', 'draft', ...files, '--out', join(home.directory, 'mappings/nut'))).status).toBe(0);
    expect(readdirSync(join(home.directory, 'mappings/nut')).sort()).toEqual(['810.yaml', '855.yaml']);
    expect((await home.run('lint')).errors).toEqual([]);
  });
});
