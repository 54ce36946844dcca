/**
 * Delivery alone, from T2's commit to the endpoint's 2xx, with fsync on and order kept, beside BullMQ alone posting the same bytes.
 *
 * delivery.sustained: deliveries a second over four endpoints with a backlog; delivery.p95: from T2's commit to the answer at 200 a second;
 * delivery.memory: what Redis holds with a backlog of 100,000, beside what it holds with none.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningGateway } from '../src/cli/application.ts';
import { pauseEndpoint, unpauseEndpoint } from '../src/pipeline/pause-endpoint.ts';
import { interchange } from '../test/support/documents.ts';
import { handIn, startTestGateway } from '../test/support/gateway.ts';
import { makeHome } from '../test/support/home.ts';
import { type Figure, percentile, rate, rounded, time } from './measure.ts';
import { openRawCarrier, type RawCarrier } from './raw-bullmq.ts';
import { openSite, type Site } from './site.ts';

const ENDPOINTS = ['erp', 'warehouse', 'finance', 'orchestration'];
const IN_FLIGHT = 16;
const ROUNDS = 3;
const EVENTS = 1000;
const RAW_JOBS = 6000;
const PACED_DELIVERIES = 1000;
const PACE_A_SECOND = 200;
const WAITING = 100_000;
const operator = { actor: 'bench', reason: 'a backlog is prepared' };

export async function benchDelivery(): Promise<Figure[]> {
  const site = await openSite();
  const home = makeHome({
    partners: ['acme'],
    endpoints: Object.fromEntries(ENDPOINTS.map((name) => [name, site.endpoint.url])),
    endpoint: { maxInFlight: String(IN_FLIGHT) },
  });
  const running = await startTestGateway({ home, databaseUrl: site.databaseUrl, redisUrl: site.redisUrl });
  await publish(running, 1);
  await site.endpoint.reached(ENDPOINTS.length);
  const raw = openRawCarrier(site, await eventBody(running), IN_FLIGHT * ENDPOINTS.length);
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    const ourP95: number[] = [];
    const theirP95: number[] = [];
    await drainRate(running, site, EVENTS / 4); // warm-up, both sides
    await rawRate(raw, site, RAW_JOBS / 4);
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await rawRate(raw, site, RAW_JOBS));
      ours.push(await drainRate(running, site, EVENTS));
      theirP95.push(await rawP95(raw, site));
      ourP95.push(await pacedP95(running, site));
    }
    return [
      rate('delivery.sustained', 'deliveries/s', ours, 'raw-bullmq', theirs),
      time('delivery.p95', 'ms', ourP95, 'raw-bullmq', theirP95),
      await redisMemory(running, site),
    ];
  } finally {
    await raw.close();
    await running.close();
    await site.close();
    home.remove();
  }
}

let control = 0;
let order = 0;

/** Publishes so many events of orders of their own, one delivery each per endpoint; resolves when T2 has committed them all. */
async function publish(running: RunningGateway, events: number): Promise<void> {
  for (let left = events; left > 0; left -= 500) {
    const sets = Array.from({ length: Math.min(left, 500) }, () => {
      const po = `PO-${++order}`;
      return ['ST*855*0001', `BAK*00*AD*${po}*20261101*****20261102`, 'PO1*1*10*EA*12.50**BP*SKU-1', 'ACK*IA*10*EA*068*20261109', 'CTT*1'];
    });
    await handIn(running, 'acme', interchange({ partner: 'acme', control: ++control }, 'PR', sets), randomUUID());
  }
  const translated = async () => (await running.gateway.database.query(`select 1 from message where state = 'received' limit 1`)).rowCount === 0;
  while (!(await translated())) await sleep(20);
}

