/** What an outbox promises, against a real OpenSSH and a server that overwrites nothing of what it has either. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextFor, KINDS, startPeer, stopPeer } from '../../src/channels/sftp/harness-drops.ts';
import type { SftpPeer } from '../../src/channels/sftp/peer.ts';
import type { Context } from '../../src/core/context.ts';
import type { Outgoing } from '../../src/core/contracts.ts';
import { sftpDestination } from '../../src/destinations/sftp/destination.ts';
import type { SftpOutboxOptions } from '../../src/destinations/sftp/options.ts';

let outboxes = 0;
const NEVER = new AbortController().signal;
const TEXT = 'ISA*00*~\n';

interface Outbox {
  readonly options: SftpOutboxOptions;
  readonly folder: string;
  readonly context: Context;
  put(change?: Partial<Outgoing>, options?: Partial<SftpOutboxOptions>, context?: Context): ReturnType<typeof sftpDestination.deliver>;
}

function outboxOn(peer: SftpPeer): Outbox {
  const directory = `outbox${++outboxes}`;
  const folder = join(peer.directory, directory);
  mkdirSync(folder);
  const { context } = contextFor({ 'file:key': peer.privateKeyPem });
  const { host, port, username, hostKey } = peer;
  const options: SftpOutboxOptions = { host, port, username, hostKey, auth: { privateKey: 'file:key' }, directory };
  return {
    options,
    folder,
    context,
    put: (change = {}, more = {}, within = context) =>
      sftpDestination.deliver(
        {
          body: Buffer.from(TEXT),
          contentType: 'application/edi-x12',
          filename: '997-1.edi',
          idempotencyKey: '0b9e1c62-0000-4000-8000-000000000000',
          attempt: 1,
          replay: false,
          traceparent: undefined,
          deadline: performance.now() + 20_000,
          ...change,
        },
        { ...options, ...more },
        within,
        NEVER,
      ),
  };
}

describe.each(KINDS)('an outbox on %s', (kind) => {
  let peer: SftpPeer;
  beforeAll(async () => {
    peer = await startPeer(kind);
  });
  afterAll(() => stopPeer(peer));

  it('gets the document under its name, byte for byte, and nothing else', async () => {
    const { put, folder } = outboxOn(peer);
    const body = Buffer.alloc(300_000, 'AK5*A~\n');
    expect(await put({ body })).toMatchObject({ class: 'delivered' });
    expect(readdirSync(folder)).toEqual(['997-1.edi']);
    expect(readFileSync(join(folder, '997-1.edi')).equals(body)).toBe(true);
  });

  it('is not written to again when the same document lies there', async () => {
    const { put, folder } = outboxOn(peer);
    await put();
    expect(await put({ attempt: 2 })).toEqual({ class: 'delivered', detail: 'it lies there already, byte for byte, as 997-1.edi' });
    expect(readdirSync(folder)).toEqual(['997-1.edi']);
  });

  it.each([
    ['of another size', 'something else'],
    ['of the same size', TEXT.replace('00', '01')],
  ])('keeps what lies there under that name with other content %s', async (_what, other) => {
    const { put, folder } = outboxOn(peer);
    writeFileSync(join(folder, '997-1.edi'), other);
    expect(await put()).toMatchObject({ class: 'rejected', detail: expect.stringContaining('never overwritten') });
    expect(readFileSync(join(folder, '997-1.edi'), 'utf8')).toBe(other);
    expect(readdirSync(folder)).toEqual(['997-1.edi']);
  });

  it('is rid of what an attempt left that died before it renamed', async () => {
    const { put, folder } = outboxOn(peer);
    writeFileSync(join(folder, '.997-1.edi.tmp-dead'), 'half');
    writeFileSync(join(folder, '.997-2.edi.tmp-living'), 'not ours');
    expect(await put({ attempt: 2 })).toMatchObject({ class: 'delivered' });
    expect(readdirSync(folder).sort()).toEqual(['.997-2.edi.tmp-living', '997-1.edi']);
  });

  it('does not lose what came under that name while the document was written', async () => {
    const { put, folder, context } = outboxOn(peer);
    const racing: Context = { ...context, failpoint: () => writeFileSync(join(folder, '997-1.edi'), 'another') };
    expect(await put({}, {}, racing)).toMatchObject({ class: 'rejected' });
    expect(readFileSync(join(folder, '997-1.edi'), 'utf8')).toBe('another');
    expect(readdirSync(folder)).toEqual(['997-1.edi']);
  });

  it.each<[string, Partial<SftpOutboxOptions>, string]>([
    ['a directory that is not there', { directory: 'nowhere' }, 'gone'],
    ['a host key that is not the pinned one', { hostKey: `SHA256:${'A'.repeat(43)}` }, 'refused'],
    ['a login that is refused', { username: 'nobody-of-that-name' }, 'auth'],
  ])('with %s waits for a person: nothing is charged', async (_what, change, expected) => {
    const { put, folder } = outboxOn(peer);
    expect(await put({}, change)).toMatchObject({ class: expected });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes no name that leads out of it', async () => {
    const { put, folder } = outboxOn(peer);
    await put({ filename: '../escaped.edi' });
    expect(readdirSync(folder)).toEqual(['0b9e1c62-0000-4000-8000-000000000000.edi']);
  });

  it('is proved by check, which leaves nothing behind', async () => {
    const { options, folder, context } = outboxOn(peer);
    await sftpDestination.check(options, context);
    expect(readdirSync(folder)).toEqual([]);
    await expect(sftpDestination.check({ ...options, directory: 'nowhere' }, context)).rejects.toThrow('nowhere');
  });

  it('whose connection breaks when the document is whole is asked again, and has it once', async () => {
    const { put, folder, context } = outboxOn(peer);
    const cut = new AbortController();
    const outcome = await sftpDestination.deliver(
      {
        ...{
          body: Buffer.from(TEXT),
          contentType: '',
          filename: '997-1.edi',
          idempotencyKey: 'k',
          attempt: 1,
          replay: false,
          traceparent: undefined,
        },
        deadline: performance.now() + 20_000,
      },
      outboxOn(peer).options,
      { ...context, failpoint: () => cut.abort() },
      cut.signal,
    );
    expect(['not_sent', 'ambiguous']).toContain(outcome.class);
    expect(await put({ attempt: 2 })).toMatchObject({ class: 'delivered' });
    expect(readdirSync(folder)).toEqual(['997-1.edi']);
  });
});

it('a server that cannot be reached, or says nothing, costs an attempt that was not sent', async () => {
  const silent = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const { context } = contextFor({ 'file:key': 'a key' });
  const options = { host: '127.0.0.1', port, username: 'me', hostKey: `SHA256:${'A'.repeat(43)}`, auth: { password: 'file:key' }, directory: '.' };
  const outgoing: Outgoing = {
    ...{ body: Buffer.from(TEXT), contentType: '', filename: 'a.edi', idempotencyKey: 'k', attempt: 1, replay: false, traceparent: undefined },
    deadline: performance.now() + 300,
  };
  const begunAt = performance.now();
  expect(await sftpDestination.deliver(outgoing, options, context, NEVER)).toMatchObject({ class: 'not_sent' });
  expect(performance.now() - begunAt).toBeLessThan(3_000);
  await new Promise((resolve) => silent.close(resolve));
  expect(await sftpDestination.deliver({ ...outgoing, deadline: performance.now() + 5_000 }, options, context, NEVER)).toMatchObject({
    class: 'not_sent',
  });
});
