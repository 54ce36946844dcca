/** The last guard of the order, against PostgreSQL itself: one place of an endpoint and order key is active, whatever code asks for. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { sqlStateOf } from './database.ts';

const UNIQUE_VIOLATION = '23505';

describe('two places of one order at one endpoint', () => {
  let site: TestDatabase;
  let eventId: string;
  beforeEach(async () => {
    site = await createTestDatabase();
    const [blob, message, document] = [randomUUID(), randomUUID(), randomUUID()];
    eventId = randomUUID();
    const { query } = site.database;
    await query(`insert into endpoint (tenant, name) values ('default', 'erp'), ('default', 'wms')`);
    await query(`insert into raw_blob (id, tenant, size, sha256) values ($1, 'default', 1, 'x')`, [blob]);
    await query(
      `insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256)
       values ($1, 'default', 'acme', 'drop', 'sftp', 'x', 1, 'x', $2, 1, 'x')`,
      [message, blob],
    );
    await query(
      `insert into document (id, tenant, partner, message_id, ordinal, type, state, verdict, envelope, byte_offset, segments)
       values ($1, 'default', 'acme', $2, 1, '855', 'translated', 'accepted', '{}', 0, 1)`,
      [document, message],
    );
    await query(
      `insert into event (id, tenant, partner, document_id, name, document_number, order_numbers, test, body, lineage, routed_to)
       values ($1, 'default', 'acme', $2, 'x', 'x', '{}', false, '{}', '[]', 1)`,
      [eventId, document],
    );
  });
  afterEach(() => site.drop());

  /** A delivery with one place, put there past all of our code; returns its id, or why PostgreSQL refused the place. */
  async function put(place: { endpoint: string; key: string; seq: number; active: boolean }): Promise<string> {
    const id = randomUUID();
    await site.database.query(
      `insert into delivery (id, tenant, endpoint, event_id, idempotency_key, replay_of)
       values ($1, 'default', $2, $3, $1, (select id from delivery where endpoint = $2 limit 1))`,
      [id, place.endpoint, eventId],
    );
    return site.database
      .query(`insert into delivery_key (delivery_id, tenant, endpoint, order_key, seq, active) values ($1, 'default', $2, $3, $4, $5)`, [
        id,
        place.endpoint,
        place.key,
        place.seq,
        place.active,
      ])
      .then(() => id, sqlStateOf);
  }
  const activate = (id: string) =>
    site.database.query('update delivery_key set active = true where delivery_id = $1', [id]).then(() => 'active', sqlStateOf);

  it('cannot both be active: neither when the second is written, nor when it is activated', async () => {
    const first = await put({ endpoint: 'erp', key: 'acme/po/1', seq: 1, active: true });
    expect(await put({ endpoint: 'erp', key: 'acme/po/1', seq: 2, active: true })).toBe(UNIQUE_VIOLATION);
    const second = await put({ endpoint: 'erp', key: 'acme/po/1', seq: 3, active: false });
    expect(await activate(second)).toBe(UNIQUE_VIOLATION);
    await site.database.query('update delivery_key set open = false, active = false where delivery_id = $1', [first]);
    expect(await activate(second)).toBe('active');
  });

  it('are activated by one of many at the same moment', async () => {
    const waiting = await Promise.all(Array.from({ length: 8 }, (_, i) => put({ endpoint: 'erp', key: 'acme/po/1', seq: i + 1, active: false })));
    const answers = await Promise.all(waiting.map(activate));
    expect(answers.filter((answer) => answer === 'active')).toHaveLength(1);
    expect(answers.filter((answer) => answer === UNIQUE_VIOLATION)).toHaveLength(7);
  });

  it('do not have the same number', async () => {
    await put({ endpoint: 'erp', key: 'acme/po/1', seq: 1, active: false });
    expect(await put({ endpoint: 'erp', key: 'acme/po/1', seq: 1, active: false })).toBe(UNIQUE_VIOLATION);
  });

  it('may be active when they are of two endpoints or of two orders', async () => {
    const ids = await Promise.all([
      put({ endpoint: 'erp', key: 'acme/po/1', seq: 1, active: true }),
      put({ endpoint: 'erp', key: 'acme/po/2', seq: 1, active: true }),
      put({ endpoint: 'wms', key: 'acme/po/1', seq: 1, active: true }),
    ]);
    expect(ids).not.toContain(UNIQUE_VIOLATION);
  });
});
