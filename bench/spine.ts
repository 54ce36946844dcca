/**
 * The spine, from a committed receipt to the endpoint's 2xx, beside BullMQ alone posting the same bytes.
 *
 * spine.documents: documents a second with as many waiting as there are; spine.p95: the time of one document at 200 a second.
 */
import { randomUUID } from 'node:crypto';
import type { RunningGateway } from '../src/cli/application.ts';
import { openDatabase } from '../src/store/database.ts';
import { make855 } from '../test/support/documents.ts';
import { handIn, startTestGateway } from '../test/support/gateway.ts';
import { makeHome } from '../test/support/home.ts';
import { type Figure, rate, time } from './measure.ts';
import { answerRate, inTurns, pacedP95, rawSide } from './paced.ts';
import { openRawCarrier } from './raw-bullmq.ts';
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
    const theirs = rawSide(raw, site, { jobs: RAW_JOBS, paced: PACED_DOCUMENTS, perSecond: PACE_A_SECOND });
    await spineRate(running, site, DOCUMENTS / 3); // warm-up, both sides
    await answerRate(site, RAW_JOBS / 3, () => raw.sendMany(RAW_JOBS / 3));
    const figures = await inTurns(ROUNDS, {
      theirs,
      ours: {
        rate: () => spineRate(running, site, DOCUMENTS),
        p95: () => pacedP95(site, PACED_DOCUMENTS, PACE_A_SECOND, async () => keyOf(running, await handInOne(running))),
      },
    });
    return [
      rate('spine.documents', 'documents/s', figures.ours.rates, 'raw-bullmq', figures.theirs.rates),
      time('spine.p95', 'ms', figures.ours.p95s, 'raw-bullmq', figures.theirs.p95s),
    ];
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

const spineRate = (running: RunningGateway, site: Site, count: number): Promise<number> =>
  answerRate(site, count, async () => {
    let left = count;
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) await handInOne(running);
      }),
    );
  });

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
