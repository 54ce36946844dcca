import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sftpChannel } from './channel.ts';
import { contextFor, KINDS, makeDrop, startPeer, stopPeer } from './harness-drops.ts';
import type { SftpOptions } from './options.ts';
import { generateKeys, type SftpPeer } from './peer.ts';

const other = generateKeys();

describe.each(KINDS)('who may talk to whom, against %s', { timeout: 30_000 }, (kind) => {
  let peer: SftpPeer;
  beforeAll(async () => {
    peer = await startPeer(kind);
  });
  afterAll(() => stopPeer(peer));

  const pinned = (hostKey: string) => makeDrop(peer, { hostKey });

  test('a server with another key than the pinned one is refused, by whole key and by fingerprint, and both are named', async () => {
    const drop = pinned(other.host.public);
    const refusal = {
      code: 'ERR_SFTP_HOST_KEY',
      message: expect.stringMatching(/expected the pinned host key ssh-ed25519 SHA256:\S+, found ssh-ed25519 SHA256:/),
    };
    await expect(drop.poll()).rejects.toMatchObject(refusal);
    await expect(pinned(`SHA256:${'A'.repeat(43)}`).poll()).rejects.toMatchObject({ code: 'ERR_SFTP_HOST_KEY' });
  });

  test('the fingerprint that a refusal names can be pinned', async () => {
    const refusal = await pinned(other.host.public)
      .poll()
      .catch((error: Error) => error.message);
    const found = /found ssh-ed25519 (SHA256:\S+)/.exec(String(refusal))?.[1] ?? '';
    expect(await pinned(found).poll()).toEqual([]);
  });

  test('a server that has no key of the pinned type is refused', async () => {
    const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).public;
    await expect(pinned(rsa).poll()).rejects.toMatchObject({ code: 'ERR_SFTP_HOST_KEY' });
  });

  test('a login with a key that is not installed is refused as such', async () => {
    const drop = makeDrop(peer);
    const { context } = contextFor({ 'file:key': other.client.private });
    await expect(sftpChannel.check(drop.options, context)).rejects.toMatchObject({ code: 'ERR_SFTP_AUTH', retry: 'never' });
  });

  test('a password where only keys are taken is refused as such, and is in no message', async () => {
    const drop = makeDrop(peer, { auth: { password: 'file:password' } });
    const { context } = contextFor({ 'file:password': 'correct horse battery' });
    const refusal: unknown = await sftpChannel.check(drop.options, context).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ERR_SFTP_AUTH' });
    expect(String(refusal)).not.toContain('horse');
  });

  test('a private key that is none, or lacks its passphrase, is refused before anything is sent, and is in no message', async () => {
    const drop = makeDrop(peer);
    const refusal: unknown = await sftpChannel
      .check(drop.options, contextFor({ 'file:key': 'not-a-key-at-all' }).context)
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ERR_SFTP_AUTH' });
    expect(String(refusal)).not.toContain('not-a-key');
    const locked = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'open sesame', cipher: 'aes256-ctr', rounds: 4 });
    await expect(sftpChannel.check(drop.options, contextFor({ 'file:key': locked.private }).context)).rejects.toMatchObject({
      code: 'ERR_SFTP_AUTH',
    });
  });

  test('legacy algorithms are offered only on request, with a warning', async () => {
    const drop = makeDrop(peer, { legacyAlgorithms: true });
    await drop.poll();
    expect(drop.warnings).toEqual([expect.stringMatching(/weak algorithms/)]);
  });
});

describe('peers that do not behave', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function listen(serve: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      serve(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return (server.address() as AddressInfo).port;
  }

  const optionsFor = (port: number): SftpOptions => ({
    host: '127.0.0.1',
    port,
    username: 'quayside',
    auth: { privateKey: 'file:key' },
    hostKey: other.host.public,
    directory: 'out',
    connectTimeout: '200ms',
    operationTimeout: '200ms',
  });
  const { context } = contextFor({ 'file:key': other.client.private });
  const check = (port: number) => sftpChannel.check(optionsFor(port), context);

  test('one that accepts and says nothing is cut off at the deadline', async () => {
    let cut: Promise<unknown> = Promise.resolve();
    const port = await listen((socket) => {
      socket.resume();
      cut = once(socket, 'close');
    });
    const started = performance.now();
    await expect(check(port)).rejects.toMatchObject({ code: 'ERR_SFTP_TIMEOUT', retry: 'later' });
    expect(performance.now() - started).toBeLessThan(2_000);
    await cut;
  });

  test('one that no longer answers after the login is cut off at the deadline of the operation', async () => {
    const ssh = new ssh2.Server({ hostKeys: [other.host.private] }, (connection) => {
      connection.on('error', () => {});
      connection.on('authentication', (attempt) => attempt.accept());
      // Takes every request and answers none.
      connection.on('session', (accept) => accept().on('sftp', (acceptSftp) => void acceptSftp().on('OPENDIR', () => {})));
    });
    const port = await listen((socket) => ssh.injectSocket(socket));
    const started = performance.now();
    const deaf = sftpChannel.check({ ...optionsFor(port), connectTimeout: '5s' }, context);
    await expect(deaf).rejects.toMatchObject({ code: 'ERR_SFTP_TIMEOUT', message: expect.stringContaining('list out') });
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('a dead peer does not hold up a shutdown', async () => {
    const port = await listen((socket) => socket.resume());
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const receipts = sftpChannel.poll({ ...optionsFor(port), connectTimeout: '1h' }, context, new Map(), { skipped() {} }, stop.signal);
    const started = performance.now();
    expect(await receipts[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ['hangs up at once', (socket) => socket.end(), 'ERR_SFTP_UNREACHABLE'],
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'ERR_SFTP_UNREACHABLE'],
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ERR_SFTP_UNREACHABLE'],
    ['speaks another SSH', (socket) => socket.write('SSH-1.5-ancient\r\n'), 'ERR_SFTP_HANDSHAKE'],
    ['sends garbage after the greeting', (socket) => socket.write(`SSH-2.0-x\r\n${'\u0000garbage'.repeat(100)}`), 'ERR_SFTP_HANDSHAKE'],
  ])('one that %s is told apart', async (_what, serve, code) => {
    await expect(check(await listen(serve))).rejects.toMatchObject({ code });
  });

  test('a port where nothing listens and a name that does not exist are unreachable', async () => {
    const port = await listen(() => {});
    for (const close of closing.splice(0)) await close();
    await expect(check(port)).rejects.toMatchObject({ code: 'ERR_SFTP_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
    const nowhere = { ...optionsFor(port), host: 'sftp.nowhere.invalid', connectTimeout: '5s' };
    await expect(sftpChannel.check(nowhere, context)).rejects.toMatchObject({ code: 'ERR_SFTP_UNREACHABLE' });
  });
});
