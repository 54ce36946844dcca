import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { until } from '../../test/support/gateway.ts';
import type { Db } from './database.ts';
import { inTransaction } from './database.ts';
import { adoptEvents, type FeedFilter, type FeedPosition, historyOf, readFeed } from './event-feed.ts';
import { wasFed } from './feed-mark.ts';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test.drop());

let made = 0;

/** `count` events of one document, in one statement. */
async function publish(db: Db, partner: string, count = 1, tenant = 't'): Promise<void> {
  const [blob, message, document] = [randomUUID(), randomUUID(), randomUUID()];
  await db.query('insert into raw_blob (id, tenant) values ($1, $2)', [blob, tenant]);
  await db.query(
    `insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256)
     values ($1, $2, $3, 'drop', 'sftp', $6, $4, 'f', $5, 0, '')`,
    [message, tenant, partner, ++made, blob, message],
  );
  await db.query(
    `insert into document (id, tenant, partner, message_id, ordinal, type, state, verdict, envelope, byte_offset, segments)
     values ($1, $2, $3, $4, 1, '855', 'translated', 'accepted', '{}', 0, 1)`,
    [document, tenant, partner, message],
  );
  await db.query(
    `insert into event (id, tenant, partner, document_id, name, document_number, order_numbers, test, body, lineage, routed_to)
     select gen_random_uuid(), $1, $2, $3, 'invoice.received', n::text, '{}', false, '{}', '[]', 0 from generate_series(1, $4::int) n`,
    [tenant, partner, document, count],
  );
}

/** Transactions are numbered for the whole server: those of other tests, on other databases, hold the feed back as well. */
const settled = () =>
  until('no transaction is open that began before the last event', async () => {
    const { rows } = await test.database.query<{ open: boolean }>(
      `select exists (select from event where xid >= pg_snapshot_xmin(pg_current_snapshot()) and xid < '900000000000') as open`,
    );
    return rows[0]?.open === false;
  });

/** Everything from a place on, as a client that keeps `next` would read it. */
async function follow(
  after: FeedPosition | undefined,
  filter: FeedFilter = {},
  limit = 3,
): Promise<{ ids: string[]; next: FeedPosition | undefined }> {
  const ids: string[] = [];
  let next = after;
  for (;;) {
    const page = await readFeed(test.database, 't', next, filter, limit);
    expect(page.events.length).toBeLessThanOrEqual(limit);
    ids.push(...page.events.map(({ id }) => id));
    next = page.next ?? next;
    if (!page.more) return { ids, next };
  }
}

const idsOf = async (partner?: string): Promise<Set<string>> => {
  const { rows } = await test.database.query<{ id: string }>(`select id from event where tenant = 't' and ($1::text is null or partner = $1)`, [
    partner ?? null,
  ]);
  return new Set(rows.map(({ id }) => id));
};

