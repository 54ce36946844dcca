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
import { answerRate, answerTime, atPace, inTurns, rawSide } from './paced.ts';
import { openRawCarrier } from './raw-bullmq.ts';
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
    const theirs = rawSide(raw, site, { jobs: RAW_JOBS, paced: PACED_DELIVERIES, perSecond: PACE_A_SECOND });
    await drainRate(running, site, EVENTS / 4); // warm-up, both sides
    await answerRate(site, RAW_JOBS / 4, () => raw.sendMany(RAW_JOBS / 4));
    const figures = await inTurns(ROUNDS, {
      theirs,
      ours: { rate: () => drainRate(running, site, EVENTS), p95: () => fanOutP95(running, site) },
    });
    return [
      rate('delivery.sustained', 'deliveries/s', figures.ours.rates, 'raw-bullmq', figures.theirs.rates),
      time('delivery.p95', 'ms', figures.ours.p95s, 'raw-bullmq', figures.theirs.p95s),
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

const setOfNextOrder = (): string[] => [
  'ST*855*0001',
  `BAK*00*AD*PO-${++order}*20261101*****20261102`,
  'PO1*1*10*EA*12.50**BP*SKU-1',
  'ACK*IA*10*EA*068*20261109',
  'CTT*1',
];

const handInSets = (running: RunningGateway, sets: string[][]): Promise<string> =>
  handIn(running, 'acme', interchange({ partner: 'acme', control: ++control }, 'PR', sets), randomUUID());

/** Publishes so many events of orders of their own, one delivery each per endpoint; resolves when T2 has committed them all. */
async function publish(running: RunningGateway, events: number): Promise<void> {
  for (let left = events; left > 0; left -= 500) {
    await handInSets(running, Array.from({ length: Math.min(left, 500) }, setOfNextOrder));
  }
  const translated = async () => (await running.gateway.database.query(`select 1 from message where state = 'received' limit 1`)).rowCount === 0;
  while (!(await translated())) await sleep(20);
}

/** Deliveries a second of a backlog of `events` times four, from the moment that the endpoints are resumed. */
async function drainRate(running: RunningGateway, site: Site, events: number): Promise<number> {
  for (const name of ENDPOINTS) await pauseEndpoint(running.gateway, name, operator);
  await publish(running, events);
  await running.gateway.database.query('vacuum analyze');
  return answerRate(site, events * ENDPOINTS.length, async () => {
    for (const name of ENDPOINTS) await unpauseEndpoint(running.gateway, name, operator);
  });
}

/** One event of four deliveries, fifty times a second. The clock begins when T2's transaction began: a little before its commit. */
async function fanOutP95(running: RunningGateway, site: Site): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const events = PACED_DELIVERIES / ENDPOINTS.length;
  const first = order + 1;
  const handedIn = await atPace(events, PACE_A_SECOND / ENDPOINTS.length, () => handInSets(running, [setOfNextOrder()]));
  await site.endpoint.reached(before + PACED_DELIVERIES);
  await Promise.all(handedIn);
  const { rows } = await running.gateway.database.query<{ key: string; at: number }>(
    `select d.idempotency_key as key, (extract(epoch from d.created_at) * 1000)::float8 as at from delivery d join event e on e.id = d.event_id
     where e.document_number is not null and e.order_numbers <@ $1::text[]`,
    [Array.from({ length: events }, (_, i) => `PO-${first + i}`)],
  );
  if (rows.length !== PACED_DELIVERIES) throw new Error(`expected ${PACED_DELIVERIES} deliveries, found ${rows.length}`);
  return percentile(
    rows.map(({ key, at }) => answerTime(site, key, at)),
    0.95,
  );
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
