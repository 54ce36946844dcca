/** T1 against the database: one receipt key is one message, and numbers follow the order of arrival. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { dueMessages, insertMessages, type NewMessage, postponeMessage } from './messages.ts';
import { openRaw, storeRaw } from './raw.ts';

describe('received messages', () => {
  let site: TestDatabase;
  beforeEach(async () => {
    site = await createTestDatabase();
  });
  afterEach(() => site.drop());

  const message = (receiptKey: string, partner = 'acme'): NewMessage => ({
    tenant: 'default',
    partner,
    channel: 'drop',
    channelType: 'sftp',
    receiptKey,
    filename: receiptKey,
    raw: { blobId: randomUUID(), size: 3, sha256: 'x', inline: Buffer.from(receiptKey.padEnd(3)) },
  });
  const inOrder = async (partner: string) => (await dueMessages(site.database, 'default', partner, 1000)).map((due) => due.filename);

  it('are numbered in the order of a batch, each partner by itself', async () => {
    await insertMessages(site.database, [message('a'), message('b', 'borealis'), message('c'), message('d', 'borealis'), message('e')]);
    await insertMessages(site.database, [message('f')]);
    expect(await inOrder('acme')).toEqual(['a', 'c', 'e', 'f']);
    expect(await inOrder('borealis')).toEqual(['b', 'd']);
    const { rows } = await site.database.query<{ n: number }>('select arrival as n from message where partner = $1 order by 1', ['acme']);
    expect(rows.map((row) => row.n)).toEqual([1, 2, 3, 4]);
  });

  it('are one for one receipt key, in a batch, between batches and between gateways', async () => {
    const [first, again] = await insertMessages(site.database, [message('a'), message('a')]);
    expect(again).toEqual({ id: first?.id, duplicate: true });
    const races = await Promise.all([message('b'), message('b'), message('b')].map((one) => insertMessages(site.database, [one])));
    expect(new Set(races.flat().map((received) => received.id)).size).toBe(1);
    expect(races.flat().filter((received) => !received.duplicate)).toHaveLength(1);
    expect(await inOrder('acme')).toEqual(['a', 'b']);
  });

  it('that wait for a retry hold back those behind them; one that failed for good does not', async () => {
    const [first] = await insertMessages(site.database, [message('a'), message('b')]);
    const problem = { code: 'ERR_INTERNAL', severity: 'error', message: 'x' } as const;
    await postponeMessage(site.database, first?.id ?? '', problem, 2);
    expect(await inOrder('acme')).toEqual([]);
    await postponeMessage(site.database, first?.id ?? '', problem, 2);
    expect(await inOrder('acme')).toEqual(['b']);
  });

  it('keep their bytes exactly, whatever their size and chunks', async () => {
    for (const size of [0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 77]) {
      const bytes = Buffer.alloc(size, 'quayside');
      const raw = await storeRaw(site.database, 'default', chunksOf(bytes, 70_001));
      await insertMessages(site.database, [{ ...message(`size-${size}`), raw }]);
      const read: Uint8Array[] = [];
      for await (const chunk of openRaw(site.database, raw.blobId, raw.size).open()) read.push(chunk);
      expect(Buffer.concat(read).equals(bytes)).toBe(true);
      expect(raw.size).toBe(size);
    }
  });
});

async function* chunksOf(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}
