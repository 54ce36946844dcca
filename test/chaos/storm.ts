/** One run: load, the faults of the seed, the end of all faults, and the count from both ends. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { conclude, crewIsUp, warmUp } from './conclude.ts';
import { startFeed } from './feed.ts';
import { inject } from './injector.ts';
import type { Facts, Figures } from './invariants.ts';
import type { Receipt } from './receipt.ts';
import { buildSchedule } from './schedule.ts';
import { heal } from './settle.ts';
import { type ChaosSite, type EndpointPlan, NO_BREAKER, openSite, type PartnerPlan } from './site.ts';

export interface StormOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly record?: string | undefined;
  readonly logs?: string | undefined;
  readonly perSecond?: number | undefined;
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
const WARM_UP_MS = 5_000;

/** A drop costs several round trips a file: most of the load comes by hand. */
const PARTNERS: readonly PartnerPlan[] = [
  { name: 'acme', door: 'drop' },
  { name: 'borealis', door: 'hand', share: 14 },
  { name: 'cobalt', door: 'drop' },
  { name: 'delta', door: 'hand', share: 14 },
];

/** Its probes come as fast as its retries. */
const BREAKER = '{ failures: 5, probes: [200ms, 500ms, 1s, 2s] }';

const ENDPOINTS: readonly EndpointPlan[] = [
  // Attempts are under way also while it hangs.
  { name: 'erp', lines: { breaker: NO_BREAKER } },
  { name: 'mes', events: ['order_acknowledgment.received'], lines: { maxInFlight: '8', breaker: BREAKER } },
  { name: 'wms', events: ['ship_notice.received'], partners: ['acme', 'borealis'], lines: { breaker: BREAKER } },
  {
    name: 'ledger',
    partners: ['cobalt', 'delta'],
    // No run lasts so long: whatever is given up for its age was judged by a wrong clock.
    lines: { breaker: BREAKER, retry: '{ schedule: [0s, 100ms, 500ms, 1s, 1s, 1s, 1s, 1s, 1s, 1s], maximumAge: 50m }' },
  },
];

export async function storm(options: StormOptions): Promise<StormResult> {
  const site = await openSite({ endpoints: ENDPOINTS, partners: PARTNERS, gateways: GATEWAYS, record: options.record, logs: options.logs });
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
  await crewIsUp(site);
  say(`seed ${seed}: ${schedule.length} faults in ${seconds} s, ${perSecond} documents a second, logs in ${site.folder}`);
  const { office, suppliers } = site;
  const feed = startFeed({ seed, suppliers, perSecond, orders: ORDERS, office });
  await warmUp(site, WARM_UP_MS);
  say('the faults begin');
  const injector = inject(site, schedule, seconds * 1000, say);
  await sleep(seconds * 1000);
  const fed = feed.stop();
  await injector.done;
  await heal(site, names);
  await fed;
  const { receipts, facts, figures } = await conclude(site, feed, say);
  if (record !== undefined) writeRecord(record, receipts, facts);
  return { seed, ...figures, faults: injector.counts };
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
