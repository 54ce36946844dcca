/**
 * The file requests of the drop server: SFTP version 3 (draft-ietf-secsh-filexfer-02) over a confined folder.
 *
 * Requests are answered one after the other, as OpenSSH does, so that a client may send several without waiting. What is not listed
 * here (links, extensions) is answered "unsupported" by ssh2 itself.
 */
import { constants, type FileHandle, link, lstat, mkdir, open, readdir, rename, rmdir, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from 'ssh2';
import type { ConfinedFolder } from './confined-folder.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
const MAX_HANDLES = 64;
const MAX_PIECE_BYTES = 256 * 1024;
const ENTRIES_PER_ANSWER = 100;

type Opened = { readonly file: FileHandle; readonly append: boolean } | { readonly directory: string; readonly names: string[] };

export function serveFiles(sftp: SFTPWrapper, folder: ConfinedFolder): void {
  const handles = new Map<number, Opened>();
  let nextHandle = 0;
  let line: Promise<void> = Promise.resolve();

  /** In order; a fault of one request is its answer. */
  const answer = (request: number, work: () => Promise<void>): void => {
    line = line.then(work).catch((error: unknown) => sftp.status(request, statusFor(error)));
  };
  const done = (request: number): void => sftp.status(request, STATUS_CODE.OK);
  const keep = (request: number, opened: Opened): void => {
    const id = nextHandle++;
    handles.set(id, opened);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(id);
    sftp.handle(request, handle);
  };
  const requireRoom = (): void => {
    if (handles.size >= MAX_HANDLES) throw new Error('too many open files');
  };
  const openedBy = (handle: Buffer): Opened => {
    const opened = handle.length === 4 ? handles.get(handle.readUInt32BE()) : undefined;
    if (opened === undefined) throw new Error('no such handle');
    return opened;
  };
  const fileBy = (handle: Buffer) => {
    const opened = openedBy(handle);
    if (!('file' in opened)) throw new Error('not a file');
    return opened;
  };

  sftp.on('OPEN', (request, path, flags, attributes) =>
    answer(request, async () => {
      requireRoom();
      const file = await open(await folder.locate(path), openFlags(flags), attributes.mode ?? 0o644);
      keep(request, { file, append: (flags & OPEN_MODE.APPEND) !== 0 });
    }),
  );
  sftp.on('READ', (request, handle, offset, length) =>
    answer(request, async () => {
      const { file } = fileBy(handle);
      const piece = Buffer.allocUnsafe(Math.min(length, MAX_PIECE_BYTES));
      const { bytesRead } = await file.read(piece, 0, piece.length, offset);
      if (bytesRead === 0) sftp.status(request, STATUS_CODE.EOF);
      else sftp.data(request, piece.subarray(0, bytesRead));
    }),
  );
  sftp.on('WRITE', (request, handle, offset, data) =>
    answer(request, async () => {
      const { file, append } = fileBy(handle);
      await (append ? file.appendFile(data) : file.write(data, 0, data.length, offset));
      done(request);
    }),
  );
  sftp.on('CLOSE', (request, handle) =>
    answer(request, async () => {
      const opened = openedBy(handle);
      handles.delete(handle.readUInt32BE());
      if ('file' in opened) await opened.file.close();
      done(request);
    }),
  );
  sftp.on('FSTAT', (request, handle) => answer(request, async () => sftp.attrs(request, attributesOf(await fileBy(handle).file.stat()))));
  sftp.on('FSETSTAT', (request, handle, attributes) =>
    answer(request, async () => {
      const { file } = fileBy(handle);
      await setAttributes(file, attributes);
      done(request);
    }),
  );
  const look = (request: number, path: string): void =>
    answer(request, async () => sftp.attrs(request, attributesOf(await lstat(await folder.locate(path)))));
  sftp.on('STAT', look);
  sftp.on('LSTAT', look);
  sftp.on('SETSTAT', (request, path, attributes) =>
    answer(request, async () => {
      const local = await folder.locate(path);
      if ((await lstat(local)).isDirectory()) {
        if (attributes.mtime !== undefined) await utimes(local, attributes.atime, attributes.mtime);
      } else {
        const file = await open(local, constants.O_RDWR | constants.O_NOFOLLOW);
        await setAttributes(file, attributes).finally(() => file.close());
      }
      done(request);
    }),
  );
  sftp.on('OPENDIR', (request, path) =>
    answer(request, async () => {
      requireRoom();
      const directory = await folder.locate(path);
      keep(request, { directory, names: await readdir(directory) });
    }),
  );
  sftp.on('READDIR', (request, handle) =>
    answer(request, async () => {
      const opened = openedBy(handle);
      if (!('directory' in opened)) throw new Error('not a directory');
      const names = opened.names.splice(0, ENTRIES_PER_ANSWER);
      if (names.length === 0) return sftp.status(request, STATUS_CODE.EOF);
      const entries = await Promise.all(names.map((name) => entryOf(opened.directory, name)));
      sftp.name(
        request,
        entries.filter((entry) => entry !== undefined),
      );
    }),
  );
  sftp.on('REALPATH', (request, path) =>
    answer(request, async () => {
      const filename = folder.clientPath(path);
      sftp.name(request, [{ filename, longname: filename, attrs: { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 } }]);
    }),
  );
  sftp.on('RENAME', (request, from, to) =>
    answer(request, async () => {
      await renameToFree(await folder.locate(from), await folder.locate(to));
      done(request);
    }),
  );
  const change = (act: (local: string) => Promise<unknown>) => (request: number, path: string) =>
    answer(request, async () => {
      await act(await folder.locate(path));
      done(request);
    });
  sftp.on('REMOVE', change(unlink));
  sftp.on(
    'MKDIR',
    change((local) => mkdir(local)),
  );
  sftp.on('RMDIR', change(rmdir));
  // The client will ask no more: without this answer an interactive sftp hangs at `bye`.
  sftp.on('end', () => sftp.end());
  sftp.on('close', () => {
    line = line.then(async () => {
      for (const opened of handles.values()) if ('file' in opened) await opened.file.close().catch(() => {});
      handles.clear();
    });
  });
}

/** As OpenSSH: a hard link cannot replace what is there, a rename could. */
async function renameToFree(from: string, to: string): Promise<void> {
  if ((await lstat(from)).isDirectory()) {
    if (
      await lstat(to).then(
        () => true,
        () => false,
      )
    )
      throw new Error('the target exists');
    return rename(from, to);
  }
  await link(from, to);
  await unlink(from);
}

function openFlags(flags: number): number {
  const read = (flags & OPEN_MODE.READ) !== 0;
  const write = (flags & OPEN_MODE.WRITE) !== 0;
  let local: number = write ? (read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  if (flags & OPEN_MODE.APPEND) local |= constants.O_APPEND;
  if (flags & OPEN_MODE.CREAT) local |= constants.O_CREAT;
  if (flags & OPEN_MODE.TRUNC) local |= constants.O_TRUNC;
  if (flags & OPEN_MODE.EXCL) local |= constants.O_EXCL;
  return local | constants.O_NOFOLLOW;
}

async function setAttributes(file: FileHandle, attributes: Partial<Attributes>): Promise<void> {
  if (attributes.size !== undefined) await file.truncate(attributes.size);
  if (attributes.mode !== undefined) await file.chmod(attributes.mode & 0o777);
  if (attributes.mtime !== undefined) await file.utimes(attributes.atime ?? attributes.mtime, attributes.mtime);
}

const attributesOf = (found: { mode: number; uid: number; gid: number; size: number; atimeMs: number; mtimeMs: number }): Attributes => ({
  mode: found.mode,
  uid: found.uid,
  gid: found.gid,
  size: found.size,
  atime: Math.floor(found.atimeMs / 1000),
  mtime: Math.floor(found.mtimeMs / 1000),
});

/** Undefined for what vanished between the listing and the look. */
async function entryOf(directory: string, filename: string): Promise<FileEntry | undefined> {
  const found = await lstat(join(directory, filename)).catch(() => undefined);
  if (found === undefined) return undefined;
  const type = found.isDirectory() ? 'd' : found.isSymbolicLink() ? 'l' : '-';
  return { filename, longname: `${type}rw-r--r-- 1 owner group ${found.size} Jan 1 1970 ${filename}`, attrs: attributesOf(found) };
}

function statusFor(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return STATUS_CODE.NO_SUCH_FILE;
  if (code === 'EACCES' || code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}
