/** One run: load, the faults of the seed, the end of all faults, and the count from both ends. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribers } from '../../src/endpoints/subscribers.ts';
import { controlText, type FedDocument } from './documents.ts';
import { gatherFacts } from './facts.ts';
import { type Fed, startFeed } from './feed.ts';
import { inject } from './injector.ts';
import { countFigures, type Facts, type Figures } from './invariants.ts';
import type { Receipt } from './receipt.ts';
import { buildSchedule } from './schedule.ts';
import { heal, settle } from './settle.ts';
import { type ChaosSite, type EndpointPlan, openSite, type PartnerPlan } from './site.ts';

export interface StormOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly record?: string | undefined;
  readonly perSecond?: number;
  say(line: string): void;
}

export interface StormResult extends Figures {
  readonly seed: number;
  readonly faults: Readonly<Record<string, number>>;
}

const GATEWAYS = 3;
/** Of each partner; 100 in all. */
const ORDERS = 25;
const PER_SECOND = 30;

/** A drop costs several round trips a file: most of the load comes by hand. */
const PARTNERS: readonly PartnerPlan[] = [
  { name: 'acme', door: 'drop' },
  { name: 'borealis', door: 'hand', share: 4 },
  { name: 'cobalt', door: 'drop' },
  { name: 'delta', door: 'hand', share: 4 },
];

const ENDPOINTS: readonly EndpointPlan[] = [
  { name: 'erp' },
  { name: 'mes', events: ['order_acknowledgment.received'], lines: { maxInFlight: '8' } },
  { name: 'wms', events: ['ship_notice.received'], partners: ['acme', 'borealis'] },
  // No run lasts so long: whatever is given up for its age was judged by a wrong clock.
  {
    name: 'ledger',
    partners: ['cobalt', 'delta'],
    lines: { retry: '{ schedule: [0s, 100ms, 500ms, 1s, 1s, 1s, 1s, 1s, 1s, 1s], maximumAge: 50m }' },
  },
];

export async function storm(options: StormOptions): Promise<StormResult> {
  const site = await openSite({ endpoints: ENDPOINTS, partners: PARTNERS, gateways: GATEWAYS, record: options.record });
  try {
    return await run(site, options);
  } finally {
    await site.close();
  }
}

async function run(site: ChaosSite, { seed, seconds, say, perSecond = PER_SECOND, record }: StormOptions): Promise<StormResult> {
  const names = ENDPOINTS.map((endpoint) => endpoint.name);
  const schedule = buildSchedule(seed, seconds, { gateways: GATEWAYS, endpoints: names });
  site.crew.start();
  await firstDelivery(site);
  say(`seed ${seed}: ${schedule.length} faults in ${seconds} s, ${perSecond} documents a second, logs in ${site.folder}`);
  const { office, suppliers } = site;
  const feed = startFeed({ seed, suppliers, perSecond, orders: ORDERS, office });
  const injector = inject(site, schedule, say);
  await Promise.all([injector.done, sleep(seconds * 1000)]);
  await heal(site, names);
  await feed.stop();
  const backlog = await settle(site, feed.waiting, say);
  say(`settled: ${JSON.stringify(backlog)}`);
  await site.crew.stop();
  feed.lookIntoArchives();
  const facts = await gatherFacts(
    office.gateway.database,
    feed.fed.map((fed) => handedIn(site, fed)),
    await site.receiver.followed(),
  );
  const receipts = site.receiver.receipts();
  if (record !== undefined) writeRecord(record, receipts, facts);
  return { seed, ...countFigures(receipts, facts), faults: injector.counts };
}

/** The gateways are up when one of them has brought the endpoints' rows into the database. */
async function firstDelivery(site: ChaosSite): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { rows } = await site.office.gateway.database.query<{ n: number }>('select count(*) as n from endpoint');
    if (rows[0]?.n === ENDPOINTS.length) return;
    if (performance.now() > deadline) throw new Error('no gateway came up within a minute');
    await sleep(100);
  }
}

const EVENT_NAMES = { '855': 'order_acknowledgment.received', '856': 'ship_notice.received', '810': 'invoice.received' } as const;

function handedIn(site: ChaosSite, { document, acknowledgedAtMs }: Fed) {
  const endpoints = subscribersOf(site, document);
  return { partner: document.partner, control: controlText(document.control), acknowledged: acknowledgedAtMs !== undefined, endpoints };
}

function subscribersOf(site: ChaosSite, { partner, kind }: FedDocument): string[] {
  const { endpoints } = site.office.gateway.catalog();
  return subscribers(endpoints, { name: EVENT_NAMES[kind], partner, test: false }).map((endpoint) => endpoint.name);
}

/** The receipts once more, each with its place in its partner's arrival: so that others can count again without the database. */
function writeRecord(file: string, receipts: readonly Receipt[], facts: Facts): void {
  const arrivals = new Map(facts.documents.flatMap((d) => (d.eventId === null ? [] : [[d.eventId, d] as const])));
  const lines = receipts.map((receipt) => {
    const { arrival, ordinal } = arrivals.get(receipt.eventId) ?? {};
    return JSON.stringify({ ...receipt, arrival: { ...receipt.arrival, arrival, ordinal } });
  });
  writeFileSync(file, `${lines.join('\n')}\n`);
}
