/**
 * The database is restored to an earlier time, and what it lost is taken once more from the archive of the drop: seen from the receiver,
 * nothing is lost, nothing has a second key, and no order goes backwards.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyTestDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { acknowledge, interchange, make855 } from '../support/documents.ts';
import { type DropServer, startDropServerForTests } from '../support/drop.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { until } from '../support/gateway.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { testRedisUrl } from '../support/redis.ts';

const BIN = fileURLToPath(new URL('../../bin/quayside.mjs', import.meta.url));

/** As a drop has them: by number, in the order of their names. */
const DOCUMENTS = {
  // Before the backup.
  1: make855({ partner: 'acme', control: 1 }, 'PO-1'),
  2: make855({ partner: 'acme', control: 2 }, 'PO-2'),
  3: make855({ partner: 'acme', control: 3 }, 'PO-3'),
  4: make855({ partner: 'acme', control: 4 }, 'PO-3'),
  // Between the backup and the loss.
  5: make855({ partner: 'acme', control: 5 }, 'PO-1'),
  6: make855({ partner: 'acme', control: 6 }, 'PO-2'),
  // The first once more, under another control number.
  7: interchange({ partner: 'acme', control: 7 }, 'PR', [acknowledge('PO-1', 'SO-1')]),
  // The second in a new version.
  8: interchange({ partner: 'acme', control: 8 }, 'PR', [acknowledge('PO-2', 'SO-2', { purpose: '05', price: '13.00' })]),
  // The ERP has no time for this order until after the loss.
  9: make855({ partner: 'acme', control: 9 }, 'PO-4'),
  10: make855({ partner: 'acme', control: 10 }, 'PO-4'),
  // Nobody has taken it when the database is lost.
  11: make855({ partner: 'acme', control: 11 }, 'PO-1'),
  // After the restore.
  12: interchange({ partner: 'acme', control: 12 }, 'PR', [acknowledge('PO-1', 'SO-5')]),
  13: make855({ partner: 'acme', control: 13 }, 'PO-2'),
} as const;
const REPEATS = [7, 12];

let server: DropServer;
beforeAll(async () => {
  server = await startDropServerForTests();
}, 60_000);
afterAll(() => server.stop());

const documentOf = ({ body }: { body: Record<string, unknown> }): number =>
  Number((body.data as { provenance: { interchangeControl: string } }).provenance.interchangeControl);

