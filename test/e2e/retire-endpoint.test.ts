/** An endpoint that is owed something cannot disappear: not by a file that is gone, not by a restart; only by saying where its backlog goes. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RoleName, RunningGateway } from '../../src/cli/application.ts';
import type { Log } from '../../src/core/context.ts';
import { planRetirement, retireEndpoint } from '../../src/pipeline/retire-endpoint.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { handInOrders, killHeads } from '../support/dead-letters.ts';
import { startErp } from '../support/erp.ts';
import { startTestGateway, until } from '../support/gateway.ts';
import { type Home, makeHome } from '../support/home.ts';
import { testRedisUrl } from '../support/redis.ts';

const BY = { actor: 'test', reason: 'moved to the new ERP' };

let closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

interface Scene {
  readonly home: Home;
  readonly site: TestDatabase;
  readonly said: string[];
  /** Adds a queue file like the one of `erp`; `events` narrows it. */
  addEndpoint(name: string, url: string, events?: string): void;
  removeFile(name: string): void;
  start(...roles: RoleName[]): Promise<RunningGateway>;
  rows(): Promise<{ endpoint: string; state: string; n: number }[]>;
}

async function scene(): Promise<Scene> {
  const home = makeHome({ partners: ['acme'], endpoints: { erp: 'http://127.0.0.1:9/' } });
  closers.push(() => home.remove());
  const site = await createTestDatabase();
  closers.push(() => site.drop());
  const redisUrl = await testRedisUrl();
  const template = readFileSync(join(home.directory, 'queues/erp.yaml'), 'utf8');
  const said: string[] = [];
  const note = (fields: object, message: string) => void said.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug() {}, info: note, warn: note, error: note, child: () => log };
  return {
    home,
    site,
    said,
    addEndpoint(name, url, events = '["*"]') {
      const text = template
        .replace('endpoint: erp', `endpoint: ${name}`)
        .replace('http://127.0.0.1:9/', url)
        .replace('events: ["*"]', `events: ${events}`);
      home.write(`queues/${name}.yaml`, text);
    },
    removeFile: (name) => rmSync(join(home.directory, `queues/${name}.yaml`)),
    async start(...roles) {
      const running = await startTestGateway({ home, databaseUrl: site.url, redisUrl, roles, log });
      closers.push(() => running.close());
      return running;
    },
    async rows() {
      const { rows } = await site.database.query<{ endpoint: string; state: string; n: number }>(
        'select endpoint, state, count(*) as n from delivery group by 1, 2 order by 1, 2',
      );
      return rows;
    },
  };
}

describe('a queue file that is removed while its endpoint has a backlog', () => {
  it('stays in force in a running gateway, refuses the next start, and goes once its backlog was discarded', async () => {
    const stage = await scene();
    const running = await stage.start('translate');
    await handInOrders(running, 'acme', 4, 0);
    await handInOrders(running, 'acme', 4, 1);
    await killHeads(stage.site.database);
    stage.addEndpoint('erp2', 'http://127.0.0.1:9/');
    stage.removeFile('erp');
    await until('the other is taken', () => running.gateway.catalog().endpoints.has('erp2'));
    expect(running.gateway.catalog().endpoints.has('erp')).toBe(true);
    const refusal = stage.said.filter((line) => line.includes('ERR_CONFIG_BACKLOG'));
    expect(refusal).toHaveLength(1);
    expect(refusal[0]).toContain('4 open and 4 dead deliveries');
    expect(refusal[0]).toContain('quayside endpoint retire erp (--to OTHER | --discard) --reason');
    await expect(stage.start('translate')).rejects.toMatchObject({
      code: 'ERR_CONFIG_BACKLOG',
      message: 'expected queues/erp.yaml, found none: 4 open and 4 dead deliveries belong to this endpoint',
    });

    expect(await planRetirement(running.gateway, 'erp', 'discard')).toMatchObject({ open: 4, dead: 4, inFlight: 0, shared: 0 });
    expect(await retireEndpoint(running.gateway, 'erp', 'discard', BY)).toEqual({ moved: 0, discarded: 8, underWay: 0 });
    await until('the removal is taken', () => !running.gateway.catalog().endpoints.has('erp'), 20_000);
    expect(stage.said.filter((line) => line.includes('ERR_CONFIG_BACKLOG'))).toHaveLength(1);
    expect(await stage.rows()).toEqual([{ endpoint: 'erp', state: 'discarded', n: 8 }]);
    expect(await misplacedDeliveries(stage.site.database, 'default')).toEqual([]);
    const endpoint = await stage.site.database.query(`select state, retired_to from endpoint where name = 'erp'`);
    expect(endpoint.rows).toEqual([{ state: 'disabled', retired_to: null }]);
    await stage.start('translate');
    const audit = await stage.site.database.query(`select actor, reason, before, after from audit where action = 'endpoint.retired'`);
    expect(audit.rows).toEqual([{ ...BY, before: { state: 'active', open: 4, dead: 4 }, after: { state: 'disabled', backlog: 'discarded' } }]);
  }, 90_000);

  it('refuses nothing when all that it was owed has come to an end', async () => {
    const stage = await scene();
    const running = await stage.start('translate');
    await handInOrders(running, 'acme', 2, 0);
    await stage.site.database.query(`update delivery set state = 'succeeded', ended_at = now()`);
    await stage.site.database.query('update delivery_key set open = false, active = false');
    stage.removeFile('erp');
    await until('the removal is taken', () => !running.gateway.catalog().endpoints.has('erp'));
  }, 60_000);
});

