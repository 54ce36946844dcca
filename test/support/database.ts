/** A database for each test that wants one: a copy of the migrated template, so that no test sees another's rows. */
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';

export const TEMPLATE = 'quayside_template';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Closes the pool and removes the database, also under connections that others left open. */
  drop(): Promise<void>;
}

/** `from`: an empty database instead of a migrated one, for tests of the migrations themselves. */
export async function createTestDatabase(from: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const template = from === 'migrated' ? TEMPLATE : 'template0';
  // Copied as files, not through the WAL: faster for a template as small as this, and nothing here has to survive a crash.
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  const url = databaseUrl(serverUrl, name);
  const database = openDatabase(url);
  // A copy is an installation of its own: in a Redis that several tests share, its keys must not be another's.
  if (from === 'migrated') await database.query('update installation set id = gen_random_uuid()');
  return testDatabase(url, database);
}

const testDatabase = (url: string, database = openDatabase(url)): TestDatabase => ({
  url,
  database,
  async drop() {
    await database.close();
    await onServer(inject('postgresUrl'), `DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  },
});

/** Every row as it is at this moment, as a backup gives it back: whoever is connected is cut off first. */
export async function copyTestDatabase({ url }: Pick<TestDatabase, 'url'>): Promise<TestDatabase> {
  const from = new URL(url).pathname.slice(1);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const server = openDatabase(inject('postgresUrl'), { max: 1 });
  try {
    const others = `from pg_stat_activity where datname = '${from}'`;
    do await server.query(`select pg_terminate_backend(pid) ${others}`);
    while ((await server.query(`select ${others}`)).rowCount > 0);
    await server.query(`CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy`);
  } finally {
    await server.close();
  }
  return testDatabase(databaseUrl(url, name));
}

/** The same server and credentials, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(url: string, statement: string): Promise<void> {
  const server = openDatabase(url, { max: 1 });
  try {
    await server.query(statement);
  } finally {
    await server.close();
  }
}
