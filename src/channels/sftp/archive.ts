/**
 * Moves what was stored out of the drop, under a name that no other hand-over has.
 *
 * Safe to repeat after a crash at any point; never overwrites; never moves a file that is not the one that was read. A rename is the
 * whole move, so the archive must be on the same file system as the drop.
 */
import type { Log } from '../../core/context.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { sha256Hex } from '../../core/identity.ts';
import type { SftpSession } from '../../ssh/session.ts';
import { type DropFile, pathIn, sameState } from './listing.ts';
import type { SftpSettings } from './options.ts';

/** A name in the archive may be at most this long: the usual limit is 255 bytes, less the suffix. */
const MAX_NAME_BYTES = 200;
const MAX_COPIES = 100;

/** One hand-over: what identifies it, and where it goes. */
export interface HandOver {
  /** Name, size and time; and a number where a file of equal name, size and time already lies in the archive. */
  readonly key: string;
  readonly target: string;
}

/**
 * Clients that set the time of what they upload can send a file again that looks the same to the second. If the archive has one already,
 * then that one was taken, and this is another hand-over. Undefined when there are too many of them. One look per file at the archive.
 */
export async function identifyHandOver(session: SftpSession, settings: SftpSettings, file: DropFile): Promise<HandOver | undefined> {
  const key = handOverKey(settings.drop, file);
  const target = pathIn(settings.archive, archiveName(file, key));
  for (let copy = 1; copy <= MAX_COPIES; copy++) {
    const handOver = copy === 1 ? { key, target } : { key: `${key}&copy=${copy}`, target: `${target}.${copy}` };
    if ((await session.lstat(handOver.target)) === undefined) return handOver;
  }
  return undefined;
}

/** Of a file that no other of equal name, size and time came before. */
export const handOverKey = (drop: string, { name, size, mtime }: Pick<DropFile, 'name' | 'size' | 'mtime'>): string =>
  `${drop}/${encodeURIComponent(name)}?size=${size}&mtime=${mtime}`;

/** `<name>.<mtime>-<first 8 of SHA-256 of the key>`; reread.ts reads it back. */
function archiveName(file: DropFile, key: string): string {
  let name = file.name;
  while (Buffer.byteLength(name) > MAX_NAME_BYTES) name = name.slice(0, -1);
  return `${name}.${file.mtime}-${sha256Hex(key).slice(0, 8)}`;
}

/** What moving needs of a session. */
type Mover = Pick<SftpSession, 'lstat' | 'stat' | 'rename' | 'makeDirectory'>;

/** Throws ERR_SFTP_*; the message is stored by then, so the next poll simply moves again. */
export async function archiveFile(session: Mover, settings: SftpSettings, file: DropFile, target: string, log: Log): Promise<void> {
  const fields = { drop: settings.drop, file: file.name };
  const present = await session.lstat(file.path);
  const taken = (await session.lstat(target)) !== undefined;
  if (present === undefined) {
    if (!taken) log.warn(fields, 'gone from the drop before it could be archived; it is stored');
    return;
  }
  if (!sameState(present, file)) {
    log.warn(fields, 'replaced by a newer file before it could be archived; it is stored, and the newer one stays for the next poll');
    return;
  }
  // Archived already, and the same sent once more since: that is the next poll's.
  if (taken) return;
  await ensureArchive(session, settings);
  await session.rename(file.path, target);
  // Between the look and the move another file may have taken its place: an unread document must not end in the archive.
  const moved = await session.lstat(target);
  if (moved !== undefined && moved.size !== file.size) {
    log.warn(fields, 'replaced by a newer file while it was archived; the newer one goes back for the next poll');
    await session.rename(target, file.path);
  }
}

/** Creates the archive (not its parents) if it is missing. */
export async function ensureArchive(session: Mover, settings: SftpSettings): Promise<void> {
  const found = await session.stat(settings.archive);
  if (found === undefined) return session.makeDirectory(settings.archive);
  if (!found.isDirectory())
    throw new GatewayError('ERR_SFTP_DIRECTORY', `${settings.drop}: expected ${settings.archive} to be a directory for the archive, found a file`);
}
