/**
 * Once for a whole test run: one PostgreSQL with a migrated template, one Redis, and OpenSSH on the machine.
 *
 * All of it lives in one temporary directory and ends with the run, killed or not. Only here may PostgreSQL forget what it committed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { silentLog } from '../../src/core/context.ts';
import { launchRedis } from '../../src/queue/redis-launcher.ts';
import { openDatabase } from '../../src/store/database.ts';
import { launchPostgres } from '../../src/store/embedded/launch-postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { acquire, REDIS, SSHD, unpackedPrograms } from './acquire.ts';
import { databaseUrl, TEMPLATE } from './database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
    redisUrl: string;
    redisBinary: string;
    sshdBinary: string;
  }
}

/** As many logical databases as a run may have test files that want one. */
const REDIS_DATABASES = 1024;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redisBinary = await acquire(REDIS);
  const sshdBinary = await acquire(SSHD);
  // Workers inherit it: what was acquired is found as if the machine had had it.
  process.env.PATH = [process.env.PATH ?? '', dirname(sshdBinary), unpackedPrograms()].join(delimiter);

  const directory = mkdtempSync(join(tmpdir(), 'quayside-test-'));
  const stops: (() => Promise<void>)[] = [];
  const teardown = async () => {
    for (const stop of stops.reverse()) await stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const postgres = await launchPostgres({ dataDirectory: join(directory, 'postgres'), log: silentLog, durable: false });
    stops.push(postgres.stop);
    const settings = [`databases ${REDIS_DATABASES}`];
    const redis = await launchRedis({ binary: redisBinary, dataDirectory: join(directory, 'redis'), log: silentLog, settings });
    stops.push(redis.stop);
    await makeTemplate(postgres.url);
    project.provide('postgresUrl', postgres.url);
    project.provide('redisUrl', redis.url);
    project.provide('redisBinary', redisBinary);
    project.provide('sshdBinary', sshdBinary);
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}

/** Nothing may stay connected to a template while it is copied. */
async function makeTemplate(url: string): Promise<void> {
  const server = openDatabase(url, { max: 1 });
  await server.query(`CREATE DATABASE ${TEMPLATE}`);
  await server.close();
  const template = openDatabase(databaseUrl(url, TEMPLATE), { max: 1 });
  try {
    await migrate(template);
  } finally {
    await template.close();
  }
}
