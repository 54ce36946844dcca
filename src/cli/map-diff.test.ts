import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CommandHome, openCommandHome } from '../../test/support/command-home.ts';

let home: CommandHome;
beforeEach(async () => {
  home = openCommandHome();
  await home.run('partner', 'new', 'bolt', '--sets', '855');
  await home.run('partner', 'new', 'nut', '--sets', '855');
  cpSync('mappings/std', join(home.directory, 'mappings/std'), { recursive: true });
  git('init', '--quiet', '--initial-branch', 'main');
  commit();
});
afterEach(() => home.remove());

const NOBODY = { GIT_AUTHOR_NAME: 'n', GIT_AUTHOR_EMAIL: 'n@example.com', GIT_COMMITTER_NAME: 'n', GIT_COMMITTER_EMAIL: 'n@example.com' };
const git = (...words: string[]) => execFileSync('git', ['-C', home.directory, ...words], { env: { ...process.env, ...NOBODY }, encoding: 'utf8' });
const commit = () => {
  git('add', '-A');
  git('commit', '--quiet', '-m', 'as it is');
};
const SAMPLE = 'mappings/bolt/855.tests/example/in.edi';
const sample = () => join(home.directory, SAMPLE);
const diff = (...words: string[]) => home.run('map', 'diff', 'bolt', '--files', sample(), '--against', 'main', ...words);
const BOLT = 'mapping: bolt/855\nversion: 1.1.0\nextends: std/x12-855@1\n';

test('nothing changed is told so, and is done', async () => {
  expect(await diff()).toEqual({
    status: 0,
    out: ['bolt/855 1.0.0 → 1.0.0: 1 documents, 0 change', '1 documents, nothing delivered, nothing written'],
    errors: [],
  });
});

test('what changes is told by target field, with an example, its document and the rule', async () => {
  home.write('mappings/bolt/855.yaml', `${BOLT}set:\n  order.sellerOrderNumber: BAK03\n  lines[].extensions.upc: PO106\ndrop:\n  - lines[].price\n`);
  const { status, out } = await diff();
  const where = `\\(${sample()}, document 1\\)`;
  expect(status).toBe(0);
  expect(out).toEqual([
    'bolt/855 1.0.0 → 1.1.0: 1 documents, 1 change',
    expect.stringMatching(
      new RegExp(`^  lines\\[\\]\\.extensions\\.upc +1 documents, e.g. nothing → "BP" ${where}, rule mappings/bolt/855.yaml:6:3$`),
    ),
    expect.stringMatching(new RegExp(`^  lines\\[\\]\\.price\\.amount +1 documents, e.g. "12.50" → nothing ${where}, no rule$`)),
    expect.stringMatching(/lines\[\]\.price\.currency/),
    expect.stringMatching(new RegExp(`^  order\\.sellerOrderNumber +1 documents, e.g. "SO-1" → "PO-1" ${where}, rule mappings/bolt/855.yaml:5:3$`)),
    '1 documents, nothing delivered, nothing written',
  ]);
});

test('a changed base names every child of it', async () => {
  home.write('mappings/std/x12-855.yaml', home.read('mappings/std/x12-855.yaml').replace('[BAK08, REF(VN)02]', 'BAK03'));
  const { out } = await diff('--json');
  const rows = out.map((line) => JSON.parse(line));
  expect(rows[0]).toMatchObject({
    mapping: 'bolt/855',
    changed: 1,
    versionReused: true,
    fields: [{ field: 'order.sellerOrderNumber', before: 'SO-1', after: 'PO-1' }],
  });
  expect(rows[1]).toEqual({ base: 'std/x12-855@1', changed: true, children: ['bolt/855', 'nut/855'] });
});

test('a document that would not be translated any more is no success, and says why', async () => {
  home.write('mappings/bolt/855.yaml', `${BOLT}set:\n  order.orderNumber: REF(PO)02\n`);
  const { status, out } = await diff();
  expect([status, out[0]]).toEqual([1, 'bolt/855 1.0.0 → 1.1.0: 1 documents, 0 change, 1 would fail']);
  expect(out[1]).toMatch(/would fail: 1 documents, e.g. .*ERR_MAPPING_REQUIRED/);
});

test("the checkout's files, its index and its branch stay as they are", async () => {
  home.write('mappings/bolt/855.yaml', `${BOLT}set: { order.releaseNumber: BAK03 }\n`);
  const state = () => [git('status', '--porcelain'), git('rev-parse', 'HEAD'), readFileSync(join(home.directory, '.git/index')).toString('hex')];
  const files = () =>
    readdirSync(home.directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(home.directory, file)).isFile() && !file.startsWith('.git'))
      .sort();
  const before = [state(), files()];
  await diff();
  expect([state(), files()]).toEqual(before);
});

test.each([
  [['--files', 'x'], 2, '--files and --against together'],
  [['--files', 'x', '--against', '--help'], 2, 'expected a git revision'],
  [['--files', 'x', '--against', 'no-such-branch'], 2, 'git knows none'],
])('%j is refused in words', async (words, expected, says) => {
  const { status, errors } = await home.run('map', 'diff', 'bolt', ...words);
  expect([status, errors.join()]).toEqual([expected, expect.stringContaining(says)]);
});