describe('an endpoint that is retired to another', () => {
  it('hands its backlog over with keys and order; what the other has already is discarded with a note; what still comes follows', async () => {
    const erp = await startErp();
    closers.push(() => erp.close());
    const stage = await scene();
    const running = await stage.start('translate');
    const { database } = stage.site;
    await handInOrders(running, 'acme', 6, 0);
    await killHeads(database);
    await handInOrders(running, 'acme', 6, 1);
    // From here on the other one gets them too: of round 2 both have deliveries.
    stage.addEndpoint('erp2', erp.url);
    await until('the other is taken', () => running.gateway.catalog().endpoints.has('erp2'));
    await handInOrders(running, 'acme', 6, 2);
    expect(await stage.rows()).toEqual([
      { endpoint: 'erp', state: 'dead', n: 6 },
      { endpoint: 'erp', state: 'pending', n: 12 },
      { endpoint: 'erp2', state: 'pending', n: 6 },
    ]);
    const keys = await database.query<{ key: string }>('select idempotency_key as key from delivery order by 1');

    expect(await planRetirement(running.gateway, 'erp', { to: 'erp2' })).toMatchObject({ open: 12, dead: 6, shared: 6 });
    expect(await retireEndpoint(running.gateway, 'erp', { to: 'erp2' }, BY)).toEqual({ moved: 12, discarded: 6, underWay: 0 });
    expect(await misplacedDeliveries(database, 'default')).toEqual([]);
    expect(await stage.rows()).toEqual([
      { endpoint: 'erp', state: 'discarded', n: 6 },
      { endpoint: 'erp2', state: 'dead', n: 6 },
      { endpoint: 'erp2', state: 'pending', n: 12 },
    ]);
    const notes = await database.query<{ note: string }>(`select distinct note from delivery where state = 'discarded'`);
    expect(notes.rows).toEqual([{ note: 'erp2 has this event already; erp was retired: moved to the new ERP' }]);

    // Its file still stands: these are for the control role.
    await handInOrders(running, 'acme', 6, 3);
    const rest = await stage.start('deliver', 'control');
    await until(
      'what came later has followed',
      async () => (await stage.rows()).every(({ endpoint, state }) => endpoint === 'erp2' || state === 'discarded'),
      30_000,
    );
    // The dead heads still block their orders there.
    expect(erp.accepted()).toEqual([]);
    await database.query(`update delivery set state = 'pending', next_attempt_at = now() where state = 'dead'`);
    rest.gateway.nudge('deliver');
    await until('all is delivered', () => erp.accepted().length === 24, 60_000);
    const perOrder = new Map<string, number[]>();
    for (const { orderKeys, body } of erp.accepted()) {
      const control = Number((body as { data: { provenance: { interchangeControl: string } } }).data.provenance.interchangeControl);
      for (const key of orderKeys) perOrder.set(key, [...(perOrder.get(key) ?? []), control]);
    }
    expect([...perOrder.values()]).toEqual(Array.from({ length: 6 }, () => [1, 1001, 2001, 3001]));
    expect(keys.rows.map(({ key }) => key)).toEqual(
      expect.arrayContaining(
        erp
          .accepted()
          .slice(0, 6)
          .map(({ key }) => key),
      ),
    );
    expect(await misplacedDeliveries(database, 'default')).toEqual([]);
  }, 150_000);

  it('waits for an attempt under way, with all of its order', async () => {
    const stage = await scene();
    const running = await stage.start('translate');
    const { database } = stage.site;
    await handInOrders(running, 'acme', 3, 0);
    await handInOrders(running, 'acme', 3, 1);
    stage.addEndpoint('erp2', 'http://127.0.0.1:9/');
    await until('the other is taken', () => running.gateway.catalog().endpoints.has('erp2'));
    const { rows } = await database.query<{ id: string }>(
      `update delivery set state = 'in_flight', lease_until = now() + interval '1 hour', claimed_at = now(), worker = 'w'
       where id = (select id from delivery where waiting = 0 order by position limit 1) returning id`,
    );
    const retiring = retireEndpoint(running.gateway, 'erp', { to: 'erp2' }, BY);
    await until('the others are moved', async () => (await stage.rows()).some(({ endpoint, n }) => endpoint === 'erp2' && n === 4), 20_000);
    expect(await stage.rows()).toContainEqual({ endpoint: 'erp', state: 'in_flight', n: 1 });
    expect(await misplacedDeliveries(database, 'default')).toEqual([]);
    await database.query(`update delivery set state = 'retry_wait', lease_until = null, next_attempt_at = now() where id = $1`, [rows[0]?.id]);
    expect(await retiring).toEqual({ moved: 6, discarded: 0, underWay: 0 });
    expect(await misplacedDeliveries(database, 'default')).toEqual([]);
    expect((await stage.rows()).every(({ endpoint }) => endpoint === 'erp2')).toBe(true);
  }, 90_000);

  it('must name one that is in service', async () => {
    const stage = await scene();
    const { gateway } = await stage.start('translate');
    await expect(planRetirement(gateway, 'erp', { to: 'erpp' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(planRetirement(gateway, 'erp', { to: 'erp' })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(planRetirement(gateway, 'crm', 'discard')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  }, 60_000);
});