it('loses nothing, doubles nothing and keeps each order when the archive is read again after a restore', async () => {
  let erpHangs = true;
  let erpRefuses = true;
  let release = () => {};
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const erp: Erp = await startErp(async ({ orderKeys }) => {
    if (erpHangs && orderKeys[0]?.includes('PO-3')) await hanging;
    return erpRefuses && orderKeys[0]?.includes('PO-4') ? 503 : 200;
  });
  const drop = server.drop('restore');
  const home = drop.home(erp.url);
  const lost = await createTestDatabase();
  const redisUrl = await testRedisUrl();
  const gateways: GatewayProcess[] = [];
  let backup: TestDatabase | undefined;
  const start = (url: string): GatewayProcess => {
    const gateway = spawnGateway({ home, databaseUrl: url, redisUrl });
    gateways.push(gateway);
    return gateway;
  };
  const kill = async (gateway: GatewayProcess) => {
    gateway.kill();
    await gateway.ended;
  };
  const upload = (...numbers: (keyof typeof DOCUMENTS)[]) => {
    for (const number of numbers) drop.upload(`${String(number).padStart(2, '0')}.edi`, DOCUMENTS[number]);
  };
  const accepted = (count: number) => until(`${count} events accepted`, () => erp.accepted().length === count, 60_000);
  const reread = (): Promise<{ status: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { ...home.secrets, QUAYSIDE_HOME: home.directory, DATABASE_URL: backup?.url, REDIS_URL: redisUrl };
      execFile(process.execPath, [BIN, 'receive', '--partner', 'acme', '--archive', 'drop'], { env }, (error, out, err) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
      );
    });

  try {
    // Two are delivered, one is on the wire and one behind it when the backup is made.
    const first = start(lost.url);
    upload(1, 2, 3, 4);
    await accepted(2);
    await until('all four are taken', () => drop.archived().length === 4);
    await until('the fourth waits', async () => (await lost.database.query('select from delivery where waiting > 0')).rowCount === 1);
    await kill(first);
    backup = await copyTestDatabase(lost);
    const { url: restoredUrl, database: restored } = backup;

    erpHangs = false;
    release();
    const second = start(lost.url);
    upload(5, 6, 7, 8, 9, 10);
    await accepted(7);
    await until('all are taken', () => drop.archived().length === 10);
    const translated = 'select from message where state = $1';
    await until('all are translated', async () => (await lost.database.query(translated, ['translated'])).rowCount === 10);
    await kill(second);
    upload(11);
    const { rows: published } = await lost.database.query<{ id: string }>('select id from event');
    expect(published).toHaveLength(9);
    await lost.drop();

    const received = await reread();
    expect(received.status, received.err).toBe(0);
    expect(received.out.split('\n').slice(-2)).toEqual(['6 received, 4 known already, 0 left', '']);
    expect(received.out).toMatch(/^05\.edi: received as message /);
    expect((await reread()).out).toBe('0 received, 10 known already, 0 left\n');
    erpRefuses = false;
    const before = erp.receipts.length;
    const third = start(restoredUrl);
    upload(12, 13);
    const numbers = Object.keys(DOCUMENTS).map(Number);
    await accepted(numbers.length - REPEATS.length).catch((error: Error) => {
      throw new Error(`${error.message}\n${third.log()}`);
    });
    const open = `select from delivery where state <> 'succeeded' union all select from message where state = 'received'`;
    await until('all is settled', async () => (await restored.query(open)).rowCount === 0, 60_000);
    await until('the drop is empty', () => drop.waiting().length === 0);

    expect(erp.forged).toEqual([]);
    expect(
      erp
        .accepted()
        .map(documentOf)
        .sort((a, b) => a - b),
    ).toEqual(numbers.filter((number) => !REPEATS.includes(number)));
    // The same events as before the loss, each under one key, and no key for two.
    const keys = new Map<string, Set<string>>();
    for (const { eventId, key } of erp.receipts) keys.set(eventId, (keys.get(eventId) ?? new Set()).add(key));
    expect(published.filter(({ id }) => !keys.has(id))).toEqual([]);
    expect([...keys.values()].filter(({ size }) => size !== 1)).toEqual([]);
    expect(new Set([...keys.values()].flatMap((of) => [...of])).size).toBe(numbers.length - REPEATS.length);
    // What was delivered after the backup came once more, for the ERP to discard by its key.
    const again = erp.receipts.slice(before).map(documentOf);
    expect(again).toEqual(expect.arrayContaining([3, 4, 5, 6, 8]));
    // Each order in the order of its documents: what the ERP keeps, and what it was sent after the restore.
    for (const receipts of [erp.accepted(), erp.receipts.slice(before)]) {
      for (const order of ['PO-1', 'PO-2', 'PO-3', 'PO-4']) {
        const sent = receipts.filter(({ orderKeys }) => orderKeys[0]?.includes(order)).map(documentOf);
        expect(sent, order).toEqual([...sent].sort((a, b) => a - b));
      }
    }
    const { rows } = await restored.query<{ n: number }>('select count(*) as n from message');
    expect(rows).toEqual([{ n: numbers.length }]);
  } finally {
    for (const gateway of gateways) gateway.kill();
    await backup?.drop();
    await lost.drop();
    await erp.close();
    home.remove();
  }
}, 240_000);

it('leaves the archive alone while a gateway reads the drop, because two would mix up the order of arrival', async () => {
  const erp = await startErp();
  const drop = server.drop('held');
  const home = drop.home(erp.url);
  const site = await createTestDatabase();
  const gateway = spawnGateway({ home, databaseUrl: site.url, redisUrl: await testRedisUrl() });
  try {
    drop.upload('01.edi', DOCUMENTS[1]);
    await until('it is taken', () => drop.archived().length === 1, 60_000);
    const env = { ...home.secrets, QUAYSIDE_HOME: home.directory, DATABASE_URL: site.url };
    const ended = await new Promise<string>((resolve) => {
      execFile(process.execPath, [BIN, 'receive', '--partner', 'acme', '--archive', 'drop'], { env }, (error, out, err) =>
        resolve(`${error?.code ?? 0} ${out}${err}`),
      );
    });
    expect(ended).toMatch(/^1 [\s\S]*ERR_CHANNEL_HELD .*hint: stop the gateways with the channels role first/);
  } finally {
    gateway.kill();
    await gateway.ended;
    await site.drop();
    await erp.close();
    home.remove();
  }
}, 180_000);
