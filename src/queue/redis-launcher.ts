/**
 * A Redis or Valkey of our own, when REDIS_URL is not set and the machine has the program.
 *
 * It carries hints only, so `appendfsync everysec` is enough: what a power cut takes is handed out again by PostgreSQL. It listens on
 * 127.0.0.1 with a random password, never evicts, ends with the gateway, and no two run on one directory.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { freePort } from '../core/free-port.ts';
import { lockDirectory } from '../store/embedded/directory-lock.ts';
import { privateDirectory } from '../store/embedded/private-directory.ts';
import { findProgram, logTail, type ServerProcess, SYSTEM_PATH, startServer, stopServer, tieToParent } from '../store/embedded/programs.ts';

const START_WAIT_MS = 30_000;
const STOP_WAIT_MS = 10_000;
const ANSWER_WAIT_MS = 1_000;
/** Between looking for a free port and taking it, somebody else may. */
const PORTS_TRIED = 3;

/** Valkey, else Redis, on that PATH; undefined when there is neither. */
export function findRedisBinary(pathVariable: string): string | undefined {
  return findProgram('valkey-server', pathVariable) ?? findProgram('redis-server', pathVariable);
}

export interface RedisLaunchOptions {
  readonly binary: string;
  /** Where the append-only file lives. Made if it is not there; belongs to this server alone. */
  readonly dataDirectory: string;
  readonly log: Log;
  /** Where setpriv is looked for; the usual folders by default. */
  readonly pathVariable?: string;
  /** More lines of redis.conf, e.g. `databases 64`. */
  readonly settings?: readonly string[];
}

export interface EmbeddedRedis {
  readonly url: string;
  /** Close queues and workers first. Safe to repeat. */
  stop(): Promise<void>;
}

/** How the running server is reached: kept beside its data, for the launch after a kill. */
interface Door {
  readonly port: number;
  readonly password: string;
}

/** Throws ERR_STORE_LOCKED when another gateway uses the directory, ERR_STORE_LAUNCH (naming the server's log) when it does not come up. */
export async function launchRedis(options: RedisLaunchOptions): Promise<EmbeddedRedis> {
  const directory = privateDirectory(options.dataDirectory);
  const lock = await lockDirectory(directory);
  try {
    await endPrevious(directory);
    for (let attempt = 1; ; attempt++) {
      const door = { port: await freePort(), password: randomBytes(24).toString('hex') };
      writeFileSync(doorFile(directory), JSON.stringify(door), { mode: 0o600 });
      const server = start(options, directory, door);
      if (await comesUp(server, door)) return running(server, door, lock.release, options.log, directory);
      await stopServer(server, [{ signal: 'SIGKILL', waitMs: STOP_WAIT_MS }]);
      const said = logTail(logFile(directory));
      if (attempt === PORTS_TRIED || !said.includes('in use')) throw launchFault(options.binary, directory, said);
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const doorFile = (directory: string) => join(directory, 'door.json');
const logFile = (directory: string) => join(directory, 'server.log');

function start(options: RedisLaunchOptions, directory: string, door: Door): ServerProcess {
  // Through standard input, so that no process list shows the password.
  const settings = [
    'bind 127.0.0.1',
    `port ${door.port}`,
    `requirepass ${door.password}`,
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    // The append-only file is all that is needed.
    'save ""',
    'daemonize no',
    ...(options.settings ?? []),
  ];
  // The log is made anew at every launch: it is about this one, and bounded so.
  rmSync(logFile(directory), { force: true });
  return startServer({
    words: [...tieToParent('TERM', options.pathVariable ?? SYSTEM_PATH), options.binary, '-'],
    environment: { LC_ALL: 'C', PATH: SYSTEM_PATH },
    directory,
    logFile: logFile(directory),
    input: `${settings.join('\n')}\n`,
  });
}

async function comesUp(server: ServerProcess, door: Door): Promise<boolean> {
  const deadline = performance.now() + START_WAIT_MS;
  while (!server.hasEnded() && performance.now() < deadline) {
    // While it loads its file it answers -LOADING.
    if ((await tell(door, 'PING'))?.includes('+PONG') === true) return true;
    await sleep(20);
  }
  return false;
}

/** What a killed gateway may have left running is told to stop and waited for: its port closes only after its file is written. */
async function endPrevious(directory: string): Promise<void> {
  const door = readDoor(directory);
  if (door === undefined) return;
  const deadline = performance.now() + STOP_WAIT_MS;
  for (;;) {
    const answer = await tell(door, 'PING');
    const isGone = answer === undefined;
    // Another program may have the port by now: it does not know the password. One that is silent may be ours, writing its file.
    const isStranger = answer !== undefined && answer !== '' && !answer.startsWith('+OK');
    if (isGone || isStranger) return;
    if (performance.now() > deadline) {
      const hint = `end it, or remove ${doorFile(directory)} if that port is another program's`;
      throw new GatewayError('ERR_STORE_LAUNCH', `an earlier Redis on port ${door.port} still runs on ${directory} and does not stop`, { hint });
    }
    if (answer !== '') await tell(door, 'SHUTDOWN');
    await sleep(20);
  }
}

function readDoor(directory: string): Door | undefined {
  try {
    return JSON.parse(readFileSync(doorFile(directory), 'utf8')) as Door;
  } catch {
    return undefined;
  }
}

function running(server: ServerProcess, door: Door, release: () => Promise<void>, log: Log, directory: string): EmbeddedRedis {
  let stopping: Promise<void> | undefined;
  void server.ended.then((how) => {
    if (stopping === undefined) log.error({ how, log: logFile(directory) }, 'the embedded Redis ended by itself');
  });
  const stop = async () => {
    const steps = [
      { signal: 'SIGTERM', waitMs: STOP_WAIT_MS },
      { signal: 'SIGKILL', waitMs: STOP_WAIT_MS },
    ] as const;
    await stopServer(server, steps);
    await release();
  };
  return {
    url: `redis://:${door.password}@127.0.0.1:${door.port}`,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** One command to the server and its answer: empty when it says nothing, undefined when nobody is there. */
function tell(door: Door, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer: string | undefined;
    const socket = connect(door.port, '127.0.0.1', () => {
      answer = '';
      socket.write(`AUTH ${door.password}\r\n${command}\r\nQUIT\r\n`);
    });
    socket.setTimeout(ANSWER_WAIT_MS, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(answer));
  });
}

function launchFault(binary: string, directory: string, said: string): GatewayError {
  return new GatewayError('ERR_STORE_LAUNCH', `${binary} could not be started; ${logFile(directory)} says: ${said}`, {
    hint: 'read that log, or set REDIS_URL to a server of your own',
  });
}
