import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findSshd } from '../../../test/support/acquire.ts';
import { SftpSession } from '../../ssh/session.ts';
import { startDropServer } from './drop-server.ts';
import { startOpenSsh, startSftpPeer } from './harness.ts';
import { contextFor, KINDS, startPeer, stopPeer } from './harness-drops.ts';
import { settingsOf } from './options.ts';
import { generateKeys, type SftpPeer } from './peer.ts';

const open = (peer: SftpPeer, username = peer.username) =>
  SftpSession.open(
    settingsOf({ host: peer.host, port: peer.port, username, auth: { privateKey: 'file:key' }, hostKey: peer.hostKey, directory: '.' }),
    contextFor({ 'file:key': peer.privateKeyPem }).context,
  );

describe.each(KINDS)('a client of the %s', { timeout: 30_000 }, (kind) => {
  let peer: SftpPeer;
  let session: SftpSession;
  beforeAll(async () => {
    peer = await startPeer(kind);
  });
  beforeEach(async () => {
    session = await open(peer);
  });
  afterEach(() => session.close());
  afterAll(() => stopPeer(peer));

  test('may not rename onto what is there, file or folder', async () => {
    writeFileSync(join(peer.directory, 'a'), 'a');
    writeFileSync(join(peer.directory, 'b'), 'b');
    mkdirSync(join(peer.directory, 'one'));
    mkdirSync(join(peer.directory, 'two'));
    await expect(session.rename('a', 'b')).rejects.toMatchObject({ code: 'ERR_SFTP_FAILURE' });
    await session.rename('a', 'c');
    await session.rename('one', 'three');
    expect(readFileSync(join(peer.directory, 'b'), 'utf8')).toBe('b');
    expect(readFileSync(join(peer.directory, 'c'), 'utf8')).toBe('a');
  });

  test('finds the folder whatever its name is', async () => {
    const directory = join(peer.directory, "it's 100 %h of my drops");
    mkdirSync(directory);
    writeFileSync(join(directory, 'a'), 'abc');
    const other = kind === 'openssh' ? await startOpenSsh({ directory, sshd: findSshd() ?? '' }) : await startDropServer({ directory });
    const there = await open(other);
    expect((await there.stat('a'))?.size).toBe(3);
    await there.close();
    await other.stop();
  });

  test('is told what is missing, what exists already, and what may not be opened twice for the first time', async () => {
    expect(await session.lstat('nowhere')).toBeUndefined();
    await expect(session.openDirectory('nowhere')).rejects.toMatchObject({ code: 'ERR_SFTP_DIRECTORY' });
    await session.makeDirectory('made');
    await expect(session.makeDirectory('made')).rejects.toMatchObject({ code: 'ERR_SFTP_FAILURE' });
    await session.closeHandle(await session.open('once', 'wx'));
    await expect(session.open('once', 'wx')).rejects.toMatchObject({ code: 'ERR_SFTP_FAILURE' });
    await session.remove('once');
    expect(await session.lstat('once')).toBeUndefined();
  });

  test('reads to the end and no further', async () => {
    writeFileSync(join(peer.directory, 'short'), 'abc');
    const handle = await session.open('short', 'r');
    expect((await session.read(handle, 1, 100)).toString()).toBe('bc');
    expect((await session.read(handle, 3, 100)).length).toBe(0);
    expect((await session.fstat(handle)).size).toBe(3);
    await session.closeHandle(handle);
  });
});

describe('the drop server confines its client', () => {
  let peer: SftpPeer;
  let session: SftpSession;
  beforeAll(async () => {
    peer = await startPeer('drop-server');
    session = await open(peer);
  });
  afterAll(async () => {
    await session.close();
    await stopPeer(peer);
  });

  test.each(['../../../../etc/passwd', '/etc/passwd', 'x/../../etc/passwd'])('to its folder: %s is looked for inside', async (path) => {
    await expect(session.open(path, 'r')).rejects.toMatchObject({ code: 'ERR_SFTP_DIRECTORY' });
  });

  test('and lets it neither see, open, list, replace nor leave through a symbolic link', async () => {
    symlinkSync('/etc', join(peer.directory, 'out'));
    symlinkSync('/etc/passwd', join(peer.directory, 'passwd'));
    const refused = { code: 'ERR_SFTP_PERMISSION' };
    await expect(session.open('passwd', 'r')).rejects.toMatchObject(refused);
    await expect(session.open('out/passwd', 'r')).rejects.toMatchObject(refused);
    await expect(session.openDirectory('out')).rejects.toMatchObject(refused);
    await expect(session.stat('passwd')).rejects.toMatchObject(refused);
    await expect(session.makeDirectory('out/made')).rejects.toMatchObject(refused);
    writeFileSync(join(peer.directory, 'mine'), 'x');
    await expect(session.rename('mine', 'out/mine')).rejects.toMatchObject(refused);
  });

  test('to files that it can open one after the other without end', async () => {
    linkSync(join(peer.directory, 'mine'), join(peer.directory, 'again'));
    for (let i = 0; i < 200; i++) await session.closeHandle(await session.open('again', 'r'));
    const held: Buffer[] = [];
    const hoard = async () => {
      for (let i = 0; i < 100; i++) held.push(await session.open('again', 'r'));
    };
    await expect(hoard()).rejects.toMatchObject({ code: 'ERR_SFTP_FAILURE' });
    for (const handle of held) await session.closeHandle(handle);
  });

  test('to one name', async () => {
    await expect(open(peer, 'root')).rejects.toMatchObject({ code: 'ERR_SFTP_AUTH' });
  });
});

describe('starting a peer', () => {
  test('its keys can always be used', () => {
    const usable = (key: string) => !(ssh2.utils.parseKey(key) instanceof Error);
    for (let i = 0; i < 1_000; i++) {
      const { host, client } = generateKeys();
      if (![host.public, host.private, client.public, client.private].every(usable)) throw new Error(`unusable: ${host.public} or ${client.public}`);
    }
  });

  test('an sshd that does not start is no secret', async () => {
    await expect(startOpenSsh({ directory: tmpdir(), sshd: '/bin/false' })).rejects.toThrow(/sshd did not start \(exit code 1\)/);
    await expect(startOpenSsh({ directory: tmpdir(), sshd: '/nowhere/sshd' })).rejects.toThrow(/sshd did not start/);
  });

  test('OpenSSH is taken where it is', async () => {
    const peer = await startSftpPeer({ directory: tmpdir() });
    expect(peer.fallback).toBeUndefined();
    expect(peer.kind).toBe('openssh');
    await peer.stop();
    await expect(open(peer)).rejects.toMatchObject({ code: 'ERR_SFTP_UNREACHABLE' });
  });

  test('OpenSSH ends when the process that started it is killed', { timeout: 30_000 }, async () => {
    const harness = fileURLToPath(new URL('./harness.ts', import.meta.url));
    const state = mkdtempSync(join(tmpdir(), 'quayside-killed-'));
    const script = `const { startSftpPeer } = await import(${JSON.stringify(harness)});
      console.log((await startSftpPeer({ directory: ${JSON.stringify(tmpdir())} })).port); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Killed, it cannot tidy up after itself.
      env: { ...process.env, TMPDIR: state },
    });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const port = Number(text.toString());
    expect(await listens(port)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => listens(port), { timeout: 10_000, interval: 50 }).toBe(false);
    rmSync(state, { recursive: true, force: true });
  });
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
