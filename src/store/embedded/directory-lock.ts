/**
 * One gateway at a time on one data directory, held by the kernel and not by a pid written down.
 *
 * The lock is a unix socket that its holder listens on: a killed holder stops answering at once, a recycled pid cannot keep it, and it
 * holds across containers that share the directory on one machine. Whoever connects is told the holder's note, so that a second command
 * finds the running database. Across machines (NFS) it does not hold; PostgreSQL's own lock file is the last guard there.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../core/errors/errors.ts';
import { privateDirectory, socketDirectory } from './private-directory.ts';

const LOCK_FILE = 'gateway.lock';
const LONGEST_NAME = `${LOCK_FILE}.takeover`;
const ANSWER_WAIT_MS = 1000;
const ROUNDS = 50;

/** What the holder tells others of itself. */
export interface LockNote {
  readonly pid: number;
  /** Of the embedded server, once it answers. */
  readonly url?: string | undefined;
}

export interface DirectoryLock {
  publish(note: { readonly url: string }): void;
  release(): Promise<void>;
}

type Holder = { readonly alive: true; readonly note: LockNote | undefined } | { readonly alive: false };

/** `directory` exists and is private. Throws ERR_STORE_LOCKED while another process holds it; the lock is gone with the process, however that ends. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const real = realpathSync(directory);
  const folder = socketDirectory(real, LONGEST_NAME);
  if (folder !== real) privateDirectory(folder);
  const path = join(folder, LOCK_FILE);
  let note: LockNote = { pid: process.pid };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(note));
  });
  // It listens under a name of its own before it is seen under the lock's: nobody ever meets one that is not ready.
  const own = `${path}.${randomBytes(4).toString('hex')}`;
  await startListening(server, own);
  try {
    await takePath(own, path, directory);
  } catch (error) {
    await closeServer(server);
    throw error;
  }
  server.unref();
  const release = async () => {
    rmSync(path, { force: true });
    await closeServer(server);
    if (folder !== real) removeIfEmpty(folder);
  };
  const publish = (added: { readonly url: string }) => {
    note = { ...note, ...added };
  };
  return { publish, release };
}

/** What the process that holds the directory says of itself; undefined when nobody does. */
export async function readLock(directory: string): Promise<LockNote | undefined> {
  if (!existsSync(directory)) return undefined;
  const holder = await askHolder(join(socketDirectory(realpathSync(directory), LONGEST_NAME), LOCK_FILE));
  return holder.alive ? holder.note : undefined;
}

/**
 * link(2) gives a free path to exactly one. Over a dead socket one may step at a time, who has looked again since it was its turn: so
 * nobody replaces a living holder that came between the look and the step.
 */
async function takePath(own: string, path: string, directory: string): Promise<void> {
  const turn = `${path}.takeover`;
  for (let round = 0; round < ROUNDS; round++) {
    if (linkIfFree(own, path)) {
      rmSync(own);
      return;
    }
    await refuseLiving(path, directory);
    if (linkIfFree(own, turn)) {
      try {
        await refuseLiving(path, directory);
        renameSync(own, path);
        return;
      } finally {
        rmSync(turn, { force: true });
      }
    }
    // Whoever has its turn needs a moment; one that died in its turn has left it to us.
    if (!(await askHolder(turn)).alive) rmSync(turn, { force: true });
    await sleep(10);
  }
  throw locked(directory, undefined);
}

async function refuseLiving(path: string, directory: string): Promise<void> {
  const holder = await askHolder(path);
  if (holder.alive) throw locked(directory, holder.note);
}

function linkIfFree(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    throw new GatewayError('ERR_STORE_LAUNCH', `cannot lock the data directory: ${String(cause)}`, { cause });
  }
}

function locked(directory: string, note: LockNote | undefined): GatewayError {
  const who = note === undefined ? 'another process' : `process ${note.pid}`;
  return new GatewayError('ERR_STORE_LOCKED', `expected ${directory} to be free, found it in use by ${who}`, {
    hint: 'stop that process, or set QUAYSIDE_DATA to another directory',
  });
}

function startListening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new GatewayError('ERR_STORE_LAUNCH', `cannot lock the data directory: ${cause.message}`, { cause })));
    server.listen(path, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The server's sockets, or another process's, are still in it.
  }
}

/** A connection that is accepted proves a living holder, even one too busy or stopped to answer. */
function askHolder(path: string): Promise<Holder> {
  return new Promise((resolve) => {
    let alive = false;
    let answer = '';
    const socket = connect(path, () => {
      alive = true;
    });
    socket.setTimeout(ANSWER_WAIT_MS, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Nobody listens there, or nothing is there. Any other fault (a full backlog, no permission) is no proof of that.
      alive ||= error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT';
    });
    socket.once('close', () => resolve(alive ? { alive, note: parseNote(answer) } : { alive }));
  });
}

function parseNote(answer: string): LockNote | undefined {
  try {
    return JSON.parse(answer) as LockNote;
  } catch {
    return undefined;
  }
}
