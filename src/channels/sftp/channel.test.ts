import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Receipt } from '../../core/contracts.ts';
import { compileSchema } from '../../core/schema-check.ts';
import { sftpChannel } from './channel.ts';
import { collect, INTERCHANGE, KINDS, makeDrop, startPeer, stopPeer } from './harness-drops.ts';
import { SftpOptions } from './options.ts';
import type { SftpPeer } from './peer.ts';

const accept = (receipt: Receipt) => receipt.accept();
const replaceFile = (file: string): void => {
  writeFileSync(`${file}.new`, 'other');
  renameSync(`${file}.new`, file);
};
const BIG = Buffer.alloc(2_000_000, 'x');

test('every example is a valid configuration', () => {
  const check = compileSchema(SftpOptions);
  for (const { options } of sftpChannel.examples) expect(check(options)).toEqual([]);
});

describe.each(KINDS)('the channel against %s', { timeout: 30_000 }, (kind) => {
  let peer: SftpPeer;
  beforeAll(async () => {
    peer = await startPeer(kind);
  });
  afterAll(() => stopPeer(peer));

  test('hands over the bytes of a settled file and moves it to the archive once it is accepted', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi');
    const read: string[] = [];
    await drop.pollSettled(async (receipt) => {
      read.push((await collect(receipt.read())).toString());
      expect(drop.names()).toEqual(['855.edi']);
      await receipt.accept();
    });
    expect(read).toEqual([INTERCHANGE]);
    expect(drop.names()).toEqual(['archive']);
    expect(drop.names('archive')).toEqual([expect.stringMatching(/^855\.edi\.\d+-[0-9a-f]{8}$/)]);
    expect(await drop.poll()).toEqual([]);
  });

  test('hands the archive over once more, in order and under the keys of the first time, and leaves it as it is', async () => {
    const drop = makeDrop(peer);
    drop.put('c.edi', INTERCHANGE, 1_700_000_000);
    drop.put('b.edi', INTERCHANGE, 1_700_000_100);
    drop.put('a.edi', INTERCHANGE, 1_700_000_200);
    const first: string[] = [];
    const note = async (receipt: Receipt) => {
      first.push(receipt.key);
      await receipt.accept();
    };
    await drop.pollSettled(note);
    // The same once more, as a client sends it that keeps times: another hand-over.
    drop.put('b.edi', INTERCHANGE, 1_700_000_100);
    await drop.pollSettled(note);
    drop.put('archive/from-elsewhere.edi', 'not ours', 1_700_000_300);
    const kept = drop.names('archive');

    const reread = async (since?: Date): Promise<Receipt[]> => {
      const found: Receipt[] = [];
      const { signal } = new AbortController();
      for await (const receipt of sftpChannel.reread?.(drop.options, drop.context, since, { skipped() {} }, signal) ?? []) {
        if (receipt.filename === 'a.edi') expect((await collect(receipt.read())).toString()).toBe(INTERCHANGE);
        await receipt.accept();
        found.push(receipt);
      }
      return found;
    };
    const again = await reread();
    expect(again.map(({ filename }) => filename)).toEqual(['c.edi', 'b.edi', 'b.edi', 'a.edi', 'from-elsewhere.edi']);
    const [c, b, a, copy] = first;
    expect(again.slice(0, 4).map(({ key }) => key)).toEqual([c, b, copy, a]);
    expect(new Set(again.map(({ key }) => key)).size).toBe(5);
    expect((await reread()).map(({ key }) => key)).toEqual(again.map(({ key }) => key));
    expect((await reread(new Date(1_700_000_150_000))).map(({ filename }) => filename)).toEqual(['a.edi', 'from-elsewhere.edi']);
    expect(drop.names('archive')).toEqual(kept);
    expect(await drop.poll()).toEqual([]);
  });

  test('streams a large file byte for byte', async () => {
    const drop = makeDrop(peer, { trailer: 'none' });
    const bytes = Buffer.from(Array.from({ length: 1_234_567 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
    drop.put('large.bin', bytes);
    let read: Buffer = Buffer.alloc(0);
    await drop.pollSettled(async (receipt) => {
      read = await collect(receipt.read());
    });
    expect(read.equals(bytes)).toBe(true);
  });

  test('hands over in order of time, then of name', async () => {
    const drop = makeDrop(peer);
    drop.put('c.edi', INTERCHANGE, 1_700_000_000);
    drop.put('b.edi', INTERCHANGE, 1_700_000_100);
    drop.put('a.edi', INTERCHANGE, 1_700_000_100);
    drop.put('0.edi', INTERCHANGE, 1_700_000_200);
    expect(await drop.pollSettled()).toEqual(['c.edi', 'a.edi', 'b.edi', '0.edi']);
  });

  test('leaves a file that grows between polls until it has stopped growing', async () => {
    const drop = makeDrop(peer);
    drop.put('slow.edi', INTERCHANGE.slice(0, 50));
    expect(await drop.poll()).toEqual([]);
    drop.put('slow.edi', INTERCHANGE);
    expect(await drop.poll()).toEqual([]);
    expect(drop.skipped.get('slow.edi')).toMatch(/upload goes on/);
    expect(await drop.poll()).toEqual(['slow.edi']);
  });

  test('leaves a file that was not watched unchanged for the minimum age', async () => {
    const drop = makeDrop(peer, { minimumAge: '1h' });
    drop.put('young.edi', INTERCHANGE, 1_600_000_000);
    await drop.poll();
    expect(await drop.poll()).toEqual([]);
    expect(drop.skipped.get('young.edi')).toMatch(/taken after 3600000 ms/);
  });

  test('leaves an X12 file without its IEA, says why, and takes the neighbours and, later, the mended file', async () => {
    const drop = makeDrop(peer);
    drop.put('cut.edi', INTERCHANGE.slice(0, -15));
    drop.put('whole.edi');
    expect(await drop.pollSettled()).toEqual(['whole.edi']);
    expect(drop.skipped.get('cut.edi')).toMatch(/does not end in an IEA segment/);
    expect(await drop.poll()).toEqual(['whole.edi']);
    expect(drop.skipped.get('cut.edi')).toMatch(/does not end in an IEA segment/);
    drop.put('cut.edi');
    await drop.poll();
    expect(await drop.poll()).toContain('cut.edi');
  });

  test('ignores folders, links, dotfiles, unfinished uploads and names that include does not match', async () => {
    const drop = makeDrop(peer, { include: '*.edi' });
    for (const name of ['.hidden.edi', 'a.edi.tmp', 'b.edi.part', 'c.edi.filepart', 'notes.txt', 'd.edi']) drop.put(name);
    mkdirSync(join(drop.folder, 'folder.edi'));
    symlinkSync('/etc/hostname', join(drop.folder, 'link.edi'));
    expect(await drop.pollSettled()).toEqual(['d.edi']);
    expect([...drop.skipped.keys()]).toEqual([]);
  });

  test('leaves a file over maxBytes and a name that could hurt a terminal, and says why', async () => {
    const drop = makeDrop(peer, { maxBytes: 150, trailer: 'none' });
    drop.put('fat.edi', 'x'.repeat(151));
    drop.put('fit.edi', 'x'.repeat(150));
    drop.put('a\u001b[31m.edi', 'x');
    expect(await drop.pollSettled()).toEqual(['fit.edi']);
    expect(drop.skipped.get('fat.edi')).toMatch(/151 bytes, more than maxBytes \(150\)/);
    expect([...drop.skipped.values()].some((reason) => /control character/.test(reason))).toBe(true);
  });

  test.each<[string, (file: string) => void]>([
    ['is truncated', (file) => truncateSync(file, 1_000_000)],
    ['grows', (file) => writeFileSync(file, 'more', { flag: 'a' })],
    ['is replaced', replaceFile],
    ['vanishes', (file) => rmSync(file)],
    ['gets another time', (file) => utimesSync(file, 1, 1)],
  ])('refuses a file that %s while it is read', async (_what, spoil) => {
    const drop = makeDrop(peer, { trailer: 'none' });
    drop.put('big.edi', BIG);
    let received = 0;
    await drop.pollSettled(async (receipt) => {
      const reading = async () => {
        for await (const piece of receipt.read()) {
          if (received === 0) spoil(join(drop.folder, 'big.edi'));
          received += piece.length;
        }
      };
      await expect(reading()).rejects.toMatchObject({ code: 'ERR_SFTP_SOURCE_CHANGED', retry: 'later' });
    });
    expect(received).toBeGreaterThan(0);
  });

  test('refuses a file that changed between the listing and the reading, and takes it in its new state later', async () => {
    const drop = makeDrop(peer);
    drop.put('x.edi');
    const keys: string[] = [];
    await drop.pollSettled(async (receipt) => {
      keys.push(receipt.key);
      drop.put('x.edi', `${INTERCHANGE}\n`);
      await expect(collect(receipt.read())).rejects.toMatchObject({ code: 'ERR_SFTP_SOURCE_CHANGED' });
    });
    await drop.poll();
    await drop.poll(async (receipt) => void keys.push(receipt.key));
    expect(new Set(keys).size).toBe(2);
  });

  test('a crash between the commit and the move hands the same file over again under the same key', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi');
    const keys: string[] = [];
    await drop.pollSettled(async (receipt) => void keys.push(receipt.key));
    drop.memory.clear();
    await drop.pollSettled(async (receipt) => {
      keys.push(receipt.key);
      await receipt.accept();
    });
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
    expect(drop.names('archive')).toHaveLength(1);
  });

  test('accepting twice is accepting once', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi');
    await drop.pollSettled(async (receipt) => {
      await receipt.accept();
      await receipt.accept();
    });
    expect(drop.names('archive')).toHaveLength(1);
    expect(drop.warnings).toEqual([]);
  });

  test('the same name at two times is two hand-overs with two places in the archive', async () => {
    const drop = makeDrop(peer);
    const keys: string[] = [];
    for (const mtime of [1_700_000_000, 1_700_000_060]) {
      drop.put('daily.edi', INTERCHANGE, mtime);
      await drop.pollSettled(async (receipt) => {
        keys.push(receipt.key);
        await receipt.accept();
      });
    }
    expect(new Set(keys).size).toBe(2);
    expect(drop.names('archive')).toHaveLength(2);
  });

  test('a file sent again with equal name, size and time is another hand-over, and overwrites nothing in the archive', async () => {
    const drop = makeDrop(peer, { trailer: 'none' });
    const keys: string[] = [];
    for (const content of ['first!', 'second', 'third.']) {
      drop.put('same.edi', content, 1_700_000_000);
      await drop.pollSettled(async (receipt) => {
        keys.push(receipt.key);
        await receipt.accept();
        // Sent once more before the poll is over: not this receipt's business.
        if (content === 'third.') drop.put('same.edi', 'fourth', 1_700_000_000);
        await receipt.accept();
      });
    }
    expect(new Set(keys).size).toBe(3);
    const kept = drop.names('archive').map((name) => drop.content(join('archive', name)));
    expect(kept.sort()).toEqual(['first!', 'second', 'third.']);
    expect(drop.names()).toEqual(['archive', 'same.edi']);
  });

  test('does not archive a newer file that took the place of the one that was read', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi');
    await drop.pollSettled(async (receipt) => {
      await collect(receipt.read());
      drop.put('855.edi', `${INTERCHANGE}\n\n`);
      await receipt.accept();
    });
    expect(drop.names()).toEqual(['855.edi']);
    expect(drop.warnings).toEqual([expect.stringMatching(/replaced by a newer file/)]);
  });

  test('a file that someone else took away before the move is no fault', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi');
    await drop.pollSettled(async (receipt) => {
      rmSync(join(drop.folder, '855.edi'));
      await receipt.accept();
    });
    expect(drop.warnings).toEqual([expect.stringMatching(/gone from the drop/)]);
  });

  test.each(['IEA', 'none'] as const)('a file that cannot be opened does not keep those behind it (trailer: %s)', async (trailer) => {
    const drop = makeDrop(peer, { trailer });
    for (const [n, name] of ['1.edi', '2.edi', '3.edi'].entries()) drop.put(name, INTERCHANGE, 1_700_000_000 + n);
    const handed = await drop.pollSettled(async () => rmSync(join(drop.folder, '2.edi'), { force: true }));
    expect(handed).toEqual(['1.edi', '3.edi']);
    expect(drop.skipped.get('2.edi')).toMatch(/it is gone/);
  });

  test('a name at the limit of the file system still fits in the archive', async () => {
    const drop = makeDrop(peer);
    drop.put(`${'ü'.repeat(125)}.edi`);
    await drop.pollSettled(accept);
    expect(drop.names('archive')).toHaveLength(1);
  });

  test('stops quietly when it is told to, and a read that was under way throws the reason', async () => {
    const drop = makeDrop(peer, { trailer: 'none' });
    drop.put('big.edi', BIG);
    await drop.poll();
    const stop = new AbortController();
    const reason = new Error('shutting down');
    await drop.poll(async (receipt) => {
      const reading = receipt.read();
      const pieces = reading[Symbol.asyncIterator]();
      await pieces.next();
      stop.abort(reason);
      await expect(pieces.next().then(() => collect(reading))).rejects.toBe(reason);
      await expect(receipt.accept()).rejects.toBe(reason);
    }, stop.signal);
    expect(drop.names()).toEqual(['big.edi']);
    expect(await drop.poll(accept, stop.signal)).toEqual([]);
  });

  test('a receipt outlives its poll only to fail', async () => {
    const drop = makeDrop(peer);
    drop.put('855.edi');
    const kept: Receipt[] = [];
    await drop.pollSettled(async (receipt) => void kept.push(receipt));
    await expect(kept[0]?.accept()).rejects.toMatchObject({ code: 'ERR_SFTP_UNREACHABLE' });
  });

  test('the check makes the archive, moves a probe and leaves nothing behind', async () => {
    const drop = makeDrop(peer);
    await sftpChannel.check(drop.options, drop.context);
    expect(drop.names()).toEqual(['archive']);
    expect(drop.names('archive')).toEqual([]);
  });

  test('the check says which directory is missing, or is none', async () => {
    const drop = makeDrop(peer);
    const missing = { ...drop.options, directory: `${drop.options.directory}/nowhere` };
    await expect(sftpChannel.check(missing, drop.context)).rejects.toMatchObject({
      code: 'ERR_SFTP_DIRECTORY',
      message: expect.stringContaining('nowhere'),
    });
    drop.put('archive', 'a file');
    await expect(sftpChannel.check(drop.options, drop.context)).rejects.toMatchObject({ code: 'ERR_SFTP_DIRECTORY' });
    const drained = { ...drop.options, archive: `${drop.options.directory}/.` };
    await expect(sftpChannel.check(drained, drop.context)).rejects.toMatchObject({ code: 'ERR_SFTP_DIRECTORY' });
  });

  test('lists ten thousand files in one go, in order, and lets go when the poll is left early', async () => {
    const drop = makeDrop(peer, { trailer: 'none' });
    for (let i = 0; i < 10_000; i++) drop.put(`f${i}.edi`, 'x', 1_700_000_000 + i);
    await drop.poll();
    const seen: string[] = [];
    const report = { skipped: () => {} };
    for await (const receipt of sftpChannel.poll(drop.options, drop.context, drop.memory, report, new AbortController().signal)) {
      seen.push(receipt.filename);
      if (seen.length === 20) break;
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `f${i}.edi`));
    expect(drop.memory.size).toBe(10_000);
    rmSync(drop.folder, { recursive: true });
  });
});