describe('the feed of events', () => {
  it('gives each event once, page by page, and from the place that was kept only what is new', async () => {
    await publish(test.database, 'acme', 7);
    await publish(test.database, 'acme', 1, 'another-tenant');
    await settled();
    const first = await follow(undefined);
    expect(first.ids).toHaveLength(7);
    expect(new Set(first.ids)).toEqual(await idsOf());
    expect((await follow(first.next)).ids).toEqual([]);
    await publish(test.database, 'acme', 2);
    await settled();
    const more = await follow(first.next);
    expect(more.ids).toHaveLength(2);
    expect(first.ids).not.toEqual(expect.arrayContaining(more.ids));
  });

  it('does not skip what was numbered first and committed last', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let began = () => {};
    const beginning = new Promise<void>((resolve) => {
      began = resolve;
    });
    const late = inTransaction(test.database, async (db) => {
      await publish(db, 'late');
      began();
      await held;
    });
    await beginning;
    await publish(test.database, 'early', 4);
    const before = await follow(undefined).finally(release);
    await late;
    // Nothing that comes after an open transaction is shown: it may still come before it.
    expect(before.ids).toEqual([]);
    await settled();
    const after = await follow(before.next);
    expect(after.ids).toHaveLength(5);
    expect(new Set(after.ids)).toEqual(await idsOf());
    expect((await follow(after.next)).ids).toEqual([]);
  });

  it('is complete for a reader who asks all the time while many write at once', async () => {
    let writing = true;
    const writers = Promise.all(
      [1, 2, 3, 4].map(async (writer) => {
        for (let i = 0; i < 15; i++)
          await inTransaction(test.database, async (db) => {
            await publish(db, `p${writer}`, 2);
            await db.query('select pg_sleep(random() * 0.01)');
          });
      }),
    ).finally(() => {
      writing = false;
    });
    const seen: string[] = [];
    let next: FeedPosition | undefined;
    while (writing) {
      const page = await follow(next, {}, 10);
      seen.push(...page.ids);
      next = page.next;
    }
    await writers;
    await settled();
    seen.push(...(await follow(next)).ids);
    expect(seen).toHaveLength(120);
    expect(new Set(seen)).toEqual(await idsOf());
  });

  it('shows a reader of some partners theirs alone, and goes on past the others', async () => {
    await publish(test.database, 'acme', 5);
    await publish(test.database, 'borealis', 4);
    await publish(test.database, 'acme', 5);
    await settled();
    const { ids } = await follow(undefined, { partners: ['borealis'] });
    expect(new Set(ids)).toEqual(await idsOf('borealis'));
    expect((await follow(undefined, { partners: [] })).ids).toEqual([]);
    expect((await follow(undefined, { name: 'ship_notice.received' })).ids).toEqual([]);
  });

  it('looks at a bounded number of events for a page, and says that there is more', async () => {
    await publish(test.database, 'acme', 5_001);
    await publish(test.database, 'borealis', 1);
    await settled();
    const page = await readFeed(test.database, 't', undefined, { partners: ['borealis'] }, 10);
    expect([page.events, page.more]).toEqual([[], true]);
    const rest = await readFeed(test.database, 't', page.next, { partners: ['borealis'] }, 10);
    expect([rest.events.length, rest.more]).toEqual([1, false]);
  });

  it('hands out no body that is being replaced: it waits, and hands out the new one', async () => {
    await publish(test.database, 'acme', 2);
    await settled();
    const { rows } = await test.database.query<{ id: string }>('select id from event order by position');
    const [first = '', second = ''] = rows.map(({ id }) => id);
    const { replacing, reading } = await inTransaction(test.database, async (db) => {
      const replacing = await wasFed(db, 't', first);
      await db.query(`update event set body = '{"n":2}' where id = $1`, [first]);
      const reading = readFeed(test.database, 't', undefined, {}, 1);
      const waits = async () =>
        (await test.database.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rowCount === 1;
      await until('the reader waits', waits);
      return { replacing, reading };
    });
    expect(replacing).toBe(false);
    expect((await reading).events.map(({ body }) => body)).toEqual(['{"n":2}']);
    await inTransaction(test.database, async (db) => expect([await wasFed(db, 't', first), await wasFed(db, 't', second)]).toEqual([true, false]));
  });

  it('numbers its events anew on another server, where the old numbers may lie in the future', async () => {
    await inTransaction(test.database, adoptEvents);
    await publish(test.database, 'acme', 3);
    await settled();
    const { ids } = await follow(undefined);
    // As a dump of an old, busy server would bring them.
    await test.database.query(`update event set xid = '999999999999'`);
    expect((await follow(undefined)).ids).toEqual([]);
    expect(await inTransaction(test.database, adoptEvents)).toBe(false);
    await test.database.query(`update installation set server = '7000000000000000000'`);
    expect(await inTransaction(test.database, adoptEvents)).toBe(true);
    for (const id of ids) expect(await inTransaction(test.database, (db) => wasFed(db, 't', id))).toBe(true);
    await settled();
    expect((await follow(undefined)).ids).toEqual(ids);
    expect(await inTransaction(test.database, adoptEvents)).toBe(false);
  });

  it('knows by its history which server a place belongs to', async () => {
    expect(await historyOf(test.database)).toMatch(/^\d+\.[0-9A-F]{8}$/);
  });
});
