/**
 * The archive read once more: after the database was restored to an earlier time, what was taken since is handed over again.
 *
 * Every file comes under the receipt key of its first hand-over, which its name in the archive vouches for; what the database still
 * knows is recognised by it. A file of which the name vouches for another key (the drop was renamed, somebody else put it there) has a key
 * of its own, always the same: then its bytes decide in translation. Nothing in the archive is touched.
 */
import type { Context } from '../../core/context.ts';
import type { ChannelReport, Receipt } from '../../core/contracts.ts';
import { sha256Hex } from '../../core/identity.ts';
import { SftpSession } from '../../ssh/session.ts';
import { handOverKey } from './archive.ts';
import { readFile } from './file-reader.ts';
import { type DropFile, listFolder } from './listing.ts';
import { type SftpOptions, settingsOf } from './options.ts';

/** `<name>.<mtime>-<first 8 of SHA-256 of the key>`, and `.N` for a copy that looked the same. */
const ARCHIVED = /^(.+)\.(\d{1,12})-([0-9a-f]{8})(?:\.(\d{1,3}))?$/;

interface Taken {
  readonly file: DropFile;
  readonly key: string;
  /** As it was called in the drop. */
  readonly name: string;
  readonly mtime: number;
  readonly copy: number;
}

/** In the order in which the drop hands over: by time, then by name. Receipts live as long as the iteration. */
export async function* rereadArchive(
  options: SftpOptions,
  context: Context,
  since: Date | undefined,
  report: ChannelReport,
  signal: AbortSignal,
): AsyncGenerator<Receipt> {
  const settings = settingsOf(options);
  const session = await SftpSession.open(settings, context, signal);
  try {
    const from = since === undefined ? 0 : Math.floor(since.getTime() / 1000);
    const folder = { ...settings, directory: settings.archive, include: '*', from, hint: 'leave out what is older: --since' };
    const taken = (await listFolder(session, folder, report)).map((file) => takenOf(settings.drop, file)).sort(inOrder);
    for (const { file, key, name } of taken)
      yield { key, filename: name, read: () => readFile(session, file, settings.drop), accept: async () => {} };
  } finally {
    await session.close();
  }
}

function takenOf(drop: string, file: DropFile): Taken {
  const [, name = '', mtime, digest, copy = '1'] = ARCHIVED.exec(file.name) ?? [];
  const first = handOverKey(drop, { name, size: file.size, mtime: Number(mtime) });
  if (digest === undefined || sha256Hex(first).slice(0, 8) !== digest)
    return { file, key: `${drop}/archived/${encodeURIComponent(file.name)}?size=${file.size}`, name: file.name, mtime: file.mtime, copy: 1 };
  return { file, key: copy === '1' ? first : `${first}&copy=${copy}`, name, mtime: Number(mtime), copy: Number(copy) };
}

const inOrder = (a: Taken, b: Taken): number => a.mtime - b.mtime || (a.name === b.name ? a.copy - b.copy : a.name < b.name ? -1 : 1);
