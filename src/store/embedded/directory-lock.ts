/**
 * One gateway at a time on one data directory, held by the kernel and not by a pid written down.
 *
 * The lock is a unix socket that its holder listens on: a killed holder stops answering at once, a recycled pid cannot keep it, and it
 * holds across containers that share the directory on one machine. Whoever connects is told the holder's note, so that a second command
 * finds the running database. Across machines (NFS) it does not hold; PostgreSQL's own lock file is the last guard there.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';
import { privateDirectory, socketDirectory } from './private-directory.ts';

const LOCK_FILE = 'gateway.lock';
const ANSWER_WAIT_MS = 1000;
const ROUNDS = 5;

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

type Holder = { readonly alive: true; readonly token?: string; readonly note?: LockNote } | { readonly alive: false; readonly why: string };

/** `directory` exists and is private. Throws ERR_STORE_LOCKED while another process holds it; the lock is gone with the process, however that ends. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const real = realpathSync(directory);
  const folder = socketDirectory(real, LOCK_FILE);
  const path = join(folder === real ? folder : privateDirectory(folder), LOCK_FILE);
  const token = randomUUID();
  let note: LockNote = { pid: process.pid };
  for (let round = 0; round < ROUNDS; round++) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(JSON.stringify({ token, note }));
    });
    if (await startListening(server, path)) {
      // Another starter may have taken our fresh socket for a dead one: whoever is reached under the path holds it.
      const holder = await askHolder(path);
      if (holder.alive && holder.token === token) {
        server.unref();
        const publish = (added: { readonly url: string }) => {
          note = { ...note, ...added };
        };
        return { publish, release: () => closeServer(server) };
      }
      await closeServer(server);
      continue;
    }
    const holder = await askHolder(path);
    if (holder.alive) throw locked(directory, holder.note);
    if (holder.why === 'EACCES') throw locked(directory, undefined);
    await clearDeadSocket(path, directory);
  }
  throw locked(directory, undefined);
}

/** What the process that holds the directory says of itself; undefined when nobody does. */
export async function readLock(directory: string): Promise<LockNote | undefined> {
  if (!existsSync(directory)) return undefined;
  const holder = await askHolder(join(socketDirectory(realpathSync(directory), LOCK_FILE), LOCK_FILE));
  return holder.alive ? holder.note : undefined;
}

function locked(directory: string, note: LockNote | undefined): GatewayError {
  const who = note === undefined ? 'another process' : `process ${note.pid}`;
  return new GatewayError('ERR_STORE_LOCKED', `expected ${directory} to be free, found it in use by ${who}`, {
    hint: 'stop that process, or set QUAYSIDE_DATA to another directory',
  });
}

function startListening(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new GatewayError('ERR_STORE_LAUNCH', `cannot lock the data directory: ${error.message}`, { cause: error }));
    });
    server.listen(path, () => resolve(true));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A connection that is accepted proves a living holder, even one too busy or stopped to answer. */
function askHolder(path: string): Promise<Holder> {
  return new Promise((resolve) => {
    let connected = false;
    let answer = '';
    const socket = connect(path, () => {
      connected = true;
    });
    const settle = (why: string) => {
      socket.destroy();
      resolve(connected ? { alive: true, ...parseAnswer(answer) } : { alive: false, why });
    };
    socket.setTimeout(ANSWER_WAIT_MS, () => {
      connected = true;
      settle('timeout');
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
    });
    socket.once('end', () => settle('end'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // EAGAIN: the holder's backlog is full.
      if (error.code === 'EAGAIN') connected = true;
      settle(error.code ?? error.message);
    });
  });
}

function parseAnswer(answer: string): { token?: string; note?: LockNote } {
  try {
    return JSON.parse(answer) as { token: string; note: LockNote };
  } catch {
    return {};
  }
}

/** Takes a dead socket away. Should a living one have come in its place meanwhile, puts that one back and throws ERR_STORE_LOCKED. */
async function clearDeadSocket(path: string, directory: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Somebody else has just taken it away.
  }
  const holder = await askHolder(aside);
  try {
    if (holder.alive) linkSync(aside, path);
  } catch {
    // A third process listens under the path by now; it found the path free, so the one set aside gives way when it looks.
  }
  rmSync(aside, { force: true });
  if (holder.alive) throw locked(directory, holder.note);
}
