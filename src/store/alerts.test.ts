import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import {
  type ActiveCondition,
  claimNotices,
  finishNotice,
  insertNotices,
  lockAlerts,
  postponeNotice,
  recordConditions,
  silentSeconds,
} from './alerts.ts';
import { inTransaction } from './database.ts';

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());
beforeEach(async () => {
  await test_.database.query('delete from alert');
  await test_.database.query('delete from alert_notice');
});

const RULES = ['stopped', 'dead'];
const stopped: ActiveCondition = { rule: 'stopped', subject: 'erp', level: 1, repeatMs: 3_600_000 };
const look = async (conditions: readonly ActiveCondition[], rules = { inForce: RULES, endable: RULES }) =>
  (await recordConditions(test_.database, 't', conditions, rules)).map(({ rule, subject, change, level }) => `${change} ${rule} ${subject} ${level}`);
const later = (interval: string) => test_.database.query('update alert set told_at = told_at - $1::interval', [interval]);

test('an alert is told when it begins, not while it goes on, and when it is over', async () => {
  expect(await look([stopped])).toEqual(['begun stopped erp 1']);
  expect(await look([stopped])).toEqual([]);
  expect(await look([])).toEqual(['over stopped erp 1']);
  expect(await look([])).toEqual([]);
  expect(await look([stopped])).toEqual(['begun stopped erp 1']);
});

test('it is told again once its interval has passed, and then not before another one has', async () => {
  await look([stopped]);
  await later('59 minutes');
  expect(await look([stopped])).toEqual([]);
  await later('1 minute');
  expect(await look([stopped])).toEqual(['repeated stopped erp 1']);
  expect(await look([stopped])).toEqual([]);
});

test('a higher threshold is told at once, falling below it is not', async () => {
  const dead = (level: number) => ({ rule: 'dead', subject: 'deliver/abc', level, repeatMs: 3_600_000 });
  expect(await look([dead(1)])).toEqual(['begun dead deliver/abc 1']);
  expect(await look([dead(100)])).toEqual(['risen dead deliver/abc 100']);
  expect(await look([dead(10)])).toEqual([]);
  expect(await look([dead(100)])).toEqual([]);
});

test('what may merely be missing from the figures is not over; what nobody watches any more is', async () => {
  await look([stopped]);
  expect(await look([], { inForce: RULES, endable: ['dead'] })).toEqual([]);
  expect(await look([], { inForce: ['dead'], endable: ['dead'] })).toEqual(['over stopped erp 1']);
});

test('tenants do not see each other', async () => {
  await look([stopped]);
  expect(await recordConditions(test_.database, 'other', [], { inForce: RULES, endable: RULES })).toEqual([]);
});

test('of several gateways one looks at a time', async () => {
  await inTransaction(test_.database, async (db) => {
    expect(await lockAlerts(db, 't')).toBe(true);
    expect(await inTransaction(test_.database, (other) => lockAlerts(other, 't'))).toBe(false);
    expect(await inTransaction(test_.database, (other) => lockAlerts(other, 'other'))).toBe(true);
  });
  expect(await inTransaction(test_.database, (db) => lockAlerts(db, 't'))).toBe(true);
});

test('a notice is taken by one sender, again when that one dies, and not any more once it is sent', async () => {
  await insertNotices(test_.database, 't', [{ receiver: 'ops', changes: [{ rule: 'stopped' }], more: 2 }]);
  const [first] = await claimNotices(test_.database, 't', 10, 60_000);
  expect(first).toMatchObject({ receiver: 'ops', changes: [{ rule: 'stopped' }], more: 2, attempts: 1 });
  expect(await claimNotices(test_.database, 't', 10, 60_000)).toEqual([]);
  await postponeNotice(test_.database, first?.id ?? '', 0, 'refused');
  const [second] = await claimNotices(test_.database, 't', 10, 0);
  expect(second).toMatchObject({ id: first?.id, attempts: 2 });
  expect(await claimNotices(test_.database, 't', 10, 0)).toHaveLength(1);
  await finishNotice(test_.database, first?.id ?? '', 'sent', undefined);
  expect(await claimNotices(test_.database, 't', 10, 0)).toEqual([]);
});

test('silence counts from the last message of the channel, or from the first question where there was none', async () => {
  const { database } = test_;
  const acme = { subject: 'acme/drop', channel: { partner: 'acme', channel: 'drop' } };
  const everybody = { subject: 'everybody' };
  expect((await silentSeconds(database, 's', [acme, everybody])).get('acme/drop')).toBeLessThan(60);
  await database.query(`update alert_watch set since = now() - interval '2 hours'`);
  expect((await silentSeconds(database, 's', [acme])).get('acme/drop')).toBeGreaterThan(7_100);
  const message = (channel: string, arrival: number, ago: string) =>
    database.query(
      `with blob as (insert into raw_blob (id, tenant, size) values (gen_random_uuid(), 's', 1) returning id)
       insert into message (id, tenant, partner, channel, channel_type, receipt_key, arrival, filename, blob_id, size, sha256, received_at)
       select gen_random_uuid(), 's', 'acme', $1, 'sftp', 'receipt ' || $2::bigint, $2::bigint, 'f', id, 1, 'x', now() - $3::interval from blob`,
      [channel, arrival, ago],
    );
  await message('drop', 1, '30 minutes');
  await message('manual', 2, '1 minute');
  const heard = await silentSeconds(database, 's', [acme, everybody]);
  expect(Math.round((heard.get('acme/drop') ?? 0) / 60)).toBe(30);
  expect(Math.round((heard.get('everybody') ?? 0) / 60)).toBe(1);
});
