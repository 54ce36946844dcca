import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { openDatabase } from './database.ts';
import { migrate, migrationStatus } from './migrate.ts';

const root = mkdtempSync(join(tmpdir(), 'quayside-migrate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made: TestDatabase;
beforeEach(async () => {
  made = await createTestDatabase('empty');
});
afterEach(() => made.drop());

const ONE = { '0001-orders.sql': 'CREATE TABLE orders (id integer);\nINSERT INTO orders VALUES (1);\n' };
const TWO = { ...ONE, '0002-lines.sql': 'CREATE TABLE lines (id integer);\n' };

function directoryOf(files: Record<string, string>): string {
  const directory = mkdtempSync(join(root, 'm-'));
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql);
  return directory;
}

test('migrations are applied once each, in order, and later ones added', async () => {
  expect(await migrate(made.database, directoryOf(ONE))).toEqual({ applied: ['0001-orders.sql'] });
  const both = directoryOf(TWO);
  expect(await migrationStatus(made.database, both)).toMatchObject({ applied: [{ version: 1, name: 'orders' }], pending: ['0002-lines.sql'] });
  expect(await migrate(made.database, both)).toEqual({ applied: ['0002-lines.sql'] });
  expect(await migrate(made.database, both)).toEqual({ applied: [] });
  expect((await made.database.query('SELECT id FROM orders')).rows).toEqual([{ id: 1 }]);
});

test('the status of an empty database is that all is pending, and asking changes nothing', async () => {
  const directory = directoryOf(TWO);
  expect(await migrationStatus(made.database, directory)).toEqual({ applied: [], pending: ['0001-orders.sql', '0002-lines.sql'] });
  expect(await migrate(made.database, directory)).toEqual({ applied: ['0001-orders.sql', '0002-lines.sql'] });
});

test('replicas that start together apply each migration once', async () => {
  const directory = directoryOf(TWO);
  const replicas = Array.from({ length: 5 }, () => openDatabase(made.url, { max: 2 }));
  const results = await Promise.all(replicas.map((replica) => migrate(replica, directory)));
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['0001-orders.sql', '0002-lines.sql']);
  await Promise.all(replicas.map((replica) => replica.close()));
});

test('a file that was changed after it was applied is refused, other line ends are not a change', async () => {
  await migrate(made.database, directoryOf(ONE));
  const turned = directoryOf({ '0001-orders.sql': ONE['0001-orders.sql'].replaceAll('\n', '\r\n') });
  expect(await migrate(made.database, turned)).toEqual({ applied: [] });
  const changed = directoryOf({ '0001-orders.sql': `${ONE['0001-orders.sql']}-- a word\n` });
  await expect(migrate(made.database, changed)).rejects.toMatchObject({
    code: 'ERR_STORE_SCHEMA',
    message: expect.stringContaining('0001-orders.sql'),
  });
  await expect(migrationStatus(made.database, changed)).rejects.toMatchObject({ code: 'ERR_STORE_SCHEMA' });
});

test('a database that is newer than this version is refused', async () => {
  await migrate(made.database, directoryOf(TWO));
  const older = migrate(made.database, directoryOf(ONE));
  await expect(older).rejects.toMatchObject({ code: 'ERR_STORE_SCHEMA', message: expect.stringContaining('0002-lines.sql') });
});

test('a migration that fails is rolled back whole, with its place, and the ones before it stay', async () => {
  const directory = directoryOf({ ...ONE, '0002-wrong.sql': 'CREATE TABLE half (id integer);\nCREATE TABLE wrong (id intejer);\n' });
  await expect(migrate(made.database, directory)).rejects.toMatchObject({
    code: 'ERR_STORE_MIGRATION',
    at: { file: join(directory, '0002-wrong.sql'), line: 2, column: 24 },
  });
  const tables = await made.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  expect(tables.rows).toEqual([{ tablename: 'orders' }, { tablename: 'schema_migration' }]);
});

test.each([
  ['a gap', ['0001-a.sql', '0003-b.sql']],
  ['a number used twice', ['0001-a.sql', '0001-b.sql']],
  ['a name of another kind', ['1-a.sql']],
])('%s in the numbering is refused before anything is applied', async (_, names) => {
  const directory = directoryOf(Object.fromEntries(names.map((name) => [name, 'SELECT 1;'])));
  await expect(migrate(made.database, directory)).rejects.toMatchObject({ code: 'ERR_STORE_SCHEMA' });
  expect((await made.database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).rows).toEqual([]);
});

test('our own migrations are found beside the module and bring an empty database up', async () => {
  const { applied } = await migrate(made.database);
  expect(applied).toEqual(
    readdirSync(new URL('./migrations/', import.meta.url))
      .filter((name) => name.endsWith('.sql'))
      .sort(),
  );
  expect(applied.length).toBeGreaterThan(0);
});
