/** The beginning and the end that every run has: the gateways are up; all is settled, and both ends are counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribers } from '../../src/endpoints/subscribers.ts';
import { controlText, type FedDocument } from './documents.ts';
import { gatherFacts } from './facts.ts';
import type { Feed } from './feed.ts';
import { countFigures, type Facts, type Figures, type HandedIn } from './invariants.ts';
import type { Receipt } from './receipt.ts';
import { look, settle } from './settle.ts';
import type { ChaosSite } from './site.ts';

const START_WAIT_MS = 90_000;

/** Each gateway listens for news in the database, and one that serves endpoints has brought their rows there. */
export async function crewIsUp(site: ChaosSite): Promise<void> {
  const { database, catalog } = site.office.gateway;
  const deadline = performance.now() + START_WAIT_MS;
  for (;;) {
    const { rows } = await database.query<{ endpoints: number; listening: number }>(
      `select (select count(*) from endpoint) as endpoints,
              (select count(*) from pg_stat_activity where datname = current_database() and application_name like 'quayside-listen-%') as listening`,
    );
    if (rows[0]?.endpoints === catalog().endpoints.size && rows[0].listening >= site.crew.size) return;
    if (performance.now() > deadline) throw new Error(`not every gateway came up within ${START_WAIT_MS / 1000} s, see ${site.folder}/gateway-0.log`);
    await sleep(100);
  }
}

const WARM_UP_MS = 10_000;
const WARM_UP_WAIT_MS = 60_000;
const FEW = 20;

/** Load goes on until what was started cold has caught up: programs just started are slow, and hold up what comes after. */
export async function warmUp(site: ChaosSite, atLeastMs = WARM_UP_MS): Promise<void> {
  await sleep(atLeastMs);
  const deadline = performance.now() + WARM_UP_WAIT_MS;
  while (performance.now() < deadline) {
    const { messages, deliveries } = await look(site);
    if (messages + deliveries < FEW) return;
    await sleep(200);
  }
}

export interface Conclusion {
  readonly figures: Figures;
  readonly receipts: readonly Receipt[];
  readonly facts: Facts;
}

/** Waits until nothing is pending, ends the gateways and counts. The feed has been stopped. */
export async function conclude(site: ChaosSite, feed: Feed, say: (line: string) => void): Promise<Conclusion> {
  const backlog = await settle(site, feed.waiting, say);
  say(`settled: ${JSON.stringify(backlog)}`);
  await site.crew.stop();
  feed.lookIntoArchives();
  const handed = feed.fed.map((fed) => handedIn(site, fed.document, fed.acknowledgedAtMs !== undefined));
  return count(site, handed, backlog.aged);
}

export async function count(site: ChaosSite, handed: readonly HandedIn[], aged: readonly string[] = []): Promise<Conclusion> {
  const seen = { followed: await site.receiver.followed(), refusals: site.crew.refusals(), aged };
  const facts = await gatherFacts(site.office.gateway.database, handed, seen);
  const receipts = site.receiver.receipts();
  return { figures: countFigures(receipts, facts), receipts, facts };
}

const EVENT_NAMES = { '855': 'order_acknowledgment.received', '856': 'ship_notice.received', '810': 'invoice.received' } as const;

function handedIn(site: ChaosSite, { partner, control, kind }: FedDocument, acknowledged: boolean): HandedIn {
  const { endpoints } = site.office.gateway.catalog();
  const wanted = subscribers(endpoints, { name: EVENT_NAMES[kind], partner, test: false });
  return { partner, control: setName(control), acknowledged, endpoints: wanted.map((endpoint) => endpoint.name) };
}

/** How both ends name one set of an interchange. */
export const setName = (control: number, set = 1): string => `${controlText(control)}/${String(set).padStart(4, '0')}`;
