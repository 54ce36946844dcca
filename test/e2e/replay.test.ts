/** Bulk replay: thousands of dead letters through a job that is killed, taken over and cancelled; no order changes, nothing is lost or doubled. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import { cancelReplayJob, createReplayJob, findReplayJob, planReplay } from '../../src/pipeline/replay-job.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { lockJob } from '../../src/store/replay-progress.ts';
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

async function scene(
  options: { roles?: ('translate' | 'control')[]; answer?: Parameters<typeof startErp>[0]; home?: Partial<HomeOptions> } = {},
): Promise<Scene> {
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
    await until('some are replayed', async () => ((await findReplayJob(gateway, job.id))?.replayed ?? 0) > 300, 200_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${second.log()}\n${third.log()}`);
    });
    second.kill();
    await second.ended;
    const before = await findReplayJob(gateway, job.id);
    expect(before?.state).toBe('running');
    await until('the job is done', async () => (await findReplayJob(gateway, job.id))?.state === 'done', 300_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${third.log()}`);
    });
    // At worst a delivery was on its way to the dead one, and a lease of its was in force.
    await until('all are delivered', async () => (await countStates(stage.site)).succeeded === 3000, 300_000);
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
  }, 900_000);
});

describe('a bulk replay', () => {
  it('that is cancelled moves nothing more, and what it moved stays replayed', async () => {
    const stage = await scene({ roles: ['translate', 'control'] });
    const { gateway } = stage.running;
    await handInOrders(stage.running, 'acme', 300, 0);
    await killHeads(stage.site.database);
    const { id } = await createReplayJob(gateway, { ...ALL_DEAD, rate: 20 }, BY);
    await until('some are replayed', async () => ((await findReplayJob(gateway, id))?.replayed ?? 0) > 5, 30_000);
    const cancelled = await cancelReplayJob(gateway, id, { actor: 'test', reason: 'the ERP is down again' });
    expect(cancelled.state).toBe('cancelled');
    // Nor does a worker that had looked before: a batch begins with this.
    expect(await lockJob(stage.site.database, 'default', id)).toBeUndefined();
    expect(cancelled.replayed).toBeLessThan(300);
    // Longer than a batch of this rate would take.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await findReplayJob(gateway, id)).toMatchObject({ state: 'cancelled', replayed: cancelled.replayed });
    expect(await countStates(stage.site)).toEqual({ dead: 300 - cancelled.replayed, pending: cancelled.replayed });
    await expect(cancelReplayJob(gateway, id, BY)).rejects.toMatchObject({ code: 'ERR_REPLAY_STATE' });
  }, 90_000);

  it('waits, where nobody takes what it replayed, instead of piling it up; one endpoint that stands holds up no other', async () => {
    const other = await startErp();
    closers.push(() => other.close());
    const stage = await scene({
      roles: ['translate', 'control'],
      home: { endpoints: { standing: 'http://127.0.0.1:9/', erp: other.url }, endpoint: { maxInFlight: '2' } },
    });
    const { gateway } = stage.running;
    await handInOrders(stage.running, 'acme', 60, 0);
    await killHeads(stage.site.database);
    await stage.site.database.query(`update endpoint set state = 'parked', park_reason = 'test' where name = 'standing'`);
    const { id } = await createReplayJob(gateway, { ...ALL_DEAD, rate: 1000 }, BY);
    await stage.deliverHere();
    await until('all of the one is delivered', () => other.accepted().length === 60, 60_000);
    const lanes = (await findReplayJob(gateway, id))?.lanes;
    // Four windows of two.
    expect(lanes).toEqual([
      { endpoint: 'erp', planned: 60, done: 60 },
      { endpoint: 'standing', planned: 60, done: 8 },
    ]);
  }, 120_000);

  it('takes exactly what its dry run counted, by each of its filters', async () => {
    const stage = await scene({ home: { partners: ['acme', 'bolt'] } });
    const { gateway } = stage.running;
    const { database } = stage.site;
    await handInOrders(stage.running, 'acme', 12, 0);
    await killHeads(database, 'rejected');
    await handInOrders(stage.running, 'bolt', 7, 1);
    await killHeads(database, 'expired');
    const { rows } = await database.query<{ at: Date }>(`select min(ended_at) as at from delivery where dead_reason = 'expired'`);
    const later = rows[0]?.at ?? new Date();
    const filters = [
      [{ state: 'dead' }, 19],
      [{ state: 'dead', partner: 'acme' }, 12],
      [{ state: 'dead', fingerprint: 'f-expired' }, 7],
      [{ state: 'dead', orderNumber: 'po-3' }, 2],
      [{ state: 'dead', orderNumber: 'PO-3', partner: 'bolt' }, 1],
      [{ state: 'dead', since: later }, 7],
      [{ state: 'dead', until: later }, 12],
      [{ state: 'dead', endpoint: 'erp', event: 'order_acknowledgment.received' }, 19],
      [{ state: 'dead', event: 'invoice.received' }, 0],
      [{ state: 'succeeded' }, 0],
    ] as const;
    for (const [filter, count] of filters) {
      expect([filter, (await planReplay(gateway, filter, 'resend')).total]).toEqual([filter, count]);
      const job = await createReplayJob(gateway, { filter, mode: 'resend' }, BY);
      expect(job).toMatchObject({ planned: count, filter });
      await cancelReplayJob(gateway, job.id, BY);
    }
    const { id } = await createReplayJob(gateway, { filter: { state: 'dead', partner: 'bolt' }, mode: 'resend' }, BY);
    await stage.deliverHere();
    await until('the job is done', async () => (await findReplayJob(gateway, id))?.state === 'done', 30_000);
    await until('they are delivered', async () => (await countStates(stage.site)).succeeded === 7, 30_000);
    expect(await countStates(stage.site)).toEqual({ dead: 12, succeeded: 7 });
    await expect(createReplayJob(gateway, { ...ALL_DEAD, rate: 0 }, BY)).rejects.toMatchObject({ code: 'ERR_USAGE' });
  }, 120_000);

  it('sends what succeeded beside the order, and what gave up its place only when told so', async () => {
    const stage = await scene();
    const { gateway } = stage.running;
    const { database } = stage.site;
    await handInOrders(stage.running, 'acme', 5, 0);
    await stage.deliverHere();
    await until('all are delivered', () => stage.erp.accepted().length === 5, 30_000);
    await until('all are settled', async () => (await countStates(stage.site)).succeeded === 5);
    // As an endpoint with the ordering skip leaves them: dead, and the place given up.
    await database.query(`with d as (select id from delivery order by position limit 2), k as (select delivery_id from delivery_key)
      update delivery set state = 'dead', dead_reason = 'rejected', fingerprint = 'f' from d where d.id = delivery.id`);
    await database.query(`update delivery set state = 'skipped' where state = 'succeeded' and position = (select max(position) from delivery)`);

    const run = async (filter: { state: 'dead' | 'skipped' | 'succeeded' }, outOfOrder: boolean) => {
      const plan = await planReplay(gateway, filter, 'resend');
      const { id } = await createReplayJob(gateway, { filter, mode: 'resend', outOfOrder }, BY);
      await until('the job is done', async () => (await findReplayJob(gateway, id))?.state === 'done', 30_000);
      const job = await findReplayJob(gateway, id);
      return { total: plan.total, closed: plan.outOfOrder, replayed: job?.replayed, skipped: job?.skipped };
    };
    expect(await run({ state: 'dead' }, false)).toEqual({ total: 2, closed: 2, replayed: 0, skipped: 2 });
    expect(await run({ state: 'skipped' }, false)).toEqual({ total: 1, closed: 1, replayed: 0, skipped: 1 });
    expect(await run({ state: 'succeeded' }, false)).toEqual({ total: 2, closed: 0, replayed: 2, skipped: 0 });
    await until('the copies are delivered', () => stage.erp.receipts.length === 7, 30_000);
    expect(await run({ state: 'dead' }, true)).toEqual({ total: 2, closed: 2, replayed: 2, skipped: 0 });
    expect(await run({ state: 'skipped' }, true)).toEqual({ total: 1, closed: 1, replayed: 1, skipped: 0 });
    await until('all are delivered', () => stage.erp.receipts.length === 10, 30_000);
    // Always the key of the original.
    expect(new Set(stage.erp.receipts.map(({ key }) => key)).size).toBe(5);
    const copies = await database.query<{ n: number }>('select count(*) as n from delivery where replay_of is not null and replay_job is not null');
    expect(copies.rows[0]?.n).toBe(3);
    expect(await misplacedDeliveries(database, 'default')).toEqual([]);
  }, 120_000);

  it('translates again what a mapping refused, once the mapping is mended', async () => {
    const stage = await scene();
    const { gateway } = stage.running;
    const partner = readFileSync(join(stage.home.directory, 'partners/acme/partner.yaml'), 'utf8');
    stage.home.write('partners/acme/partner.yaml', partner.replace('"855": std/x12-855, ', ''));
    await until('the file is taken', () => gateway.catalog().partners.get('acme')?.documents['855'] === undefined);
    await handInOrders(stage.running, 'acme', 3, 0);
    expect(await planReplay(gateway, { state: 'dead' }, 'resend')).toMatchObject({ total: 3, endpoints: [], partners: [{ name: 'acme', count: 3 }] });
    expect(await planReplay(gateway, { state: 'dead', endpoint: 'erp' }, 'resend')).toMatchObject({ total: 0 });
    stage.home.write('partners/acme/partner.yaml', partner);
    await until('the file is taken', () => gateway.catalog().partners.get('acme')?.documents['855'] !== undefined);
    await stage.deliverHere();
    const { id } = await createReplayJob(gateway, ALL_DEAD, BY);
    await until('all are delivered', () => stage.erp.accepted().length === 3, 30_000);
    await until('the job is done', async () => (await findReplayJob(gateway, id))?.state === 'done', 30_000);
    expect(await findReplayJob(gateway, id)).toMatchObject({ planned: 3, replayed: 3, failed: 0, lanes: [{ endpoint: null, planned: 3, done: 3 }] });
  }, 90_000);

  it('retranslates under another mapping, after showing which fields change', async () => {
    const stage = await scene();
    const { gateway } = stage.running;
    await handInOrders(stage.running, 'acme', 4, 0);
    await stage.deliverHere();
    await until('all are settled', async () => (await countStates(stage.site)).succeeded === 4, 30_000);
    const filter = { state: 'succeeded' } as const;
    expect((await planReplay(gateway, filter, 'retranslate')).diff).toMatchObject({ sampled: 4, unchanged: 4, fields: [] });
    const partner = readFileSync(join(stage.home.directory, 'partners/acme/partner.yaml'), 'utf8');
    stage.home.write(
      'mappings/acme/855.yaml',
      'mapping: acme/855\nversion: 1.0.0\nextends: std/x12-855@1\nset:\n  order.sellerOrderNumber: { const: FIXED }\n',
    );
    stage.home.write('partners/acme/partner.yaml', partner.replace('"855": std/x12-855', '"855": acme/855'));
    await until('the mapping is taken', () => gateway.catalog().partners.get('acme')?.documents['855'] === 'acme/855');
    const plan = await planReplay(gateway, filter, 'retranslate');
    expect(plan).toMatchObject({ total: 4, diff: { sampled: 4, unchanged: 0, failing: 0 } });
    expect(plan.diff?.fields).toContainEqual({ path: expect.stringContaining('sellerOrderNumber'), documents: 4 });
    const { id } = await createReplayJob(gateway, { filter, mode: 'retranslate' }, BY);
    await until('the job is done', async () => (await findReplayJob(gateway, id))?.state === 'done', 30_000);
    expect(await findReplayJob(gateway, id)).toMatchObject({ planned: 4, replayed: 4, skipped: 0, failed: 0 });
    // They were delivered: each correction is a new event under a new key.
    await until('the corrections are delivered', () => stage.erp.accepted().length === 8, 30_000);
    expect(new Set(stage.erp.receipts.map(({ key }) => key)).size).toBe(8);
  }, 120_000);
});
