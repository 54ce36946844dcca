import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { dumpSchema } from './dump-schema.ts';
import { migrate } from './migrate.ts';

const COMMITTED = readFileSync(new URL('./schema.sql', import.meta.url), 'utf8');

test('the committed schema.sql is what the migrations amount to (else: npm run gen)', async () => {
  const made = await createTestDatabase('empty');
  await migrate(made.database);
  const dumped = await dumpSchema(made.database);
  await made.drop();
  expect(dumped).toBe(COMMITTED);
});

test('BullMQ’s own schema stays outside', async () => {
  const made = await createTestDatabase();
  await made.database.query('CREATE SCHEMA bullmq; CREATE TABLE bullmq.job (id integer)');
  expect(await dumpSchema(made.database)).toBe(COMMITTED);
  await made.drop();
});

test('a table that was created in another order, after others came and went, dumps alike', async () => {
  const [one, other] = await Promise.all([createTestDatabase('empty'), createTestDatabase('empty')]);
  await one.database.query('CREATE TABLE a (id integer UNIQUE, n text); CREATE TABLE b (id integer)');
  await other.database.query('CREATE TABLE gone (id integer); DROP TABLE gone; CREATE TABLE b (id integer)');
  await other.database.query('CREATE TABLE a (id integer, dropped text); ALTER TABLE a DROP dropped, ADD n text, ADD UNIQUE (id)');
  expect(await dumpSchema(other.database)).toBe(await dumpSchema(one.database));
  await Promise.all([one.drop(), other.drop()]);
});

/** Each is one difference of a schema, applied to BASE. */
const CHANGES = [
  'ALTER TABLE parent ADD extra text',
  'ALTER TABLE parent DROP COLUMN note',
  'ALTER TABLE parent ALTER note TYPE varchar(10)',
  "ALTER TABLE parent ALTER note SET DEFAULT 'x'",
  'ALTER TABLE parent ALTER note SET NOT NULL',
  'ALTER TABLE parent ALTER note SET STORAGE EXTERNAL',
  'ALTER TABLE parent ADD CHECK (id > 0)',
  'ALTER TABLE parent ADD UNIQUE (note)',
  'ALTER TABLE child DROP CONSTRAINT child_parent_fkey',
  'ALTER TABLE child ADD g integer GENERATED ALWAYS AS (id + 1) STORED',
  'ALTER TABLE child ADD i integer GENERATED ALWAYS AS IDENTITY',
  'ALTER TABLE child SET (fillfactor = 70)',
  'ALTER TABLE child ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE child SET UNLOGGED',
  'CREATE INDEX other ON child (parent)',
  'DROP INDEX partial',
  'DROP INDEX partial; CREATE INDEX partial ON child (id) WHERE id > 2',
  "CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
  'DROP TRIGGER stamped ON child',
  "ALTER TYPE mood ADD VALUE 'glad'",
  'ALTER DOMAIN positive DROP CONSTRAINT positive_check',
  'CREATE SEQUENCE counter',
  'CREATE VIEW seen AS SELECT 1 AS one',
  'CREATE TYPE pair AS (a integer, b text)',
  'CREATE TABLE part (id integer) PARTITION BY HASH (id)',
];
const BASE = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE DOMAIN positive AS integer CHECK (value > 0);
  CREATE TABLE parent (id integer PRIMARY KEY, note text);
  CREATE TABLE child (id integer, parent integer REFERENCES parent);
  CREATE INDEX partial ON child (id) WHERE id > 1;
  CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER stamped BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION stamp();`;

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase('empty');
  await made.database.query(BASE);
});
afterAll(() => made.drop());

test.each(CHANGES)('it sees: %s', async (change) => {
  const before = await dumpSchema(made.database);
  const after = await made.database.withConnection(async (db) => {
    await db.query('BEGIN');
    await db.query(change);
    const dumped = await dumpSchema(db);
    await db.query('ROLLBACK');
    return dumped;
  });
  expect(after).not.toBe(before);
  expect(await dumpSchema(made.database)).toBe(before);
});
