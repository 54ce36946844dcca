/**
 * The SFTP channel: polls a drop on a partner's server, hands over each file that is whole, and moves it to the archive once it is stored.
 *
 * One connection and one listing a poll. Nothing is taken from a server whose host key is not the pinned one; nothing is moved before
 * `accept`; the same file has the same key however often it is handed over.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import type { Channel, ChannelReport, Receipt } from '../../core/contracts.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { SftpSession } from '../../ssh/session.ts';
import { archiveFile, ensureArchive, type HandOver, identifyHandOver } from './archive.ts';
import { isoTime, readFile, readTail } from './file-reader.ts';
import { type DropFile, listDrop, pathIn } from './listing.ts';
import { SftpOptions, type SftpSettings, settingsOf } from './options.ts';
import { rereadArchive } from './reread.ts';
import { sightingOf, watch } from './settled.ts';
import { endsInIea, TAIL_BYTES } from './trailer.ts';

export const sftpChannel: Channel<typeof SftpOptions> = {
  kind: 'channel',
  name: 'sftp',
  summary: 'Polls a directory on an SFTP server.',
  options: SftpOptions,
  examples: [
    {
      title: 'A drop with a key, everything else by default',
      options: {
        host: 'sftp.acme.example',
        username: 'quayside',
        auth: { privateKey: 'file:acme-sftp-key' },
        hostKey: 'SHA256:g6Vic5wMTLyL8nOH6ySRmqmKZXiSunMc3cOKdyoBU5M',
        directory: '/outbound',
      },
    },
    {
      title: 'An old value-added network: password, own archive, only some files, old algorithms',
      options: {
        host: 'van.example',
        port: 2222,
        username: 'AC-7781',
        auth: { password: 'env:QUAYSIDE_SECRET_VAN_PASSWORD' },
        hostKey: 'SHA256:g6Vic5wMTLyL8nOH6ySRmqmKZXiSunMc3cOKdyoBU5M',
        directory: 'mailbox/in',
        archive: 'mailbox/taken',
        include: '*.x12',
        poll: '2m',
        minimumAge: '1m',
        legacyAlgorithms: true,
      },
    },
  ],
  poll: pollDrop,
  reread: rereadArchive,
  dropOf: (options) => settingsOf(options).drop,
  pollIntervalMs: (options) => settingsOf(options).pollMs,
  check: checkDrop,
};

/** Ends quietly when the signal stops it; a receipt's `read` and `accept` throw the signal's reason then. Receipts live as long as the poll. */
async function* pollDrop(
  options: SftpOptions,
  context: Context,
  memory: Map<string, unknown>,
  report: ChannelReport,
  signal: AbortSignal,
): AsyncGenerator<Receipt> {
  const settings = settingsOf(options);
  let session: SftpSession | undefined;
  try {
    session = await SftpSession.open(settings, context, signal);
    const files = await listDrop(session, settings, report);
    const verdicts = watch(memory, files, context.now().getTime(), settings.minimumAgeMs);
    for (const file of files) {
      const verdict = verdicts.get(file.name);
      const reason = verdict?.settled === false ? verdict.reason : await reasonToLeave(session, settings, file, memory);
      if (reason !== undefined) {
        report.skipped(file.name, reason);
        continue;
      }
      const handOver = await identifyHandOver(session, settings, file);
      if (handOver === undefined) report.skipped(file.name, 'the archive is full of files of this name, size and time');
      else yield receiptOf(session, settings, file, handOver, () => memory.delete(file.name), context);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await session?.close();
  }
}

function receiptOf(session: SftpSession, settings: SftpSettings, file: DropFile, handOver: HandOver, forget: () => void, context: Context): Receipt {
  return {
    key: handOver.key,
    filename: file.name,
    read: () => readFile(session, file, settings.drop),
    async accept() {
      await archiveFile(session, settings, file, handOver.target, context.log);
      // Whatever comes under this name is another file, to be watched anew.
      forget();
    },
  };
}

/**
 * Why the file is left: it has no trailer, or it cannot be opened. So one file that may not be read, or that was taken away, never keeps
 * those behind it. A state that was found without trailer is not read again.
 */
async function reasonToLeave(
  session: SftpSession,
  settings: SftpSettings,
  file: DropFile,
  memory: Map<string, unknown>,
): Promise<string | undefined> {
  const sighting = sightingOf(memory, file.name);
  const noTrailer = `it does not end in an IEA segment: the upload broke off, or it is not X12 (unchanged since ${isoTime(file.mtime)})`;
  if (sighting?.withoutTrailer) return noTrailer;
  try {
    const tail = await readTail(session, file, settings.drop, settings.trailer === 'none' ? 1 : TAIL_BYTES);
    if (settings.trailer === 'none' || endsInIea(tail)) return undefined;
  } catch (error) {
    if (error instanceof GatewayError && (error.code === 'ERR_SFTP_SOURCE_CHANGED' || error.code === 'ERR_SFTP_PERMISSION')) return error.message;
    throw error;
  }
  if (sighting !== undefined) memory.set(file.name, { ...sighting, withoutTrailer: true });
  return noTrailer;
}

/** Connects, lists, and moves an empty probe from the drop to the archive: exactly the rights that taking a document needs. */
async function checkDrop(options: SftpOptions, context: Context): Promise<void> {
  const settings = settingsOf(options);
  const session = await SftpSession.open(settings, context);
  try {
    await session.closeHandle(await session.openDirectory(settings.directory));
    await ensureArchive(session, settings);
    // Starts with a dot: no poll takes it.
    const name = `.quayside-check-${randomUUID()}`;
    const probe = pathIn(settings.directory, name);
    await session.closeHandle(await session.open(probe, 'wx'));
    const moved = pathIn(settings.archive, name);
    let left = probe;
    try {
      await session.rename(probe, moved);
      left = moved;
    } finally {
      await session.remove(left);
    }
  } finally {
    await session.close();
  }
}
