import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type Home, makeHome } from '../../../test/support/home.ts';
import { createApplication } from '../../app.ts';
import { readConfig } from '../../config.ts';
import { silentLog } from '../../core/context.ts';
import { runProgram } from '../program.ts';
import { openTerminal } from '../terminal.ts';

let home: Home;
let test: TestDatabase;
beforeAll(async () => {
  home = makeHome({ partners: ['acme'], endpoints: {} });
  test = await createTestDatabase();
});
afterAll(async () => {
  await test.drop();
  home.remove();
});

/** The command line in this process. */
async function quayside(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const terminal = {
    ...openTerminal(process.stdout, process.stderr, false),
    out: (line: string) => {
      said.out += `${line}\n`;
    },
    error: (line: string) => {
      said.err += `${line}\n`;
    },
  };
  const { config } = readConfig({ ...home.secrets, QUAYSIDE_HOME: home.directory, DATABASE_URL: test.url });
  const status = await runProgram(argv, '0', { terminal, application: async () => createApplication(config, silentLog) });
  return { status, ...said };
}

it('a key is shown once when it is made, and never again', async () => {
  const made = await quayside('keys', 'create', 'erp', '--scope', 'events:read', 'messages:read', '--partner', 'acme', '--expires', '90d');
  expect(made).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^qsk_[0-9a-z]{12}_[\w-]{43}\n$/),
    err: expect.stringContaining('shown only now'),
  });
  const secret = made.out.trim().slice('qsk_000000000000_'.length);
  const machine = await quayside('keys', 'create', 'erp', '--scope', 'events:read', '--expires', 'never', '--json');
  expect(JSON.parse(machine.out)).toMatchObject({ key: expect.stringMatching(/^qsk_/), name: 'erp', expiresAt: null, state: 'live' });
  for (const listed of [await quayside('keys', 'list'), await quayside('keys', 'list', '--json')]) {
    expect(listed.status).toBe(0);
    expect(listed.out).toContain('events:read');
    expect(listed.out).not.toContain(secret);
    expect(listed.out).not.toMatch(/hash/i);
  }
  const third = await quayside('keys', 'create', 'erp', '--scope', 'events:read', '--expires', '1h');
  expect(third).toMatchObject({ status: 1, out: '', err: expect.stringContaining('ERR_KEY_LIMIT') });
  const [, id = ''] = made.out.split('_');
  expect(await quayside('keys', 'revoke', id, '--reason', 'rotated')).toMatchObject({ status: 0, out: expect.stringContaining(`revoked ${id}`) });
  expect((await quayside('keys', 'list')).out).toMatch(new RegExp(`${id} +erp +revoked`));
});

it('what a key may do, for whom and for how long has to be said, and said right', async () => {
  const refused = async (...argv: string[]) => {
    const { status, err } = await quayside('keys', 'create', 'x', ...argv);
    expect(status).toBe(2);
    return err;
  };
  expect(await refused('--scope', 'events:read')).toContain('--expires');
  expect(await refused('--expires', 'never')).toContain('--scope');
  expect(await refused('--scope', 'all', '--expires', 'never')).toContain('expected one of messages:read');
  expect(await refused('--scope', 'events:read', '--partner', 'acmee', '--expires', 'never')).toContain('did you mean "acme"?');
  expect(await refused('--scope', 'audit:read', '--partner', 'acme', '--expires', 'never')).toContain('the whole gateway');
  expect((await quayside('keys', 'revoke', 'nosuch')).status).toBe(2);
  expect((await quayside('keys', 'revoke', 'nosuch', '--reason', 'x')).err).toContain('ERR_NOT_FOUND');
});

it('the audit is listed and verified, and verification fails with the row that was tampered with', async () => {
  await quayside('keys', 'create', 'audited', '--scope', 'events:read', '--expires', '1h', '--reason', 'a good one');
  expect((await quayside('audit', 'list', '--action', 'key.', '--limit', '1')).out).toMatch(/cli:\S+ +key\.created +\w{12} +a good one/);
  expect(await quayside('audit', 'verify')).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+ rows, all whole; .*[0-9a-f]{64}\n$/) });
  await test.database.query('alter table audit disable trigger user');
  await test.database.query(`update audit set actor = 'cli:somebody@else' where n = 1`);
  expect(await quayside('audit', 'verify')).toMatchObject({ status: 1, err: expect.stringMatching(/ERR_AUDIT_CHAIN row 1: expected the hash/) });
  const machine = await quayside('audit', 'verify', '--json');
  expect([machine.status, JSON.parse(machine.out)]).toMatchObject([1, { whole: false, rows: 0, broken: { n: 1 } }]);
});
