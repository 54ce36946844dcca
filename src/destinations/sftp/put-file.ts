/**
 * Puts one file into a directory, whole or not at all: written under another name, then renamed.
 *
 * Never appends and never overwrites. Safe to repeat: what lies there under the final name with the same bytes was put there before; with
 * other bytes it is not ours to touch. Other servers than OpenSSH overwrite when they rename, so the name is looked at first.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import type { SftpSession } from '../../ssh/session.ts';
import type { OutboxSettings } from './options.ts';

/** What every server takes in one piece (draft-ietf-secsh-filexfer-02 §3). */
const PIECE_BYTES = 32_768;

export interface FileToPut {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** An attempt before this one may have left something. */
  readonly again: boolean;
}

export type Putting =
  | 'put'
  /** It lies there already, byte for byte. */
  | 'there'
  /** Something else lies there under its name. */
  | 'taken';

/** `renaming` is called before the one step after which the file may lie there. Throws ERR_SFTP_*. */
export async function putFile(
  session: SftpSession,
  settings: OutboxSettings,
  file: FileToPut,
  context: Context,
  renaming: () => void,
): Promise<Putting> {
  const target = `${settings.directory}/${file.name}`;
  if (file.again) await removeLeftovers(session, settings.directory, file.name);
  const lies = await compare(session, target, file.bytes);
  if (lies !== undefined) return lies;
  const temporary = `${settings.directory}/.${file.name}.tmp-${randomUUID()}`;
  try {
    await write(session, temporary, file.bytes, settings.drop);
    context.failpoint('upload.written');
    renaming();
    await session.rename(temporary, target);
    return 'put';
  } catch (error) {
    await session.remove(temporary).catch(() => {});
    // OpenSSH refuses to rename over what came meanwhile, with a failure that says no more.
    if (error instanceof GatewayError && error.code === 'ERR_SFTP_FAILURE') {
      const came = await compare(session, target, file.bytes);
      if (came !== undefined) return came;
    }
    throw error;
  }
}

async function write(session: SftpSession, path: string, bytes: Uint8Array, drop: string): Promise<void> {
  const handle = await session.open(path, 'wx');
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) await session.write(handle, at, bytes.subarray(at, at + PIECE_BYTES));
    const { size } = await session.fstat(handle);
    if (size !== bytes.length)
      throw new GatewayError('ERR_SFTP_FAILURE', `${drop}: expected ${bytes.length} bytes in ${path} after writing them, found ${size}`);
  } finally {
    await session.closeHandle(handle).catch(() => {});
  }
}

/** Undefined: nothing lies there. */
async function compare(session: SftpSession, path: string, bytes: Uint8Array): Promise<'there' | 'taken' | undefined> {
  const found = await session.lstat(path);
  if (found === undefined) return undefined;
  if (!found.isFile() || found.size !== bytes.length) return 'taken';
  const handle = await session.open(path, 'r');
  try {
    return (await session.read(handle, 0, bytes.length)).equals(bytes) ? 'there' : 'taken';
  } finally {
    await session.closeHandle(handle).catch(() => {});
  }
}

/** Of attempts that died before they renamed. Whoever still writes one of them loses it, and finds so when it renames. */
async function removeLeftovers(session: SftpSession, directory: string, name: string): Promise<void> {
  const handle = await session.openDirectory(directory);
  const left: string[] = [];
  try {
    for (let entries = await session.readDirectory(handle); entries !== undefined; entries = await session.readDirectory(handle))
      for (const { filename } of entries) if (filename.startsWith(`.${name}.tmp-`)) left.push(filename);
  } finally {
    await session.closeHandle(handle).catch(() => {});
  }
  for (const filename of left) await session.remove(`${directory}/${filename}`).catch(() => {});
}
