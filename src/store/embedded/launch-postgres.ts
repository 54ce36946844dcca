/**
 * The embedded store: a real PostgreSQL, started and stopped with the gateway, when DATABASE_URL is not set.
 *
 * It is as durable as any PostgreSQL (fsync on) and reachable only through a unix socket in a directory that is ours alone: no TCP port, no
 * password to keep. It ends with the gateway however that ends, and the next launch on the same directory works at once.
 * The trade: one machine, one gateway process per directory; for more, set DATABASE_URL.
 */
import { chownSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../core/context.ts';
import { asGatewayError, GatewayError } from '../../core/errors/errors.ts';
import { findBinaries } from './binaries.ts';
import { lockDirectory, readLock } from './directory-lock.ts';
import { awaitPreviousServer } from './previous-server.ts';
import { freshDirectory, privateDirectory, self, socketDirectory } from './private-directory.ts';
import { logTail, type ServerProcess, SYSTEM_PATH, startServer, stopServer, tieToParent } from './programs.ts';
import { chooseServerUser, type ServerUser } from './server-user.ts';

const ROLE = 'quayside';
const DATABASE = 'quayside';
/** Recovery after a crash replays at most some gigabytes of WAL; a server that has not come by then will not. */
const START_WAIT_MS = 180_000;
const INITDB_WAIT_MS = 120_000;
const LARGEST_LOG_BYTES = 10_000_000;
/** Children of a killed postmaster take a moment to notice; until then PostgreSQL refuses to start a second one. */
const STARTS = 20;
const START_PAUSE_MS = 250;

export interface LaunchOptions {
  /** Where the embedded store keeps everything. Made if it is not there; belongs to it alone. */
  readonly dataDirectory: string;
  readonly log: Log;
  /** Where unshare and setpriv are looked for; the usual folders by default. */
  readonly pathVariable?: string | undefined;
  /** `false` only for databases that may be lost: tests. */
  readonly durable?: boolean | undefined;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** Version, place and as whom it runs, for the start-up line and for doctor. */
  readonly describe: string;
  /** Fast shutdown: open transactions are rolled back. Close pools first. Safe to repeat. */
  stop(): Promise<void>;
}

/** Throws ERR_STORE_LOCKED when another gateway uses the directory, ERR_STORE_LAUNCH (naming the server's log) when it cannot be started. */
export async function launchPostgres(options: LaunchOptions): Promise<EmbeddedPostgres> {
  const binaries = findBinaries();
  const directory = privateDirectory(options.dataDirectory, true);
  const lock = await lockDirectory(directory);
  let server: ServerProcess | undefined;
  try {
    await awaitPreviousServer(join(directory, 'cluster'), options.log);
    const pathVariable = options.pathVariable ?? SYSTEM_PATH;
    const site = { directory, durable: options.durable ?? true, user: chooseServerUser(binaries, directory, pathVariable) };
    turnLog(site);
    await createCluster(site);
    server = await startCluster(site, tieToParent('INT', pathVariable));
    const url = urlOf(socketsOf(site));
    await createDatabase(site, url);
    lock.publish({ url });
    return running(server, lock.release, url, site, options.log);
  } catch (error) {
    if (server !== undefined) await stopServer(server, [{ signal: 'SIGQUIT', waitMs: 10_000 }]);
    await lock.release();
    throw error;
  }
}

/** The URL of the server that another process of ours runs on this directory, so that a second command can use it; undefined when none does. */
export async function findRunningPostgres(dataDirectory: string): Promise<string | undefined> {
  return (await readLock(dataDirectory))?.url;
}

interface Site {
  readonly directory: string;
  readonly durable: boolean;
  readonly user: ServerUser;
}

const logOf = (site: Site) => join(site.directory, 'server.log');
const clusterOf = (site: Site) => join(site.directory, 'cluster');
const socketsOf = (site: Site) => socketDirectory(join(site.directory, 'sockets'), '.s.PGSQL.5432');

function urlOf(sockets: string, database = DATABASE): string {
  return `postgresql://${ROLE}@localhost/${database}?host=${encodeURIComponent(sockets)}`;
}

/** Bounded at every launch: one earlier log is kept. */
function turnLog(site: Site): void {
  const log = logOf(site);
  if (existsSync(log) && statSync(log).size > LARGEST_LOG_BYTES) renameSync(log, `${log}.1`);
}

/** Once per directory, whole or not at all: a cluster that a kill left unfinished is made anew. */
async function createCluster(site: Site): Promise<void> {
  const cluster = clusterOf(site);
  if (existsSync(cluster)) return;
  const unfinished = `${cluster}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const options = ['--username', ROLE, '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'];
  const initdb = [join(site.user.binaries.native, 'bin', 'initdb'), '--pgdata', unfinished, ...options, ...(site.durable ? [] : ['--no-sync'])];
  const run = start(site, initdb);
  const timer = setTimeout(() => run.signal('SIGKILL'), INITDB_WAIT_MS);
  const how = await run.ended;
  clearTimeout(timer);
  if (how !== 'exit code 0') throw launchFault(site, `initdb ended with ${how}`);
  renameSync(unfinished, cluster);
}

async function startCluster(site: Site, tie: readonly string[]): Promise<ServerProcess> {
  const sockets = freshDirectory(socketsOf(site), site.user.owner);
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Keeps rows, which DETAIL lines quote, out of the log.
    log_error_verbosity: 'terse',
    ...(site.durable
      ? { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(site.user.binaries.native, 'bin', 'postgres'), '-D', clusterOf(site), ...words];
  let fault = '';
  for (let attempt = 0; attempt < STARTS; attempt++) {
    const server = start(site, command, tie);
    if (await comesUp(server, clusterOf(site))) return server;
    if (!server.hasEnded()) {
      await stopServer(server, [{ signal: 'SIGQUIT', waitMs: 10_000 }]);
      throw launchFault(site, `it did not come up within ${START_WAIT_MS / 1000} s`);
    }
    fault = await server.ended;
    if (!/pre-existing shared memory block|lock file .* already exists/.test(logTail(logOf(site)))) break;
    await sleep(START_PAUSE_MS);
  }
  throw launchFault(site, `it ended with ${fault}`);
}

/** The postmaster writes `ready` into the eighth line of its lock file when it takes connections. */
async function comesUp(server: ServerProcess, cluster: string): Promise<boolean> {
  const deadline = performance.now() + START_WAIT_MS;
  while (!server.hasEnded() && performance.now() < deadline) {
    try {
      const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
      if (lines[0]?.trim() === String(server.pid) && lines[7]?.trim() === 'ready') return true;
    } catch {
      // Not written yet.
    }
    await sleep(20);
  }
  return false;
}

async function createDatabase(site: Site, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(socketsOf(site), 'postgres') });
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (cause) {
    throw launchFault(site, `${url} does not answer: ${asGatewayError(cause).message}`);
  } finally {
    await client.end().catch(() => {});
  }
}

function running(server: ServerProcess, release: () => Promise<void>, url: string, site: Site, log: Log): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  void server.ended.then((how) => {
    if (stopping === undefined) log.error({ how, log: logOf(site) }, 'the embedded PostgreSQL ended by itself');
  });
  const stop = async () => {
    const steps = [
      { signal: 'SIGINT', waitMs: 30_000 },
      { signal: 'SIGQUIT', waitMs: 10_000 },
      { signal: 'SIGKILL', waitMs: 5_000 },
    ] as const;
    const needed = await stopServer(server, steps);
    if (needed !== undefined && needed !== 'SIGINT') log.warn({ signal: needed }, 'the embedded PostgreSQL did not stop when asked');
    const sockets = socketsOf(site);
    if (!sockets.startsWith(site.directory)) rmSync(sockets, { recursive: true, force: true });
    await release();
  };
  return {
    url,
    describe: `embedded PostgreSQL ${site.user.binaries.version.split('.', 2).join('.')} in ${site.directory}, run ${site.user.how}`,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function start(site: Site, command: readonly string[], tie: readonly string[] = []): ServerProcess {
  const { words, environment, user, owner } = site.user;
  const server = startServer({ words: [...words, ...tie, ...command], environment, directory: site.directory, logFile: logOf(site), user });
  // A log made by root must stay writable after the directory was given away.
  if (owner.uid !== self.uid) chownSync(logOf(site), owner.uid, owner.gid);
  return server;
}

function launchFault(site: Site, what: string): GatewayError {
  const log = logOf(site);
  return new GatewayError('ERR_STORE_LAUNCH', `PostgreSQL could not be started: ${what}; ${log} says: ${logTail(log)}`, {
    hint: 'read that log, or set DATABASE_URL to a PostgreSQL server of your own',
  });
}
