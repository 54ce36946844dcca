/** Redis is stopped under load: nothing is lost, deliveries go on straight from PostgreSQL, and the workers take hints again when it is back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median, rounded } from '../../../bench/measure.ts';
import { conclude, crewIsUp, warmUp } from '../conclude.ts';
import { controlText } from '../documents.ts';
import { startFeed } from '../feed.ts';
import { faultsOf, promiseOf } from '../invariants.ts';
import { clock, latencies, takenAt } from '../latency.ts';
import { openSite } from '../site.ts';
import type { ScenarioOptions, ScenarioResult } from './scenario.ts';

const GATEWAYS = 2;
const PER_SECOND = 10;
const WARM_UP_MS = 10_000;
/** A hint that no worker takes is handed out again after so long (src/queue/deliver-role.ts); after two of those the worker is rebuilt. */
const UNTAKEN_MS = 5_000;
const RESUME_WAIT_MS = 5 * UNTAKEN_MS;
const LOOK_MS = 15_000;

export async function redisDown({ seconds = 60, logs, say }: ScenarioOptions): Promise<ScenarioResult> {
  const site = await openSite({
    endpoints: [{ name: 'erp' }, { name: 'mes', events: ['order_acknowledgment.received'] }],
    partners: [
      { name: 'acme', door: 'hand' },
      { name: 'borealis', door: 'hand' },
    ],
    gateways: GATEWAYS,
    logs,
  });
  try {
    site.crew.start();
    await crewIsUp(site);
    const feed = startFeed({ seed: 1, suppliers: site.suppliers, perSecond: PER_SECOND, orders: 50, office: site.office });
    await warmUp(site, WARM_UP_MS);
    const before = { fromMs: clock(), toMs: clock() + WARM_UP_MS };
    await sleep(WARM_UP_MS);
    say('Redis is stopped');
    await site.redis.stop();
    const stoppedAt = clock();
    await sleep(seconds * 1000);
    const startedAt = clock();
    say('Redis is started');
    await site.redis.start();
    await sleep(RESUME_WAIT_MS);
    const after = { fromMs: clock(), toMs: clock() + LOOK_MS };
    const scriptsBefore = await site.redis.calls('evalsha');
    await sleep(LOOK_MS);
    const scripts = (await site.redis.calls('evalsha')) - scriptsBefore;
    await feed.stop();
    const { figures, receipts } = await conclude(site, feed, say);
    const taken = takenAt(receipts);
    // Those of the last seconds may rightly be under way when it ends.
    const down = { fromMs: stoppedAt, toMs: startedAt - 3_000 };
    const whileDown = latencies(feed.fed, taken, 'erp', down);
    const inTime = feed.fed.filter(({ document, acknowledgedAtMs }) => {
      const at = taken.get(`erp ${document.partner} ${controlText(document.control)}`) ?? Number.POSITIVE_INFINITY;
      return acknowledgedAtMs !== undefined && acknowledgedAtMs >= down.fromMs && acknowledgedAtMs <= down.toMs && at <= startedAt;
    }).length;
    const results = {
      outageSeconds: seconds,
      committedWhileDown: whileDown.length,
      deliveredWhileDown: inTime,
      medianBeforeMs: rounded(median(latencies(feed.fed, taken, 'erp', before))),
      medianWhileDownMs: rounded(median(whileDown)),
      medianAfterMs: rounded(median(latencies(feed.fed, taken, 'erp', after))),
      queueCallsAfter: scripts,
      restarts: site.crew.starts() - GATEWAYS,
      committed: figures.committed,
      delivered: figures.delivered,
      ...promiseOf(figures),
    };
    const faults = [...faultsOf(figures)];
    if (whileDown.length === 0) faults.push('nothing was committed while Redis was down');
    if (results.deliveredWhileDown < whileDown.length) faults.push('deliveries did not go on while Redis was down');
    if (scripts === 0) faults.push('nobody used the queue after Redis came back');
    if (!(results.medianAfterMs <= results.medianBeforeMs + UNTAKEN_MS / 2))
      faults.push('after Redis came back hints lie until they are handed out again');
    if (results.restarts > 0) faults.push('a gateway had to be started again');
    return { figures: results, faults };
  } finally {
    await site.close();
  }
}
