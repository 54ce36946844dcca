/** kill -9: at each named failpoint, and of one gateway among several. Every document reaches the ERP, which sees one idempotency key for an event. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAILPOINTS, type Failpoint } from '../../src/core/failpoints.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { make855 } from '../support/documents.ts';
import { type Drop, type DropServer, startDropServerForTests } from '../support/drop.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { until } from '../support/gateway.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { QUEUE_BACKENDS, testRedisUrl } from '../support/redis.ts';

let server: DropServer;
beforeAll(async () => {
  server = await startDropServerForTests();
});
afterAll(() => server.stop());

interface Scene {
  readonly drop: Drop;
  readonly erp: Erp;
  readonly site: TestDatabase;
  run(failpoint?: Failpoint): GatewayProcess;
}

/** Sets up drop, ERP, database and home; ends every gateway however the test ended. */
async function scene(name: string, backend: (typeof QUEUE_BACKENDS)[number], play: (scene: Scene) => Promise<void>): Promise<void> {
  const drop = server.drop(name);
  const erp = await startErp();
  const home = drop.home(erp.url);
  const site = await createTestDatabase();
  const redisUrl = backend === 'redis' ? await testRedisUrl() : undefined;
  const gateways: GatewayProcess[] = [];
  try {
    await play({
      drop,
      erp,
      site,
      run(failpoint) {
        const gateway = spawnGateway({ home, databaseUrl: site.url, redisUrl, failpoint });
        gateways.push(gateway);
        return gateway;
      },
    });
  } finally {
    for (const gateway of gateways) gateway.kill();
    await erp.close();
    await site.drop();
    home.remove();
  }
}

/** Waits until all is delivered, archived and settled, then holds the ERP's record against what must be true. */
async function concludes({ drop, erp, site }: Scene, documents: number, gateway: GatewayProcess, within = 45_000): Promise<void> {
  await until('all delivered', () => erp.accepted().length === documents, within).catch((error: Error) => {
    throw new Error(`${error.message}\n${gateway.log()}`);
  });
  await until('all archived', () => drop.waiting().length === 0);
  const succeeded = () => site.database.query<{ n: number }>(`select count(*) as n from delivery where state = 'succeeded'`);
  await until('all settled', async () => (await succeeded()).rows[0]?.n === documents);
  expect(erp.forged).toEqual([]);
  expect(drop.archived()).toHaveLength(documents);
  for (const { eventId } of erp.accepted()) {
    expect(new Set(erp.receipts.filter((receipt) => receipt.eventId === eventId).map((receipt) => receipt.key)).size).toBe(1);
  }
  expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(documents);
  expect(await misplacedDeliveries(site.database, 'default')).toEqual([]);
}

/** Tests of their own come by there, e2e/replay.test.ts and e2e/acknowledgments.test.ts; this road does not. */
const ON_THE_ROAD = FAILPOINTS.filter((failpoint) => failpoint !== 'replay.batch' && failpoint !== 'upload.written');

describe.each(QUEUE_BACKENDS)('a gateway that is killed, its queue on %s,', (backend) => {
  it.each(ON_THE_ROAD)(
    'at %s loses and doubles nothing once it is started again',
    async (failpoint) => {
      await scene(`${backend}-${failpoint}`, backend, async (stage) => {
        for (let i = 0; i < 6; i++) stage.drop.upload(`po-${i}.edi`, make855({ partner: 'acme', control: i + 1 }, `PO-${i % 3}`));
        const first = stage.run(failpoint);
        expect(await first.ended, first.log()).toBe('SIGKILL');
        // A lease that the dead process held runs out by itself; waiting for it in every case would prove nothing more.
        await stage.site.database.query(`update delivery set lease_until = now(), queued_until = now() where state in ('queued', 'in_flight')`);
        await stage.site.database.query(`update partner_lane set lease_until = now(), hinted_until = now()`);
        await stage.site.database.query('update drop_lease set lease_until = now()');
        const second = stage.run();
        await concludes(stage, 6, second);
        await second.stop();
      });
    },
    90_000,
  );
});

describe('two gateways on one drop and one database', () => {
  it('receive each file once; when one is killed the other goes on by itself, leases and all', async () => {
    await scene('replicas', 'redis', async (stage) => {
      const [doomed, survivor] = [stage.run(), stage.run()];
      for (let i = 0; i < 40; i++) {
        stage.drop.upload(`po-${String(i).padStart(2, '0')}.edi`, make855({ partner: 'acme', control: i + 1 }, `PO-${i % 5}`));
        if (i === 20) await until('the first are delivered', () => stage.erp.accepted().length > 5, 45_000);
        if (i === 25) doomed.kill();
        await sleep(20);
      }
      // At worst a hint was on its way to the dead one (60 s), and then a lease of its (20 s) was in force.
      await concludes(stage, 40, survivor, 120_000);
      const { rows } = await stage.site.database.query<{ n: number; keys: number }>(
        'select count(*) as n, count(distinct receipt_key) as keys from message',
      );
      expect(rows).toEqual([{ n: 40, keys: 40 }]);
      await survivor.stop();
    });
  }, 200_000);
});
