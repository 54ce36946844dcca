/**
 * What lies in the drop and may be a document, in order of arrival.
 *
 * The listing is filtered batch by batch as it comes, so that memory holds a name and two numbers per candidate and nothing of the rest.
 */
import type { FileEntryWithStats } from 'ssh2';
import type { ChannelReport } from '../../core/contracts.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import type { SftpSession } from '../../ssh/session.ts';
import type { SftpSettings } from './options.ts';

export interface DropFile {
  readonly name: string;
  /** As the server names it. */
  readonly path: string;
  readonly size: number;
  /** Seconds; SFTP version 3 knows no finer. */
  readonly mtime: number;
}

export type FileState = Pick<DropFile, 'size' | 'mtime'>;

export const sameState = (a: FileState, b: FileState): boolean => a.size === b.size && a.mtime === b.mtime;

/** Far above any sane drop; a listing that never ends must not fill the memory. */
const MAX_CANDIDATES = 250_000;

/** What uploading clients call a file until it is whole. */
const UNFINISHED = /\.(tmp|part|filepart)$/i;

/** One folder, and what of it counts. */
export interface Folder extends Pick<SftpSettings, 'drop' | 'directory' | 'include' | 'maxBytes'> {
  /** Seconds: what is older is left out. */
  readonly from: number;
  /** What to do when there is too much. */
  readonly hint: string;
}

export const listDrop = (session: SftpSession, settings: SftpSettings, report: ChannelReport): Promise<DropFile[]> =>
  listFolder(session, { ...settings, from: 0, hint: 'move old files away, or narrow include in the partner file' }, report);

/** Ordered by time, then by name (code units), so that the same drop always gives the same order. Throws ERR_SFTP_*. */
export async function listFolder(session: SftpSession, folder: Folder, report: ChannelReport): Promise<DropFile[]> {
  const files: DropFile[] = [];
  const handle = await session.openDirectory(folder.directory);
  for (;;) {
    const entries = await session.readDirectory(handle);
    if (entries === undefined) break;
    for (const entry of entries) {
      const file = candidateOf(entry, folder, report);
      if (file !== undefined) files.push(file);
    }
    if (files.length > MAX_CANDIDATES)
      throw new GatewayError('ERR_SFTP_DIRECTORY', `${folder.drop}: expected at most ${MAX_CANDIDATES} files in ${folder.directory}, found more`, {
        hint: folder.hint,
      });
  }
  await session.closeHandle(handle);
  return files.sort((a, b) => a.mtime - b.mtime || (a.name < b.name ? -1 : 1));
}

function candidateOf(entry: FileEntryWithStats, folder: Folder, report: ChannelReport): DropFile | undefined {
  const { filename: name, attrs } = entry;
  if (name.startsWith('.') || UNFINISHED.test(name) || !matchesGlob(folder.include, name)) return undefined;
  if (!isRegularFile(entry)) return undefined;
  // A name is data from outside: it is joined to a path and shown on terminals.
  if (/[/\\\p{Cc}\u{FFFD}]/u.test(name)) {
    report.skipped(JSON.stringify(name), 'its name has a slash, a control character or bytes that are not UTF-8');
    return undefined;
  }
  if (!Number.isSafeInteger(attrs.size) || !Number.isSafeInteger(attrs.mtime)) {
    report.skipped(name, 'the server does not tell its size and time, so no one can tell whether it is whole');
    return undefined;
  }
  if (attrs.mtime < folder.from) return undefined;
  if (attrs.size > folder.maxBytes) {
    report.skipped(name, `it has ${attrs.size} bytes, more than maxBytes (${folder.maxBytes})`);
    return undefined;
  }
  return { name, path: pathIn(folder.directory, name), size: attrs.size, mtime: attrs.mtime };
}

/** A server need not send permissions, which hold the type; then the `ls -l` line tells. */
function isRegularFile(entry: FileEntryWithStats): boolean {
  return typeof entry.attrs.mode === 'number' ? entry.attrs.isFile() : entry.longname.startsWith('-');
}

export const pathIn = (directory: string, name: string): string => (directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`);

/** `*` any characters, `?` one; case counts. Linear in time whatever the pattern: on a mismatch only the last star is widened. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let starredTo = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      starredTo = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++starredTo;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
