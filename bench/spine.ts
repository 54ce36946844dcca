/**
 * The spine, from a committed receipt to the endpoint's 2xx, beside BullMQ alone posting the same bytes.
 *
 * spine.documents: documents a second with as many waiting as there are; spine.p95: the time of one document at 200 a second.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningGateway } from '../src/cli/application.ts';
import { openDatabase } from '../src/store/database.ts';
import { make855 } from '../test/support/documents.ts';
import { handIn, startTestGateway } from '../test/support/gateway.ts';
import { makeHome } from '../test/support/home.ts';
import { type Figure, percentile, rate, time } from './measure.ts';
import { openRawCarrier, type RawCarrier } from './raw-bullmq.ts';
import { openSite, type Site } from './site.ts';

const PARTNERS = ['acme', 'borealis', 'cobalt', 'delta', 'egmont', 'fjord', 'gault', 'hale'];
const ROUNDS = 3;
const DOCUMENTS = 1500;
const RAW_JOBS = 4500;
const PACED_DOCUMENTS = 1000;
const PACE_A_SECOND = 200;
const IN_FLIGHT = 32;

export async function benchSpine(): Promise<Figure[]> {
  const site = await openSite();
  const home = makeHome({ partners: PARTNERS, endpoints: { erp: site.endpoint.url }, endpoint: { maxInFlight: '50' } });
  const running = await startTestGateway({ home, databaseUrl: site.databaseUrl, redisUrl: site.redisUrl });
  const raw = openRawCarrier(site, await eventBody(running, site));
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    const ourP95: number[] = [];
    const theirP95: number[] = [];
    await spineRate(running, site, DOCUMENTS / 3); // warm-up, both sides
    await rawRate(raw, site, RAW_JOBS / 3);
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await rawRate(raw, site, RAW_JOBS));
      ours.push(await spineRate(running, site, DOCUMENTS));
      theirP95.push(await pacedP95(site, async () => raw.send()));
      ourP95.push(await pacedP95(site, async () => keyOf(running, await handInOne(running))));
    }
    return [rate('spine.documents', 'documents/s', ours, 'raw-bullmq', theirs), time('spine.p95', 'ms', ourP95, 'raw-bullmq', theirP95)];
  } finally {
    await raw.close();
    await running.close();
    await site.close();
    home.remove();
  }
}

let control = 0;

function handInOne(running: RunningGateway): Promise<string> {
  const n = ++control;
  const partner = PARTNERS[n % PARTNERS.length] ?? 'acme';
  // Control numbers and orders never repeat: every document is a new event of its own order.
  return handIn(running, partner, make855({ partner, control: n }, `PO-${n}`), randomUUID());
}

async function spineRate(running: RunningGateway, site: Site, count: number): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const began = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) await handInOne(running);
    }),
  );
  await site.endpoint.reached(before + count);
  return (count / (performance.now() - began)) * 1000;
}

async function rawRate(raw: RawCarrier, site: Site, count: number): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const began = performance.now();
  await raw.sendMany(count);
  await site.endpoint.reached(before + count);
  return (count / (performance.now() - began)) * 1000;
}

/** From the moment that `send` has committed to the endpoint's answer, milliseconds. `send` gives the id that the endpoint sees, perhaps later. */
async function pacedP95(site: Site, send: () => Promise<string | (() => Promise<string>)>): Promise<number> {
  const before = site.endpoint.answeredAt.size;
  const sent: Promise<{ id: string | (() => Promise<string>); at: number }>[] = [];
  const began = performance.now();
  for (let i = 0; i < PACED_DOCUMENTS; i++) {
    const due = began + (i * 1000) / PACE_A_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    sent.push(send().then((id) => ({ id, at: performance.timeOrigin + performance.now() })));
  }
  await site.endpoint.reached(before + PACED_DOCUMENTS);
  const times: number[] = [];
  for (const { id, at } of await Promise.all(sent)) {
    const answeredAt = site.endpoint.answeredAt.get(typeof id === 'string' ? id : await id());
    if (answeredAt === undefined) throw new Error('a document was answered under another id');
    times.push(Math.max(0, answeredAt - at));
  }
  return percentile(times, 0.95);
}

/** The idempotency key is known once the message is translated: it is looked up afterwards. */
const keyOf = (running: RunningGateway, messageId: string) => async (): Promise<string> => {
  const { rows } = await running.gateway.database.query<{ key: string }>(
    `select v.idempotency_key as key from delivery v join event e on e.id = v.event_id join document d on d.id = e.document_id where d.message_id = $1`,
    [messageId],
  );
  return rows[0]?.key ?? '';
};

/** The bytes that the gateway posts for such a document, for the other side to post as well. */
async function eventBody(running: RunningGateway, site: Site): Promise<string> {
  await handInOne(running);
  await site.endpoint.reached(1);
  const database = openDatabase(site.databaseUrl, { max: 1 });
  const { rows } = await database.query<{ body: string }>('select body from event limit 1');
  await database.close();
  return rows[0]?.body ?? '';
}
