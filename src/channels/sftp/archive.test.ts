import { renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SftpSession } from '../../ssh/session.ts';
import { archiveFile, identifyHandOver } from './archive.ts';
import { KINDS, makeDrop, startPeer, stopPeer } from './harness-drops.ts';
import { settingsOf } from './options.ts';
import type { SftpPeer } from './peer.ts';

describe.each(KINDS)('the move to the archive on %s', { timeout: 30_000 }, (kind) => {
  let peer: SftpPeer;
  beforeAll(async () => {
    peer = await startPeer(kind);
  });
  afterAll(() => stopPeer(peer));

  test('takes back a file that slipped in between the last look and the move', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi', 'read and stored', 1_700_000_000);
    const settings = settingsOf(drop.options);
    const session = await SftpSession.open(settings, drop.context);
    const file = { name: '855.edi', path: `${settings.directory}/855.edi`, size: 15, mtime: 1_700_000_000 };
    const handOver = await identifyHandOver(session, settings, file);
    // A supplier who replaces the file in the very moment of the move.
    const raced = {
      lstat: (path: string) => session.lstat(path),
      stat: (path: string) => session.stat(path),
      makeDirectory: (path: string) => session.makeDirectory(path),
      rename: async (from: string, to: string) => {
        if (from === file.path) {
          writeFileSync(join(drop.folder, 'next'), 'not yet read by anyone');
          renameSync(join(drop.folder, 'next'), join(drop.folder, file.name));
        }
        await session.rename(from, to);
      },
    };
    await archiveFile(raced, settings, file, handOver?.target ?? '', drop.context.log);
    await session.close();
    expect(drop.names()).toEqual(['855.edi', 'archive']);
    expect(statSync(join(drop.folder, '855.edi')).size).toBe('not yet read by anyone'.length);
    expect(drop.warnings).toEqual([expect.stringMatching(/goes back for the next poll/)]);
  });
});
