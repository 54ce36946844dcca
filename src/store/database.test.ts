import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { type Database, inTransaction, openDatabase, sqlStateOf } from './database.ts';
import { listen, notify } from './listen.ts';

let made: TestDatabase;
let database: Database;
beforeAll(async () => {
  made = await createTestDatabase('empty');
  database = made.database;
  await database.query('CREATE TABLE account (id integer PRIMARY KEY, n bigint NOT NULL)');
});
afterAll(() => made.drop());

async function value(sql: string): Promise<unknown> {
  return (await database.query<{ v: unknown }>(`SELECT ${sql} AS v`)).rows[0]?.v;
}

test('values arrive as JavaScript can hold them exactly', async () => {
  expect(await value('9007199254740991::int8')).toBe(Number.MAX_SAFE_INTEGER);
  expect(await value('ARRAY[1, NULL, 3]::int8[]')).toEqual([1, null, 3]);
  expect(await value("'12345678901234567890.10'::numeric")).toBe('12345678901234567890.10');
  expect(await value("'2026-03-01T12:00:00+02'::timestamptz")).toEqual(new Date('2026-03-01T10:00:00Z'));
  expect(await value("'2026-03-01'::date")).toBe('2026-03-01');
  expect(await value('NULL::int8')).toBeNull();
});

test('an int8 beyond what a number can hold is an error, never a rounded number', async () => {
  await expect(value('9007199254740993::int8')).rejects.toThrow(/9007199254740993/);
  await expect(value('ARRAY[9007199254740993]::int8[]')).rejects.toThrow(/9007199254740993/);
});

test('rowCount says how many rows a statement touched', async () => {
  await database.query('INSERT INTO account SELECT i, 0 FROM generate_series(100, 104) i');
  expect((await database.query('DELETE FROM account WHERE id >= $1', [102])).rowCount).toBe(3);
});

test('a transaction that throws leaves nothing, and its connection is fit for use again', async () => {
  const one = openDatabase(made.url, { max: 1 });
  const fault = inTransaction(one, async (db) => {
    await db.query('INSERT INTO account VALUES (1, 1)');
    throw new Error('on second thoughts');
  });
  await expect(fault).rejects.toThrow('on second thoughts');
  expect((await one.query('SELECT 1 FROM account WHERE id = 1')).rows).toEqual([]);
  await one.close();
});

test('two transactions that deadlock both succeed in the end', async () => {
  await database.query('INSERT INTO account VALUES (11, 0), (12, 0)');
  let tries = 0;
  const bothHoldOne = createBarrier(2);
  const touch = (first: number, second: number) =>
    inTransaction(database, async (db) => {
      tries++;
      await db.query('UPDATE account SET n = n + 1 WHERE id = $1', [first]);
      await bothHoldOne();
      await db.query('UPDATE account SET n = n + 1 WHERE id = $1', [second]);
    });
  await Promise.all([touch(11, 12), touch(12, 11)]);
  expect(tries).toBeGreaterThan(2);
  expect((await database.query('SELECT n FROM account WHERE id IN (11, 12)')).rows).toEqual([{ n: 2 }, { n: 2 }]);
});

test('a transaction that always fails to serialise gives up with that fault', async () => {
  let tries = 0;
  const fault = inTransaction(database, async (db) => {
    tries++;
    await db.query("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$");
  });
  await expect(fault).rejects.toSatisfy((error) => sqlStateOf(error) === '40001');
  expect(tries).toBe(6);
});

test('what PostgreSQL says of a statement stays as it is', async () => {
  await database.query('INSERT INTO account VALUES (21, 0)');
  const fault = database.query('INSERT INTO account VALUES (21, 0)');
  await expect(fault).rejects.toSatisfy((error) => sqlStateOf(error) === '23505');
});

test.each([
  ['a host that refuses', 'postgresql://quayside:secret@127.0.0.1:1/quayside'],
  ['a socket that is not there', 'postgresql://quayside@localhost/quayside?host=%2Fnowhere'],
])('%s is ERR_STORE_UNAVAILABLE without the password', async (_, url) => {
  const nowhere = openDatabase(url, { max: 1 });
  await expect(nowhere.query('SELECT 1')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', message: expect.not.stringContaining('secret') });
  await expect(inTransaction(nowhere, async () => 1)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  await nowhere.close();
});

test('connections that the server ends, idle and in use, are reported and replaced, and the process lives', async () => {
  const victim = openDatabase(made.url, { max: 3, applicationName: 'victim' });
  await Promise.all([1, 2, 3].map(() => victim.query('SELECT pg_sleep(0.05)')));
  const underWay = victim.query('SELECT pg_sleep(30)').catch((error: unknown) => error);
  const inside = inTransaction(victim, async (db) => {
    await db.query('SELECT 1');
    await endConnections('victim');
    await db.query('SELECT 1');
  });
  await expect(inside).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  expect(await underWay).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  // The news that the idle one is gone may still be on its way: a query that goes out on it is reported like the others, the next is well.
  await expect.poll(() => victim.query('SELECT 1 AS n').then(({ rows }) => rows, String)).toEqual([{ n: 1 }]);
  await victim.close();
  await victim.close();
});

test('a transaction in which nothing happens for too long is ended by the server, so that its locks hold up nobody else', async () => {
  expect(await value("current_setting('idle_in_transaction_session_timeout')")).toBe('10s');
  await database.query('INSERT INTO account VALUES (300, 0)');
  const paused = openDatabase(made.url, { max: 1 });
  const fault = inTransaction(paused, async (db) => {
    await db.query("SET LOCAL idle_in_transaction_session_timeout = '100ms'");
    await db.query('UPDATE account SET n = 1 WHERE id = 300');
    // Another one waits for the row until the paused one is gone.
    await database.query('UPDATE account SET n = 2 WHERE id = 300');
    await db.query('SELECT 1');
  });
  await expect(fault).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  expect(await value('(SELECT n FROM account WHERE id = 300)')).toBe(2);
  expect((await paused.query('SELECT 1')).rowCount).toBe(1);
  await paused.close();
});

test('a listener hears what is sent, and nothing after it was closed', async () => {
  const heard: string[] = [];
  const listener = await listen(database, 'Some Channel', (payload) => heard.push(payload));
  await notify(database, 'Some Channel', 'one');
  await expect.poll(() => heard).toEqual(['one']);
  await listener.close();
  await notify(database, 'Some Channel', 'two');
  expect(heard).toEqual(['one']);
});

test('a listener that lost its connection says so with an empty payload and hears again', async () => {
  const heard: string[] = [];
  const listener = await listen(database, 'lost', (payload) => heard.push(payload));
  await endConnections('quayside-listen-lost');
  await expect.poll(() => heard).toEqual(['']);
  await notify(database, 'lost', 'again');
  await expect.poll(() => heard).toEqual(['', 'again']);
  await listener.close();
});

test('a listener whose first connection fails is ERR_STORE_UNAVAILABLE', async () => {
  const nowhere = openDatabase('postgresql://quayside@127.0.0.1:1/quayside');
  await expect(listen(nowhere, 'x', () => {})).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  await nowhere.close();
});

async function endConnections(applicationName: string): Promise<void> {
  await database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [applicationName]);
}

/** Lets the first `parties` through together; later callers are not held. */
function createBarrier(parties: number): () => Promise<void> {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = 0;
  return () => {
    arrived++;
    if (arrived >= parties) open();
    return opened;
  };
}
