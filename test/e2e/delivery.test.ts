/** What delivery does under pressure: a dead endpoint, a queue that is gone, an endpoint that must be asked, a rate, an order that goes on. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { listEndpoints } from '../../src/store/endpoints.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { make855 } from '../support/documents.ts';
import { handIn, until } from '../support/gateway.ts';
import { startTestRedis, testRedisUrl } from '../support/redis.ts';
import { type Spine, startSpine } from '../support/spine.ts';

let spine: Spine | undefined;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await spine?.close();
  spine = undefined;
  for (const closer of closers.splice(0)) await closer();
});

/** Hands in 855s of orders PO-0 … PO-(orders - 1) in turn. */
async function handInMany({ running }: Spine, count: number, orders: number, first = 1): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await handIn(running, 'acme', make855({ partner: 'acme', control: first + i }, `PO-${i % orders}`)));
  return ids;
}

/** Deliveries of each order in the order of their first acceptance, as control numbers. */
function acceptedByOrder({ erp }: Spine): Map<string, number[]> {
  const orders = new Map<string, number[]>();
  for (const { subject, body } of erp.accepted()) {
    const control = Number((body.data as { provenance: { interchangeControl: string } }).provenance.interchangeControl);
    orders.set(subject, [...(orders.get(subject) ?? []), control]);
  }
  return orders;
}

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe('an endpoint that is down', () => {
  it('gets one probe an interval, is charged nothing, and then drains wholly and in order', async () => {
    let down = true;
    spine = await startSpine({
      redisUrl: await testRedisUrl(),
      answer: () => (down ? 503 : 200),
      home: {
        endpoint: {
          breaker: '{ failures: 4, probes: [700ms] }',
          maxInFlight: '8',
          retry: '{ schedule: [0s, 50ms, 50ms, 50ms, 50ms, 50ms], jitter: 0 }',
        },
      },
    });
    const { erp, running } = spine;
    const { database, tenant } = running.gateway;
    await handInMany(spine, 60, 12);
    await until('the breaker opens', async () => (await listEndpoints(database, tenant))[0]?.breaker !== 'closed');
    // What was under way when it opened comes to its end; from then on nothing is sent but probes.
    await until('all under way has ended', async () => {
      const { rows } = await database.query<{ n: number }>(
        `select count(*)::int as n from delivery where state in ('queued', 'in_flight') and not probe`,
      );
      return rows[0]?.n === 0;
    });
    const before = erp.receipts.length;
    const began = performance.now();
    await until('four probes', () => erp.receipts.length >= before + 4);
    // Four probes take three whole intervals at least; more than one an interval would take less.
    expect(performance.now() - began).toBeGreaterThan(3 * 700 * 0.9);
    const { rows: dead } = await database.query(`select 1 from delivery where state = 'dead' or attempts > 4`);
    expect(dead).toEqual([]);

    down = false;
    await until('all is accepted', () => erp.accepted().length === 60, 30_000);
    for (const controls of acceptedByOrder(spine).values()) expect(controls).toEqual(ascending(controls));
    expect(await misplacedDeliveries(database, tenant)).toEqual([]);
    expect((await listEndpoints(database, tenant))[0]).toMatchObject({ state: 'active', breaker: 'closed', dead: 0 });
  }, 60_000);
});

describe('a queue store that is gone', () => {
  it('changes nothing: lanes are translated and deliveries sent straight from PostgreSQL, in order', async () => {
    const redis = await startTestRedis();
    closers.push(redis.stop);
    spine = await startSpine({ redisUrl: redis.url });
    await handInMany(spine, 20, 4);
    await until('the first ones are accepted', () => spine?.erp.accepted().length === 20, 30_000);
    await redis.stop();
    await handInMany(spine, 40, 4, 21);
    await until('all is accepted without a queue', () => spine?.erp.accepted().length === 60, 30_000);
    for (const controls of acceptedByOrder(spine).values()) expect(controls).toEqual(ascending(controls));
    expect(new Set(spine.erp.receipts.map((receipt) => receipt.key)).size).toBe(60);
  }, 90_000);
});

