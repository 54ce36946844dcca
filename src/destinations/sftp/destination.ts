/**
 * Puts documents into a partner's directory on an SFTP server.
 *
 * Guarantees: a file appears under its name whole or not at all; what lies there is never appended to nor overwritten; nothing is said to a
 * server whose host key is not the pinned one; every failure is an outcome. Trade: one connection an attempt. A partner who takes a file
 * away between an attempt without a clear end and the next one gets it twice, under the same name and control number.
 */
import { randomUUID } from 'node:crypto';
import type { Destination, Outgoing } from '../../core/contracts.ts';
import { SftpSession } from '../../ssh/session.ts';
import { outboxSettings, sftpOutboxOptions } from './options.ts';
import { outcomeOfFailure, outcomeOfPutting } from './outcome.ts';
import { putFile } from './put-file.ts';

export const sftpDestination: Destination<typeof sftpOutboxOptions> = {
  kind: 'destination',
  name: 'sftp',
  summary: 'A file in a directory on an SFTP server: written under another name, then renamed.',
  files: true,
  options: sftpOutboxOptions,
  examples: [
    {
      title: 'The directory from which a partner fetches acknowledgments',
      options: {
        host: 'sftp.acme.example',
        username: 'quayside',
        auth: { privateKey: 'file:acme-sftp-key' },
        hostKey: 'SHA256:g6Vic5wMTLyL8nOH6ySRmqmKZXiSunMc3cOKdyoBU5M',
        directory: '/inbound',
      },
    },
  ],

  async deliver(outgoing, options, context, signal) {
    let renaming = false;
    let session: SftpSession | undefined;
    const limit = AbortSignal.timeout(Math.max(0, Math.ceil(outgoing.deadline - performance.now())));
    try {
      const settings = outboxSettings(options);
      session = await SftpSession.open(settings, context, AbortSignal.any([signal, limit]));
      const file = { name: nameOf(outgoing), bytes: outgoing.body, again: outgoing.attempt > 1 || outgoing.replay };
      const putting = await putFile(session, settings, file, context, () => {
        renaming = true;
      });
      return outcomeOfPutting(putting, file.name);
    } catch (thrown) {
      return outcomeOfFailure(thrown, renaming);
    } finally {
      await session?.close();
    }
  },

  /** Connects, and makes and removes an empty file: the rights that a delivery needs. */
  async check(options, context) {
    const settings = outboxSettings(options);
    const session = await SftpSession.open(settings, context);
    try {
      const probe = `${settings.directory}/.quayside-check-${randomUUID()}`;
      await session.closeHandle(await session.open(probe, 'wx'));
      await session.remove(probe);
    } finally {
      await session.close();
    }
  },
};

/** An event has no name of its own; one that could leave the directory is none. */
function nameOf({ filename, idempotencyKey }: Outgoing): string {
  if (filename === undefined) return `${idempotencyKey}.json`;
  return /^[\w][\w.-]{0,199}$/.test(filename) ? filename : `${idempotencyKey}.edi`;
}
