import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { STORE_AT_REST } from '../../test/support/figures.ts';
import { GROUP_LIMIT } from '../core/store-figures.ts';
import { inTransaction } from './database.ts';
import { readFigures } from './figures.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

/** Deliveries of one event each; `fill` gives the columns that matter. */
async function deliveries(tenant: string, count: number, columns: Readonly<Record<string, string>>): Promise<void> {
  await own.database.query(`insert into endpoint (tenant, name) values ('${tenant}', 'erp') on conflict do nothing`);
  const names = Object.keys(columns);
  await own.database.query(
    `with blob as (insert into raw_blob (id, tenant, size) values (gen_random_uuid(), '${tenant}', 1) returning id),
     msg as (
       insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256, state)
       select gen_random_uuid(), '${tenant}', 'acme', 'drop', 'sftp', gen_random_uuid()::text, (random() * 1e12)::bigint, 'f', id, 1, 'x', 'translated' from blob
       returning id
     ), doc as (
       insert into document (id, tenant, partner, message_id, ordinal, type, state, verdict, envelope, byte_offset, segments)
       select gen_random_uuid(), '${tenant}', 'acme', id, 1, '855', 'translated', 'accepted', '{}', 0, 1 from msg returning id
     ), ev as (
       insert into event (id, tenant, partner, document_id, name, document_number, order_numbers, test, body, lineage, routed_to)
       select gen_random_uuid(), '${tenant}', 'acme', doc.id, 'x', '1', '{}', false, '{}', '{}', 1 from doc, generate_series(1, ${count}) returning id
     )
     insert into delivery (id, tenant, endpoint, event_id, idempotency_key${names.map((name) => `, ${name}`).join('')})
     select gen_random_uuid(), '${tenant}', 'erp', id, gen_random_uuid()${names.map((name) => `, ${columns[name]}`).join('')} from ev`,
  );
}

test('an installation in which nothing has happened has figures too', async () => {
  expect(await readFigures(own.database, 'nobody')).toEqual(STORE_AT_REST);
});

test('deliveries are counted by what they wait for, and the age is that of the oldest', async () => {
  await deliveries('a', 2, { next_attempt_at: `now() - interval '5 minutes'` });
  await deliveries('a', 3, { next_attempt_at: `now() - interval '10 minutes'`, again: 'true', state: `'retry_wait'` });
  await deliveries('a', 4, { next_attempt_at: `now() + interval '1 hour'`, again: 'true', state: `'retry_wait'` });
  await deliveries('a', 5, { waiting: '1', created_at: `now() - interval '20 minutes'` });
  await deliveries('a', 6, { state: `'queued'` });
  await deliveries('a', 7, { state: `'succeeded'` });
  const { endpoints } = await readFigures(own.database, 'a');
  expect(endpoints).toMatchObject([
    { endpoint: 'erp', state: 'active', breaker: 'closed', stoppedSeconds: null, due: 5, retryWait: 4, blocked: 5, queued: 6, inFlight: 0 },
  ]);
  expect(Math.round((endpoints[0]?.oldestDueSeconds ?? 0) / 60)).toBe(10);
  expect(Math.round((endpoints[0]?.oldestBlockedSeconds ?? 0) / 60)).toBe(20);
});

test('dead letters are grouped by cause, the largest first, and the groups have an end', async () => {
  await deliveries('b', GROUP_LIMIT + 50, { state: `'dead'`, fingerprint: 'gen_random_uuid()::text' });
  await deliveries('b', 3, { state: `'dead'`, fingerprint: `'big'` });
  const { deadLetters } = await readFigures(own.database, 'b');
  expect(deadLetters).toHaveLength(GROUP_LIMIT);
  expect(deadLetters[0]).toEqual({ stage: 'deliver', fingerprint: 'big', count: 3 });
});

test('a parked endpoint and one whose breaker is open say since when and why', async () => {
  await own.database.query(
    `insert into endpoint (tenant, name, state, park_reason, parked_at) values ('c', 'p', 'parked', 'it said 401', now() - interval '1 minute')`,
  );
  await own.database.query(
    `insert into endpoint (tenant, name, breaker, opened_by, opened_at) values ('c', 'q', 'open', 'timeout', now() - interval '2 minutes')`,
  );
  const { endpoints } = await readFigures(own.database, 'c');
  expect(endpoints.map(({ endpoint, reason, stoppedSeconds }) => [endpoint, reason, Math.round((stoppedSeconds ?? 0) / 60)])).toEqual([
    ['p', 'it said 401', 1],
    ['q', 'timeout', 2],
  ]);
});

test('no question reads a whole table: each finds an index', async () => {
  await deliveries('d', 1, {});
  const asked: { text: string; values: readonly unknown[] }[] = [];
  const listening = {
    ...own.database,
    withConnection: <T>(use: Parameters<typeof own.database.withConnection<T>>[0]) =>
      own.database.withConnection<T>((db) =>
        use({
          query: (text, values) => {
            if (values !== undefined) asked.push({ text, values });
            return db.query(text, values);
          },
        }),
      ),
  };
  await readFigures(listening, 'd');
  expect(asked.length).toBeGreaterThan(4);
  await inTransaction(own.database, async (db) => {
    // What is small enough is read whole whatever there is: the question is whether it could be read otherwise.
    await db.query('set local enable_seqscan = off');
    for (const { text, values } of asked) {
      const literal = values.reduce<string>(
        (sql, value, i) => sql.replaceAll(`$${i + 1}`, typeof value === 'string' ? `'${value}'` : String(value)),
        text,
      );
      const { rows } = await db.query<{ 'QUERY PLAN': string }>(`explain ${literal}`);
      const scans = rows
        .map((row) => row['QUERY PLAN'])
        .filter((line) => /Seq Scan on (delivery|event|message|document|audit|quarantine)\b/.test(line));
      expect(scans, text).toEqual([]);
    }
  });
});
