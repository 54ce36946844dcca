/**
 * One endpoint hangs at its timeout and one is dead: what is sent to a third takes no longer than when both are well.
 *
 * Five interleaved pairs on the same gateways, so that a machine whose speed drifts slows both sides alike. The one that hangs has no
 * breaker, so that it hangs throughout; the dead one has, and gets one probe an interval.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { conclude, crewIsUp, warmUp } from '../conclude.ts';
import { startFeed } from '../feed.ts';
import { faultsOf, promiseOf } from '../invariants.ts';
import { latencies, medianRatio, nextSpan, p95, type Span, takenAt } from '../latency.ts';
import { type ChaosSite, NO_BREAKER, openSite } from '../site.ts';
import type { ScenarioOptions, ScenarioResult } from './scenario.ts';

const PAIRS = 5;
const PER_SECOND = 12;
const MOST_RATIO = 1.25;
const PROBE_MS = 2_000;
const RECOVER_MS = 90_000;

export async function isolation({ seconds = 20, logs, say }: ScenarioOptions): Promise<ScenarioResult> {
  const site = await openSite({
    endpoints: [
      { name: 'hanging', lines: { breaker: NO_BREAKER } },
      { name: 'measured' },
      { name: 'dead', lines: { breaker: `{ failures: 5, probes: [${PROBE_MS}ms] }` } },
    ],
    partners: [
      { name: 'acme', door: 'hand' },
      { name: 'borealis', door: 'hand' },
    ],
    gateways: 2,
    logs,
  });
  try {
    site.crew.start();
    await crewIsUp(site);
    const feed = startFeed({ seed: 1, suppliers: site.suppliers, perSecond: PER_SECOND, orders: 400, office: site.office });
    await warmUp(site);
    const spans: { well: Span; ill: Span }[] = [];
    const probes: ProbeCount[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const well = await nextSpan(seconds);
      site.receiver.behave('hanging', 'hang');
      site.receiver.setDown('dead', true);
      const ill = await nextSpan(seconds);
      spans.push({ well, ill });
      probes.push(await countProbes(site));
      site.receiver.behave('hanging', 'healthy');
      site.receiver.setDown('dead', false);
      await backlogGone(site);
      say(`pair ${pair + 1} of ${PAIRS} is measured`);
    }
    await feed.stop();
    const { figures, receipts } = await conclude(site, feed, say);
    const taken = takenAt(receipts);
    const time = (span: Span) => p95(latencies(feed.fed, taken, 'measured', span));
    const well = spans.map((span) => time(span.well));
    const ill = spans.map((span) => time(span.ill));
    const ratio = medianRatio(well, ill);
    const most = Math.max(...probes.map((probe) => probe.made - probe.allowed));
    const faults = [...faultsOf(figures)];
    if (!(ratio <= MOST_RATIO)) faults.push(`the median ratio is ${ratio}, at most ${MOST_RATIO} is allowed`);
    if (most > 0) faults.push('the dead endpoint got more than one probe an interval');
    if (probes.some((probe) => probe.made === 0)) faults.push('the dead endpoint got no probe in one of the spans');
    return {
      figures: {
        p95WellMs: well,
        p95IllMs: ill,
        ratio,
        probesMade: probes.map((probe) => probe.made),
        onTheirWay: probes.map((probe) => probe.late),
        probesAllowed: probes.map((probe) => probe.allowed),
        committed: figures.committed,
        ...promiseOf(figures),
      },
      faults,
    };
  } finally {
    await site.close();
  }
}

interface ProbeCount {
  readonly made: number;
  /** On their way when it opened. */
  readonly late: number;
  readonly allowed: number;
}

/** Attempts since an interval after the breaker opened, by PostgreSQL's clock: those that were on their way when it opened are over by then. */
async function countProbes(site: ChaosSite): Promise<ProbeCount> {
  const { rows } = await site.office.gateway.database.query<{ made: number; late: number; openMs: number | null }>(
    `select extract(epoch from now() - e.opened_at)::float8 * 1000 as "openMs",
            count(a.n) filter (where a.started_at > e.opened_at + $1 * interval '1 millisecond') as made,
            count(a.n) filter (where a.started_at <= e.opened_at + $1 * interval '1 millisecond') as late
     from endpoint e left join (delivery_attempt a join delivery d on d.id = a.delivery_id)
       on d.endpoint = e.name and a.started_at > e.opened_at
     where e.name = 'dead' group by e.opened_at`,
    [PROBE_MS],
  );
  const [row] = rows;
  if (row === undefined || row.openMs === null) return { made: 0, late: 0, allowed: 0 };
  return { made: row.made, late: row.late, allowed: Math.ceil(row.openMs / PROBE_MS) - 1 };
}

async function backlogGone(site: ChaosSite): Promise<void> {
  const deadline = performance.now() + RECOVER_MS;
  while (performance.now() < deadline) {
    const { rows } = await site.office.gateway.database.query<{ n: number }>(
      `select count(*) as n from delivery where endpoint in ('hanging', 'dead') and state in ('pending', 'queued', 'in_flight', 'retry_wait')`,
    );
    if ((rows[0]?.n ?? 0) < 10) return;
    await sleep(200);
  }
}