describe('a queue that takes hints and gives none', () => {
  it('is noticed from PostgreSQL and passed by: all is delivered, once', async () => {
    const url = await testRedisUrl();
    spine = await startSpine({ redisUrl: url });
    const { database } = spine.running.gateway;
    const { rows } = await database.query<{ id: string }>('select id from installation');
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    const queue = new Queue('deliver.erp', { connection, prefix: `{quayside-${rows[0]?.id.slice(0, 8)}}` });
    closers.push(async () => {
      await queue.close();
      connection.disconnect();
    });
    await queue.pause();
    await handInMany(spine, 10, 5);
    await until('all is accepted past the queue', () => spine?.erp.accepted().length === 10, 60_000);
    expect(spine.erp.receipts).toHaveLength(10);
  }, 90_000);
});

describe('an endpoint that does not recognise repeats', () => {
  it('is asked before an ambiguous attempt is repeated: what it has is not sent again, what it lacks is', async () => {
    const took = new Set<string>();
    const asked: string[] = [];
    const keeper = await listen((request, response) => {
      const key = request.url?.split('/').at(-1) ?? '';
      asked.push(key);
      response.writeHead(took.has(key) ? 200 : 404).end();
    });
    const tried = new Map<string, number>();
    spine = await startSpine({
      redisUrl: await testRedisUrl(),
      answer: ({ key, subject }) => {
        const n = (tried.get(key) ?? 0) + 1;
        tried.set(key, n);
        // It keeps PO-0 and answers 500 all the same; PO-1 it loses once.
        if (subject === 'PO-0' || n > 1) took.add(key);
        return n === 1 ? 500 : 200;
      },
      home: { endpoint: { idempotency: 'probe' }, destination: { probe: `{ url: "${keeper}/{idempotencyKey}", received: [200], absent: [404] }` } },
    });
    const [kept, lost] = await handInMany(spine, 2, 2);
    await spine.reaches(kept ?? '', 'delivered');
    await spine.reaches(lost ?? '', 'delivered');
    expect(spine.erp.receipts.map(({ subject }) => subject).sort()).toEqual(['PO-0', 'PO-1', 'PO-1']);
    expect(asked).toHaveLength(2);
  }, 30_000);

  it('never sees an ambiguous attempt again by itself where it cannot be asked', async () => {
    spine = await startSpine({ redisUrl: await testRedisUrl(), answer: () => 500, home: { endpoint: { idempotency: 'none' } } });
    await handInMany(spine, 1, 1);
    const [letter] = await spine.deadLetters(1);
    expect(letter?.reason).toContain('ERR_DELIVERY_AMBIGUOUS');
    expect(spine.erp.receipts).toHaveLength(1);
  }, 30_000);
});

describe('an endpoint with a rate', () => {
  it('gets no more attempts in any second than it allows, and gets them all', async () => {
    const at: number[] = [];
    spine = await startSpine({
      redisUrl: await testRedisUrl(),
      answer: () => {
        at.push(performance.now());
        return 200;
      },
      home: { endpoint: { rate: '8' } },
    });
    await handInMany(spine, 24, 24);
    await until('all is accepted', () => spine?.erp.accepted().length === 24, 30_000);
    // A full bucket of 8, then 8 a second: 24 need two more seconds at least.
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(1_500);
  }, 60_000);
});

describe('an order that does not wait', () => {
  it('goes on past a dead letter where the queue file says skip', async () => {
    spine = await startSpine({
      redisUrl: await testRedisUrl(),
      answer: ({ attempt, body }) =>
        attempt === 1 && (body.data as { provenance: { interchangeControl: string } }).provenance.interchangeControl.endsWith('1') ? 422 : 200,
      home: { endpoint: { ordering: 'skip' } },
    });
    await handInMany(spine, 4, 1);
    await spine.deadLetters(1);
    await until('the others are accepted', () => spine?.erp.accepted().length === 3);
    expect(await misplacedDeliveries(spine.running.gateway.database, spine.running.gateway.tenant)).toEqual([]);
  }, 30_000);
});

async function listen(handle: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
