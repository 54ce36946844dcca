/** Many dead letters at once: orders that came in, each with a dead delivery at its head and later documents behind it. */
import type { RunningGateway } from '../../src/cli/application.ts';
import type { Database } from '../../src/store/database.ts';
import { interchange } from './documents.ts';
import { handIn, until } from './gateway.ts';

const SETS = 50;

/** Round n of documents for orders `PO-0` …: another price each round, so that none is a duplicate. Waits until all are translated. */
export async function handInOrders(running: Pick<RunningGateway, 'gateway'>, partner: string, orders: number, round: number): Promise<void> {
  const { database } = running.gateway;
  const files: string[] = [];
  for (let start = 0; start < orders; start += SETS) {
    const sets = Array.from({ length: Math.min(SETS, orders - start) }, (_, i) => [
      'ST*855*0001',
      `BAK*00*AD*PO-${start + i}*20261101*****20261102`,
      `PO1*1*10*EA*${round + 1}.50**BP*SKU-1`,
      'ACK*IA*10*EA*068*20261109',
      'CTT*1',
    ]);
    files.push(interchange({ partner, control: round * 1000 + start / SETS + 1 }, 'PR', sets));
  }
  for (const text of files) await handIn(running, partner, text);
  await until(
    `round ${round} is translated`,
    async () => {
      const { rows } = await database.query<{ n: number }>(`select count(*) as n from message where state = 'received'`);
      return rows[0]?.n === 0;
    },
    120_000,
  );
}

/** As if the endpoint had refused them: whatever may be sent now is dead. Returns how many. */
export async function killHeads(database: Database, reason = 'rejected'): Promise<number> {
  const { rowCount } = await database.query(
    `update delivery set state = 'dead', attempts = 1, dead_reason = $1, last_detail = '422 no such item', fingerprint = 'f-' || $1, ended_at = now()
     where state = 'pending' and waiting = 0`,
    [reason],
  );
  return rowCount;
}
