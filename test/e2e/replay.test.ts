/** Bulk replay: thousands of dead letters through a job that is killed, taken over and cancelled; no order changes, nothing is lost or doubled. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import { cancelReplayJob, createReplayJob, findReplayJob, planReplay } from '../../src/pipeline/replay-job.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { handInOrders, killHeads } from '../support/dead-letters.ts';
import { type Delivered, type Erp, startErp } from '../support/erp.ts';
import { startTestGateway, until } from '../support/gateway.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { type Home, type HomeOptions, makeHome } from '../support/home.ts';
import { testRedisUrl } from '../support/redis.ts';

const BY = { actor: 'test', reason: 'the ERP is mended' };
const ALL_DEAD = { filter: { state: 'dead' }, mode: 'resend' } as const;

let closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

interface Scene {
  readonly erp: Erp;
  readonly home: Home;
  readonly site: TestDatabase;
  /** Translates and serves the control role; delivers nothing. */
  readonly running: RunningGateway;
  spawn(failpoint?: 'replay.batch'): GatewayProcess;
  deliverHere(): Promise<void>;
}

async function scene(options: { roles?: ('translate' | 'control')[]; answer?: Parameters<typeof startErp>[0]; home?: Partial<HomeOptions> } = {}): Promise<Scene> {
  const erp = await startErp(options.answer);
  closers.push(() => erp.close());
  const home = makeHome({ partners: ['acme'], endpoints: { erp: erp.url }, ...options.home });
  closers.push(() => home.remove());
  const site = await createTestDatabase();
  closers.push(() => site.drop());
  const redisUrl = await testRedisUrl();
  const start = (roles: ('translate' | 'control' | 'deliver')[]) => startTestGateway({ home, databaseUrl: site.url, redisUrl, roles });
  const running = await start(options.roles ?? ['translate']);
  closers.push(() => running.close());
  return {
    erp,
    home,
    site,
    running,
    spawn(failpoint) {
      const gateway = spawnGateway({ home, databaseUrl: site.url, redisUrl, failpoint });
      closers.push(() => gateway.kill());
      return gateway;
    },
    async deliverHere() {
      const deliverer = await start(['deliver', 'control']);
      closers.push(() => deliverer.close());
    },
  };
}

const controlOf = ({ body }: Delivered) =>
  Number((body as { data: { provenance: { interchangeControl: string } } }).data.provenance.interchangeControl);

/** First receipts of each order come in the order of arrival; every event under one key. */
function expectOrder(erp: Erp): void {
  expect(erp.forged).toEqual([]);
  const latest = new Map<string, number>();
  const inversions: string[] = [];
  const seen = new Set<string>();
  for (const receipt of erp.receipts) {
    if (seen.has(receipt.eventId)) continue;
    seen.add(receipt.eventId);
    for (const key of receipt.orderKeys) {
      const control = controlOf(receipt);
      if (control < (latest.get(key) ?? 0)) inversions.push(`${key}: ${control}`);
      latest.set(key, control);
    }
  }
  expect(inversions).toEqual([]);
  expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(seen.size);
}

async function countStates(site: TestDatabase): Promise<Record<string, number>> {
  const { rows } = await site.database.query<{ state: string; n: number }>('select state, count(*) as n from delivery group by state');
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

describe('a bulk replay of 2,000 dead letters, with 1,000 documents waiting behind them,', () => {
  it('is made in one process, killed in another, taken over by a third, and delivers all in order', async () => {
    const stage = await scene();
    const { gateway } = stage.running;
    await handInOrders(stage.running, 'acme', 2000, 0);
    await handInOrders(stage.running, 'acme', 500, 1);
    await handInOrders(stage.running, 'acme', 500, 2);
    expect(await killHeads(stage.site.database)).toBe(2000);

    const plan = await planReplay(gateway, ALL_DEAD.filter, 'resend');
    expect(plan).toMatchObject({ total: 2000, outOfOrder: 0, endpoints: [{ name: 'erp', count: 2000 }], partners: [{ name: 'acme', count: 2000 }] });
    expect(plan.causes).toEqual([{ stage: 'deliver', fingerprint: 'f-rejected', reason: 'rejected 422 no such item', count: 2000 }]);
    const job = await createReplayJob(gateway, { ...ALL_DEAD, rate: 1000 }, BY);
    expect(job.planned).toBe(plan.total);

    // Inside the first batch: nothing of it may stand.
    const first = stage.spawn('replay.batch');
    expect(await first.ended, first.log()).toBe('SIGKILL');
    expect(await countStates(stage.site)).toEqual({ dead: 2000, pending: 1000 });
    expect(await findReplayJob(gateway, job.id)).toMatchObject({ state: 'running', replayed: 0, lanes: [{ endpoint: 'erp', done: 0 }] });

    // In the middle.
    const second = stage.spawn();
    const third = stage.spawn();
    await until('some are replayed', async () => ((await findReplayJob(gateway, job.id))?.replayed ?? 0) > 300, 60_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${second.log()}\n${third.log()}`);
    });
    const holder = await stage.site.database.query<{ worker: string }>(`select distinct worker from delivery_attempt`);
    expect(holder.rows.length).toBeGreaterThan(0);
    second.kill();
    await second.ended;
    const before = await findReplayJob(gateway, job.id);
    expect(before?.state).toBe('running');
    await until('the job is done', async () => (await findReplayJob(gateway, job.id))?.state === 'done', 90_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${third.log()}`);
    });
    // At worst a delivery was on its way to the dead one, and a lease of its was in force.
    await until('all are delivered', async () => (await countStates(stage.site)).succeeded === 3000, 120_000);
    const after = await findReplayJob(gateway, job.id);
    expect(after).toMatchObject({ planned: 2000, replayed: 2000, skipped: 0, failed: 0, deliveries: { open: 0, succeeded: 2000, dead: 0 } });
    expectOrder(stage.erp);
    expect(stage.erp.accepted()).toHaveLength(3000);
    expect(await misplacedDeliveries(stage.site.database, 'default')).toEqual([]);
    const audit = await stage.site.database.query<{ action: string; actor: string; reason: string | null }>(
      'select action, actor, reason from audit where subject = $1 order by id',
      [job.id],
    );
    expect(audit.rows).toEqual([
      { action: 'replay.created', actor: 'test', reason: 'the ERP is mended' },
      { action: 'replay.ended', actor: expect.stringMatching(/^gateway:/), reason: null },
    ]);
    await third.stop();
  }, 400_000);
});
