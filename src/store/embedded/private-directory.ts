/**
 * Directories that nobody else can enter, and socket paths that fit in the kernel's 107 bytes.
 *
 * A unix socket is as safe as its directory: 0700, ours, and not a link that someone else planted.
 */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Ourselves, as the file system sees us. */
export const self: Owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/**
 * Makes the directory, or takes one that is already ours, and returns its real path. Throws ERR_STORE_LAUNCH when it is someone else's.
 * `given`: root gave it to the unprivileged user that the server runs as, so root takes it whosever it is.
 */
export function privateDirectory(path: string, given = false): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const real = realpathSync(path);
    const found = lstatSync(real);
    if (!found.isDirectory()) throw new Error('it is not a directory');
    if (!(given && self.uid === 0) && found.uid !== self.uid) throw new Error(`it belongs to uid ${found.uid}, we are uid ${self.uid}`);
    if ((found.mode & 0o777) !== 0o700) chmodSync(real, 0o700);
    return real;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = 'set QUAYSIDE_DATA to a directory that this user owns';
    throw new GatewayError('ERR_STORE_LAUNCH', `expected a private directory at ${path}: ${why}`, { hint, cause });
  }
}

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the closing NUL. */
const LONGEST_SOCKET_PATH = 100;

/**
 * The directory for a socket called `file`: `preferred` (a real path), or where that is too long, a short one under the temporary directory.
 * The same `preferred` always gives the same answer, so that two processes meet.
 */
export function socketDirectory(preferred: string, file: string): string {
  if (Buffer.byteLength(join(preferred, file)) <= LONGEST_SOCKET_PATH) return preferred;
  const digest = createHash('sha256').update(preferred).digest('hex').slice(0, 16);
  return join(tmpdir(), `quayside-${self.uid}-${digest}`);
}

/** Makes the directory anew and empty, for `owner` alone. In a shared place nobody can have prepared it for us. */
export function freshDirectory(path: string, owner: Owner = self): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  if (owner.uid !== self.uid) chownSync(path, owner.uid, owner.gid);
  return path;
}

/** Gives a directory and all in it to `owner`, itself last: one that was given is given whole. Free when it already was. */
export function giveTree(path: string, owner: Owner): void {
  if (lstatSync(path).uid === owner.uid) return;
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) lchownSync(join(path, entry), owner.uid, owner.gid);
  lchownSync(path, owner.uid, owner.gid);
}
