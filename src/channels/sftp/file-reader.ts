/**
 * Reads one file, in pieces, and vouches that it stayed the same from the listing to the last byte.
 *
 * A file that is truncated while it is read simply ends, and one that grows simply goes on: so exactly the listed number of bytes is
 * asked for, and the file's state is compared before and after. Eight requests are in flight, so that a distant server is not
 * read at one piece per round trip; memory is those eight pieces.
 */
import { GatewayError } from '../../core/errors/errors.ts';
import type { SftpSession } from '../../ssh/session.ts';
import { type DropFile, type FileState, sameState } from './listing.ts';

/** What every server answers in one piece (draft-ietf-secsh-filexfer-02 §3). */
const PIECE_BYTES = 32_768;
const IN_FLIGHT = 8;

/** Throws ERR_SFTP_SOURCE_CHANGED when the file is not, or does not stay, as it was listed. */
export async function* readFile(session: SftpSession, file: DropFile, drop: string): AsyncGenerator<Uint8Array> {
  const handle = await openListed(session, file, drop);
  const inFlight: Promise<Buffer>[] = [];
  try {
    requireSame(file, await session.fstat(handle), drop);
    let asked = 0;
    let received = 0;
    while (received < file.size) {
      for (; asked < file.size && inFlight.length < IN_FLIGHT; asked += PIECE_BYTES) {
        const piece = session.read(handle, asked, Math.min(PIECE_BYTES, file.size - asked));
        // One that is abandoned after an earlier one failed must not count as unhandled.
        piece.catch(() => {});
        inFlight.push(piece);
      }
      const expected = Math.min(PIECE_BYTES, file.size - received);
      const piece = await inFlight.shift();
      if (piece === undefined || piece.length !== expected) throw changed(drop, file, `it ended after ${received + (piece?.length ?? 0)} bytes`);
      received += piece.length;
      yield piece;
    }
    // By path, not by handle: a file that another has replaced meanwhile has changed as well.
    requireSame(file, await session.lstat(file.path), drop);
  } finally {
    await session.closeHandle(handle).catch(() => {});
  }
}

/** The last bytes, for the trailer check. Throws as `readFile`. */
export async function readTail(session: SftpSession, file: DropFile, drop: string, length: number): Promise<Uint8Array> {
  const handle = await openListed(session, file, drop);
  try {
    const start = Math.max(0, file.size - length);
    return await session.read(handle, start, Math.max(1, file.size - start));
  } finally {
    await session.closeHandle(handle).catch(() => {});
  }
}

async function openListed(session: SftpSession, file: DropFile, drop: string): Promise<Buffer> {
  try {
    return await session.open(file.path, 'r');
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'ERR_SFTP_DIRECTORY') throw changed(drop, file, 'it is gone');
    throw error;
  }
}

function requireSame(file: DropFile, found: FileState | undefined, drop: string): void {
  if (found === undefined) throw changed(drop, file, 'it is gone');
  if (!sameState(file, found)) throw changed(drop, file, `${found.size} bytes of ${isoTime(found.mtime)}`);
}

const changed = (drop: string, file: DropFile, found: string): GatewayError =>
  new GatewayError(
    'ERR_SFTP_SOURCE_CHANGED',
    `${drop}: ${file.name} changed while it was read: expected ${file.size} bytes of ${isoTime(file.mtime)}, found: ${found}`,
  );

export const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();
