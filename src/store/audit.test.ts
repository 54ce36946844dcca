import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { writeAudit } from './audit.ts';
import { listAudit, verifyAudit } from './audit-queries.ts';
import { inTransaction } from './database.ts';
import { migrate } from './migrate.ts';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test.drop());

const entry = (n: number) => ({
  actor: `cli:ops${n % 2}@host`,
  action: n % 2 === 0 ? ('endpoint.paused' as const) : ('endpoint.resumed' as const),
  subject: `erp-${n}`,
  reason: `“${n}” ünïcode\nand a line`,
  before: { z: 1, a: [n, null, { b: 1.5 }] },
  after: { state: 'parked' },
});

const write = (n: number, tenant = 't') => writeAudit(test.database, tenant, entry(n));

/** As somebody with the rights of the owner would. */
async function tamper(statement: string): Promise<void> {
  await test.database.query('alter table audit disable trigger user');
  await test.database.query(statement);
  await test.database.query('alter table audit enable trigger user');
}

describe('the audit', () => {
  it('holds a chain for each tenant, in one line however many write at once', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => write(n, n % 4 === 0 ? 'u' : 't')));
    expect(await verifyAudit(test.database, 't')).toMatchObject({ rows: 30, broken: undefined });
    expect(await verifyAudit(test.database, 'u')).toMatchObject({ rows: 10, broken: undefined });
    expect(await verifyAudit(test.database, 'nobody')).toEqual({ rows: 0, hash: '', broken: undefined });
  });

  it('leaves no gap where a transaction was rolled back', async () => {
    await write(1);
    await expect(
      inTransaction(test.database, async (db) => {
        await writeAudit(db, 't', entry(2));
        throw new Error('changed its mind');
      }),
    ).rejects.toThrow('changed its mind');
    await write(3);
    const { rows, hash, broken } = await verifyAudit(test.database, 't');
    expect([rows, broken]).toEqual([2, undefined]);
    expect((await listAudit(test.database, 't', {}, 1))[0]).toMatchObject({ n: 2, subject: 'erp-3', hash });
  });

  it.each([
    ['what a row says', `update audit set reason = 'another' where n = 3`, 3],
    ['who did it', `update audit set actor = 'cli:nobody@nowhere' where n = 2`, 2],
    ['when', `update audit set at = at - interval '1 microsecond' where n = 4`, 4],
    ['what it became', `update audit set after = '{"state": "active"}' where n = 1`, 1],
    ['a row taken out', 'delete from audit where n = 2', 2],
    ['the last row taken off', 'delete from audit where n = 5', 5],
    ['a row and its hash', `update audit set reason = 'x', hash = encode(sha256('x'), 'hex') where n = 3`, 3],
    ['two rows that changed places', 'update audit set n = case n when 2 then 1002 else 2 end where n in (2, 3)', 2],
    [
      'a row put in at the end',
      `insert into audit (tenant, actor, action, subject, n, previous, hash) select tenant, actor, action, subject, 6, hash, 'x' from audit where n = 5`,
      6,
    ],
  ])('finds %s', async (_what, statement, n) => {
    for (let i = 1; i <= 5; i++) await write(i);
    await tamper(statement);
    expect((await verifyAudit(test.database, 't')).broken).toMatchObject({ n });
  });

  it('refuses changes, and a hash that the writer chose', async () => {
    await write(1);
    await expect(test.database.query(`update audit set reason = 'x'`)).rejects.toThrow(/append-only/);
    await expect(test.database.query('delete from audit')).rejects.toThrow(/append-only/);
    await expect(test.database.query('truncate audit')).rejects.toThrow(/append-only/);
    await test.database.query(`insert into audit (tenant, actor, action, subject, n, previous, hash) values ('t', 'a', 'b', 'c', 77, 'x', 'y')`);
    expect(await verifyAudit(test.database, 't')).toMatchObject({ rows: 2, broken: undefined });
  });

  it('is found by who, what, about what and when, the newest first', async () => {
    for (let i = 1; i <= 6; i++) await write(i);
    const subjects = async (filter: Parameters<typeof listAudit>[2], limit = 10) =>
      (await listAudit(test.database, 't', filter, limit)).map(({ subject }) => subject);
    expect(await subjects({}, 2)).toEqual(['erp-6', 'erp-5']);
    expect(await subjects({ below: 5 }, 2)).toEqual(['erp-4', 'erp-3']);
    expect(await subjects({ actor: 'cli:ops1' })).toEqual(['erp-5', 'erp-3', 'erp-1']);
    expect(await subjects({ action: 'endpoint.p', subject: 'erp-2' })).toEqual(['erp-2']);
    expect(await subjects({ since: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await listAudit(test.database, 'another', {}, 10)).toEqual([]);
  });

  it('links the rows from before there was a chain', async () => {
    const old = await createTestDatabase('empty');
    const directory = mkdtempSync(join(tmpdir(), 'quayside-migrations-'));
    try {
      const migrations = fileURLToPath(new URL('./migrations/', import.meta.url));
      for (const file of readdirSync(migrations).filter((name) => name < '0004')) cpSync(join(migrations, file), join(directory, file));
      await migrate(old.database, directory);
      await old.database.query(
        `insert into audit (tenant, actor, action, subject) select case when n % 3 = 0 then 'u' else 't' end, 'a', 'b', n::text from generate_series(1, 9) n`,
      );
      await migrate(old.database);
      expect(await verifyAudit(old.database, 't')).toMatchObject({ rows: 6, broken: undefined });
      expect(await verifyAudit(old.database, 'u')).toMatchObject({ rows: 3, broken: undefined });
      await writeAudit(old.database, 't', entry(1));
      expect(await verifyAudit(old.database, 't')).toMatchObject({ rows: 7, broken: undefined });
      await expect(old.database.query('delete from audit')).rejects.toThrow(/append-only/);
    } finally {
      await old.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