/** Deliveries a second of a backlog of `events` times four, from the moment that the endpoints are resumed. */
async function drainRate(running: RunningGateway, site: Site, events: number): Promise<number> {
  for (const name of ENDPOINTS) await pauseEndpoint(running.gateway, name, operator);
  await publish(running, events);
  await running.gateway.database.query('vacuum analyze');
  const before = site.endpoint.answeredAt.size;
  const began = performance.now();
  for (const name of ENDPOINTS) await unpauseEndpoint(running.gateway, name, operator);
  await site.endpoint.reached(before + events * ENDPOINTS.length);
  return ((events * ENDPOINTS.length) / (performance.now() - began)) * 1000;
}

async function rawRate(raw: RawCarrier, site: Site, count: number): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const began = performance.now();
  await raw.sendMany(count);
  await site.endpoint.reached(before + count);
  return (count / (performance.now() - began)) * 1000;
}

/** One event of four deliveries, fifty times a second. The clock begins when T2's transaction began: a little before its commit. */
async function pacedP95(running: RunningGateway, site: Site): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const events = PACED_DELIVERIES / ENDPOINTS.length;
  const first = order + 1;
  const began = performance.now();
  for (let i = 0; i < events; i++) {
    const due = began + (i * 1000 * ENDPOINTS.length) / PACE_A_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    const set = ['ST*855*0001', `BAK*00*AD*PO-${++order}*20261101*****20261102`, 'PO1*1*10*EA*12.50**BP*SKU-1', 'ACK*IA*10*EA*068*20261109', 'CTT*1'];
    void handIn(running, 'acme', interchange({ partner: 'acme', control: ++control }, 'PR', [set]), randomUUID());
  }
  await site.endpoint.reached(before + PACED_DELIVERIES);
  const { rows } = await running.gateway.database.query<{ key: string; at: number }>(
    `select d.idempotency_key as key, (extract(epoch from d.created_at) * 1000)::float8 as at from delivery d join event e on e.id = d.event_id
     where e.document_number is not null and e.order_numbers <@ $1::text[]`,
    [Array.from({ length: events }, (_, i) => `PO-${first + i}`)],
  );
  if (rows.length !== PACED_DELIVERIES) throw new Error(`expected ${PACED_DELIVERIES} deliveries, found ${rows.length}`);
  return percentile(
    rows.map(({ key, at }) => Math.max(0, (site.endpoint.answeredAt.get(key) ?? Number.NaN) - at)),
    0.95,
  );
}

async function rawP95(raw: RawCarrier, site: Site): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const sent: Promise<{ id: string; at: number }>[] = [];
  const began = performance.now();
  for (let i = 0; i < PACED_DELIVERIES; i++) {
    const due = began + (i * 1000) / PACE_A_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    sent.push(raw.send().then((id) => ({ id, at: performance.timeOrigin + performance.now() })));
  }
  await site.endpoint.reached(before + PACED_DELIVERIES);
  const times = (await Promise.all(sent)).map(({ id, at }) => Math.max(0, (site.endpoint.answeredAt.get(id) ?? Number.NaN) - at));
  return percentile(times, 0.95);
}

/** Redis with 100,000 deliveries waiting (endpoints parked, then resumed), beside Redis with none: the backlog stays in PostgreSQL. */
async function redisMemory(running: RunningGateway, site: Site): Promise<Figure> {
  const none = await site.redisBytes();
  for (const name of ENDPOINTS) await pauseEndpoint(running.gateway, name, operator);
  const before = site.endpoint.answeredAt.size;
  await publish(running, WAITING / ENDPOINTS.length);
  for (const name of ENDPOINTS) await unpauseEndpoint(running.gateway, name, operator);
  await site.endpoint.reached(before + WAITING / 100); // they flow: hints of a full window are in Redis
  const waiting = await site.redisBytes();
  return { name: 'delivery.memory', unit: 'bytes', ours: waiting, against: 'redis-without-backlog', theirs: none, ratio: rounded(none / waiting) };
}

async function eventBody(running: RunningGateway): Promise<string> {
  const { rows } = await running.gateway.database.query<{ body: string }>('select body from event limit 1');
  return rows[0]?.body ?? '';
}
