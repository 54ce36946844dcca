/**
 * PostgreSQL is stopped under load, as in a crash: no source is told of what is not stored, and everything goes on when it is back.
 *
 * Told means: a file moved to the archive, or `receive` returned.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { conclude, crewIsUp } from '../conclude.ts';
import { startFeed } from '../feed.ts';
import { faultsOf, promiseOf } from '../invariants.ts';
import { clock } from '../latency.ts';
import { openSite } from '../site.ts';
import type { ScenarioOptions, ScenarioResult } from './scenario.ts';

const GATEWAYS = 2;
const WARM_UP_MS = 10_000;
/** What was committed just before may still be told. */
const TOLD_LATE_MS = 2_000;
const RESUME_MS = 15_000;

export async function postgresDown({ seconds = 60, logs, say }: ScenarioOptions): Promise<ScenarioResult> {
  const site = await openSite({
    endpoints: [{ name: 'erp' }, { name: 'mes', events: ['order_acknowledgment.received'] }],
    partners: [
      { name: 'acme', door: 'hand', share: 4 },
      { name: 'borealis', door: 'drop' },
    ],
    gateways: GATEWAYS,
    logs,
  });
  try {
    site.crew.start();
    await crewIsUp(site);
    const feed = startFeed({ seed: 1, suppliers: site.suppliers, perSecond: 15, orders: 50, office: site.office });
    await sleep(WARM_UP_MS);
    const acknowledged = () => {
      feed.lookIntoArchives();
      return feed.fed.filter((fed) => fed.acknowledgedAtMs !== undefined).length;
    };
    say('PostgreSQL is stopped');
    const before = acknowledged();
    await site.postgres.stop('immediate');
    await sleep(TOLD_LATE_MS);
    const atFirst = acknowledged();
    await sleep(Math.max(0, seconds * 1000 - TOLD_LATE_MS));
    const toldWhileDown = acknowledged() - atFirst;
    const restarts = site.crew.starts() - GATEWAYS;
    say('PostgreSQL is started');
    await site.postgres.start();
    const startedAt = clock();
    await sleep(RESUME_MS);
    const taken = site.receiver.receipts().filter((receipt) => receipt.taken && receipt.atMs > startedAt);
    const firstAfterMs = Math.round((taken[0]?.atMs ?? Number.POSITIVE_INFINITY) - startedAt);
    await feed.stop();
    const { figures } = await conclude(site, feed, say);
    const faults = [...faultsOf(figures)];
    if (before === 0) faults.push('nothing was committed before');
    if (toldWhileDown > 0) faults.push(`${toldWhileDown} sources were told while PostgreSQL was down`);
    if (taken.length === 0) faults.push('nothing was delivered after PostgreSQL came back');
    if (restarts > 0) faults.push('a gateway had to be started again');
    return {
      figures: {
        outageSeconds: seconds,
        toldWhileDown,
        firstDeliveryAfterMs: firstAfterMs,
        restarts,
        committed: figures.committed,
        delivered: figures.delivered,
        ...promiseOf(figures),
      },
      faults,
    };
  } finally {
    await site.close();
  }
}
