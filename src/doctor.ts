/** `quayside doctor`: is everything that the gateway leans on there, and fit? Each check is made, whatever the others found. */
import { performance } from 'node:perf_hooks';
import type { StoreCheck } from './cli/application.ts';
import type { Config } from './config.ts';
import { formatSize } from './core/byte-size.ts';
import type { Context } from './core/context.ts';
import { asGatewayError } from './core/errors/errors.ts';
import { type CatalogSource, loadCatalog } from './pipeline/catalog.ts';
import { checkConnections } from './pipeline/check-connections.ts';
import { checkRedis } from './queue/check-redis.ts';
import { findRedisBinary } from './queue/redis-launcher.ts';
import { serverClockSkewMs, serverVersion } from './store/check-postgres.ts';
import { type Database, openDatabase } from './store/database.ts';
import { migrationStatus } from './store/migrate.ts';
import { misplacedDeliveries } from './store/order-keys.ts';
import { databaseSize, freeBytes, fullFault, overLimit } from './store/room.ts';
import { joinPostgres, roomLimits } from './stores.ts';

/** Beyond this, times in logs and in the database no longer tell one story. */
const MOST_SKEW_MS = 2000;

type Check = () => Promise<string>;

export async function runDoctor(config: Config, context: Context, files: CatalogSource): Promise<StoreCheck[]> {
  const checks: StoreCheck[] = [];
  const run = async (name: string, check: Check): Promise<void> => {
    try {
      checks.push({ name, ok: true, detail: await check() });
    } catch (thrown) {
      const error = asGatewayError(thrown);
      checks.push({ name, ok: false, detail: `${error.code} ${error.message}`, hint: error.hint });
    }
  };

  const { catalog, problems } = loadCatalog({ ...files, secrets: context.secrets });
  await run('files', async () => {
    const faults = problems.filter((problem) => problem.severity === 'error').length;
    if (faults > 0) throw new Error(`${faults} faults, run: quayside lint`);
    return `${catalog.partners.size} partners, ${catalog.endpoints.size} endpoints, ${catalog.mappings.mappings.length} mappings`;
  });

  let database: Database | undefined;
  let stop: (() => Promise<void>) | undefined;
  await run('postgres', async () => {
    const postgres = await joinPostgres(config, context.log);
    stop = postgres.stop;
    const opened = openDatabase(postgres.url, { max: 2, applicationName: 'quayside doctor' });
    const version = await serverVersion(opened);
    database = opened;
    return `PostgreSQL ${version}, ${postgres.describe}`;
  });
  if (database !== undefined) {
    await checkDatabase(database, config.tenant, run);
    await checkRoom(database, config, run);
  }
  await run('redis', async () => {
    if (config.redisUrl !== undefined) return checkRedis(config.redisUrl);
    const binary = findRedisBinary(config.path);
    return binary === undefined ? 'none: the queue runs on PostgreSQL' : `the gateway starts ${binary}`;
  });
  for (const partner of catalog.partners.values()) checks.push(...(await checkConnections(partner, files.extensions, context)));
  await database?.close();
  await stop?.();
  return checks;
}

async function checkRoom(database: Database, config: Config, run: (name: string, check: Check) => Promise<void>): Promise<void> {
  const limits = roomLimits(config);
  await run('room', async () => {
    const shortage = await overLimit(database, limits, false);
    if (shortage !== undefined) throw fullFault(shortage);
    const free = limits.disk && `${formatSize(await freeBytes(limits.disk.directory))} free, ${formatSize(limits.disk.reserve)} are kept; `;
    const limit = limits.databaseBytes === undefined ? 'no QUAYSIDE_DATABASE_LIMIT' : `the limit is ${formatSize(limits.databaseBytes)}`;
    return `${free ?? ''}the database has ${formatSize(await databaseSize(database))}, ${limit}`;
  });
}

async function checkDatabase(database: Database, tenant: string, run: (name: string, check: Check) => Promise<void>): Promise<void> {
  let current = false;
  await run('schema', async () => {
    const { pending } = await migrationStatus(database);
    current = pending.length === 0;
    return current ? 'up to date' : `${pending.length} migrations to come: quayside migrate`;
  });
  await run('clock', async () => {
    const skewMs = await serverClockSkewMs(database, () => performance.timeOrigin + performance.now());
    if (Math.abs(skewMs) > MOST_SKEW_MS) throw new Error(`this machine and PostgreSQL are ${Math.round(skewMs)} ms apart`);
    return `${Math.round(skewMs)} ms from PostgreSQL`;
  });
  if (!current) return;
  await run('order', async () => {
    const misplaced = await misplacedDeliveries(database, tenant);
    if (misplaced.length > 0) throw new Error(`${misplaced.length} deliveries wait for the wrong number of orders, e.g. ${misplaced[0]}`);
    return 'every delivery waits for what it must';
  });
}
