/** An endpoint is dead while 10,000 events come for it: it is probed, not hammered; back up, it drains wholly and in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { interchange } from '../../support/documents.ts';
import { handIn } from '../../support/gateway.ts';
import { count, crewIsUp, setName } from '../conclude.ts';
import { faultsOf, type HandedIn, promiseOf } from '../invariants.ts';
import { clock } from '../latency.ts';
import { look, settle } from '../settle.ts';
import { openSite } from '../site.ts';
import type { ScenarioOptions, ScenarioResult } from './scenario.ts';

const EVENTS = 10_000;
const SETS = 500;
const ORDERS = 400;
const PROBE_MS = 2_000;
const ENDPOINTS = ['dead', 'well'];

export async function drain({ logs, say }: ScenarioOptions): Promise<ScenarioResult> {
  const site = await openSite({
    endpoints: [{ name: 'dead', lines: { breaker: `{ failures: 5, probes: [${PROBE_MS}ms] }` } }, { name: 'well' }],
    partners: [{ name: 'acme', door: 'hand' }],
    gateways: 2,
    logs,
  });
  const { database } = site.office.gateway;
  try {
    site.receiver.setDown('dead', true);
    site.crew.start();
    await crewIsUp(site);
    const handed: HandedIn[] = [];
    for (let control = 1; control <= EVENTS / SETS; control++) {
      const sets = Array.from({ length: SETS }, (_, i) => acknowledgment((control - 1) * SETS + i));
      await handIn(site.office, 'acme', interchange({ partner: 'acme', control }, 'PR', sets), setName(control));
      for (let i = 1; i <= SETS; i++) handed.push({ partner: 'acme', control: setName(control, i), acknowledged: true, endpoints: ENDPOINTS });
    }
    // The healthy one is through, and the dead one had time for some probes.
    const well = async () => (await database.query(`select 1 from delivery where endpoint = 'well' and state <> 'succeeded' limit 1`)).rowCount === 0;
    while ((await look(site)).messages > 0 || !(await well())) await sleep(500);
    await sleep(3 * PROBE_MS);
    const { rows } = await database.query<{ waiting: number; probes: number; openMs: number | null }>(
      `select (select count(*) from delivery where endpoint = 'dead' and state in ('pending', 'retry_wait', 'queued', 'in_flight')) as waiting,
              (select count(*) from delivery_attempt a join delivery d on d.id = a.delivery_id where d.endpoint = 'dead' and a.started_at > e.opened_at) as probes,
              extract(epoch from now() - e.opened_at)::float8 * 1000 as "openMs"
       from endpoint e where e.name = 'dead'`,
    );
    const { waiting = 0, probes = 0, openMs = null } = rows[0] ?? {};
    say(`${waiting} events wait for the dead endpoint, which got ${probes} probes in ${Math.round((openMs ?? 0) / 1000)} s`);
    site.receiver.setDown('dead', false);
    const upAt = clock();
    const backlog = await settle(site, () => 0, say);
    const seconds = Math.round((clock() - upAt) / 100) / 10;
    await site.crew.stop();
    const { figures, receipts } = await count(site, handed);
    const drained = new Set(receipts.filter((receipt) => receipt.endpoint === 'dead' && receipt.taken).map((receipt) => receipt.eventId)).size;
    const faults = [...faultsOf(figures)];
    const allowed = Math.ceil((openMs ?? 0) / PROBE_MS);
    if (waiting !== EVENTS) faults.push(`expected ${EVENTS} to wait, found ${waiting}`);
    if (drained !== EVENTS) faults.push(`expected ${EVENTS} to be drained, found ${drained}`);
    if (openMs === null) faults.push('the breaker of the dead endpoint never opened');
    if (probes > allowed) faults.push(`the dead endpoint got ${probes} probes, ${allowed} were allowed`);
    if (backlog.dead > 0) faults.push(`${backlog.dead} were given up`);
    return {
      figures: {
        waiting,
        drained,
        seconds,
        probes,
        probesAllowed: allowed,
        ...promiseOf(figures),
        overtaken: figures.overtaken,
      },
      faults,
    };
  } finally {
    await site.close();
  }
}

/** Of n sets each says something else; an order has one in every 400. */
function acknowledgment(n: number): string[] {
  const quantity = (n % 900) + 1;
  return [
    'ST*855*0001',
    `BAK*00*AD*PO-${n % ORDERS}*20261101*****20261102`,
    `PO1*1*${quantity}*EA*12.50**BP*SKU-${n}`,
    `ACK*IA*${quantity}*EA*068*20261109`,
    'CTT*1',
  ];
}
