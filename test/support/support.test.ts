import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, expect, inject, test } from 'vitest';
import { findRedis, findSshd } from './acquire.ts';
import { createTestDatabase } from './database.ts';
import { startTestRedis, testRedisUrl } from './redis.ts';

const connections: Redis[] = [];
const open = (url: string) => {
  const redis = new Redis(url);
  connections.push(redis);
  return redis;
};
afterAll(() => {
  for (const redis of connections) redis.disconnect();
});

test('the peers that were acquired are there', () => {
  expect(existsSync(inject('redisBinary'))).toBe(true);
  expect(findRedis()).toBe(inject('redisBinary'));
  expect(existsSync(inject('sshdBinary'))).toBe(true);
  expect(findSshd()).toBe(inject('sshdBinary'));
});

test('two test databases have the migrated schema and not each other’s rows', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await one.database.query('CREATE TABLE only_here (id integer)');
  const tables = "SELECT count(*) AS n FROM pg_tables WHERE tablename IN ('only_here', 'schema_migration')";
  expect((await one.database.query(tables)).rows).toEqual([{ n: 2 }]);
  expect((await other.database.query(tables)).rows).toEqual([{ n: 1 }]);
  await Promise.all([one.drop(), other.drop()]);
});

test('a dropped test database is gone even when a connection was left open', async () => {
  const made = await createTestDatabase();
  const held = made.database.withConnection((db) => db.query('SELECT pg_sleep(30)')).catch((error: unknown) => error);
  const watcher = await createTestDatabase();
  const count = async () =>
    (await watcher.database.query('SELECT 1 FROM pg_database WHERE datname = $1', [new URL(made.url).pathname.slice(1)])).rowCount;
  expect(await count()).toBe(1);
  await expect
    .poll(() => watcher.database.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)'").then((r) => r.rowCount))
    .toBeGreaterThan(0);
  await watcher.database.query(`DROP DATABASE ${new URL(made.url).pathname.slice(1)} WITH (FORCE)`);
  expect(await held).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  expect(await count()).toBe(0);
  await made.drop();
  await watcher.drop();
});

test('a test file keeps one logical Redis database, which is empty at first and not the common one', async () => {
  const url = await testRedisUrl();
  expect(await testRedisUrl()).toBe(url);
  expect(url).not.toBe(inject('redisUrl'));
  const redis = open(url);
  expect(await redis.dbsize()).toBe(0);
  await redis.set('key', 'value');
  expect(await open(inject('redisUrl')).get('key')).toBeNull();
});

test('a Redis of one’s own can be flushed without touching the shared one', async () => {
  const shared = open(await testRedisUrl());
  await shared.set('kept', 'yes');
  const own = await startTestRedis();
  await open(own.url).flushall();
  expect(await shared.get('kept')).toBe('yes');
  connections.pop()?.disconnect();
  await own.stop();
});
