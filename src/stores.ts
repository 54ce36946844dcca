/** Which PostgreSQL and which Redis: those of the environment, else embedded ones, started and stopped with the process. */
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Log } from './core/context.ts';
import { findRedisBinary, launchRedis } from './queue/redis-launcher.ts';
import { findRunningPostgres, launchPostgres } from './store/embedded/launch-postgres.ts';
import type { RoomLimits } from './store/room.ts';

export interface Store {
  readonly url: string;
  /** For the start-up line and for doctor. */
  readonly describe: string;
  stop(): Promise<void>;
}

const foreign = (url: string, variable: string): Store => ({ url, describe: `from ${variable}`, stop: async () => {} });

const postgresDirectory = (config: Config) => join(config.data, 'postgres');

export async function startPostgres(config: Config, log: Log): Promise<Store> {
  if (config.databaseUrl !== undefined) return foreign(config.databaseUrl, 'DATABASE_URL');
  return launchPostgres({ dataDirectory: postgresDirectory(config), log });
}

/** For a command beside a gateway that may be running: its embedded server, if there is one. */
export async function joinPostgres(config: Config, log: Log): Promise<Store> {
  const running = config.databaseUrl === undefined ? await findRunningPostgres(postgresDirectory(config)) : undefined;
  if (running !== undefined) return { url: running, describe: 'embedded, of the running gateway', stop: async () => {} };
  return startPostgres(config, log);
}

/** Undefined: there is no Redis, and the queue runs on PostgreSQL. */
export async function startRedis(config: Config, log: Log): Promise<Store | undefined> {
  if (config.redisUrl !== undefined) return foreign(config.redisUrl, 'REDIS_URL');
  const binary = findRedisBinary(config.path);
  if (binary === undefined) return undefined;
  const redis = await launchRedis({ binary, dataDirectory: join(config.data, 'redis'), log });
  return { ...redis, describe: `embedded, ${binary}` };
}

/** Of a database elsewhere only its size can be seen; the disk under an embedded one is this machine's. */
export const roomLimits = ({ databaseUrl, data, diskReserve, databaseLimit }: Config): RoomLimits => ({
  disk: databaseUrl === undefined ? { directory: data, reserve: diskReserve } : undefined,
  databaseBytes: databaseLimit,
});
