/** One supplier's huge file never delays another's small one, however many such suppliers there are. */
import { afterEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../src/store/database.ts';
import { interchange, make855 } from '../support/documents.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { startTranslation, type TranslationSite } from '../support/translation.ts';

const HUGE = ['acme', 'borealis', 'cobalt', 'delta'];
const SETS = 160;

/** More than 1 MB: 160 acknowledgments of one order, each with a long text. */
function makeHuge(partner: string): string {
  const text264 = 'please mind the gap between the pallet and the dock door '.repeat(5).slice(0, 264).trim();
  const remarks = ['N9*ZZ*REMARKS', ...Array.from({ length: 27 }, () => `MSG*${text264}`)];
  const set = (n: number) => [
    'ST*855*0001',
    `BAK*00*AD*HUGE*20261101****SO-${n}*20261102`,
    ...remarks,
    'PO1*1*10*EA*12.50**BP*SKU-1',
    'ACK*IA*10*EA*068*20261109',
    'CTT*1',
  ];
  const text = interchange(
    { partner, control: 1 },
    'PR',
    Array.from({ length: SETS }, (_, i) => set(i)),
  );
  expect(text.length).toBeGreaterThan(1024 * 1024);
  return text;
}

describe('huge files', { timeout: 240_000 }, () => {
  let site: TranslationSite;
  afterEach(() => site.close());

  const rows = async <Row>(text: string): Promise<Row[]> => (await site.database.query<Row>(text)).rows;
  /** Whoever publishes something of the order HUGE waits until `meanwhile` is over. */
  const whileStuck = <T>(meanwhile: () => Promise<T>): Promise<T> =>
    inTransaction(site.database, async (db) => {
      await db.query(`update order_key set last_seq = last_seq where key like '%/po/HUGE'`);
      return meanwhile();
    });
  const prepare = async (partners: readonly string[]) => {
    site = await startTranslation({ partners: [...HUGE, 'egmont'] });
    for (const partner of partners)
      await site.database.query(`insert into order_key (tenant, key, last_seq) values ('default', $1, 0)`, [`${partner}/po/HUGE`]);
  };
  const atWork = () => rows<{ partner: string; generation: number }>(`select partner, generation from partner_lane where generation > 0 order by 1`);

  it('of four partners take two places at most: the small document of a fifth is through before any of them', async () => {
    await prepare(HUGE);
    await whileStuck(async () => {
      for (const partner of HUGE) await handIn(site, partner, makeHuge(partner));
      await until('two are under way', async () => (await atWork()).length === 2, 60_000);
      const started = await atWork();
      await handIn(site, 'egmont', make855({ partner: 'egmont', control: 1 }, 'PO-1'));
      await until('the small one is published', async () => (await rows(`select from event where partner = 'egmont'`)).length === 1, 60_000);
      // Another look or two of the dispatcher: those that wait for a place are not handed out meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect((await atWork()).filter(({ partner }) => partner !== 'egmont')).toEqual(started);
      expect(await rows(`select from message where state = 'translated'`)).toHaveLength(1);
      expect(await rows('select from event')).toHaveLength(1);
    });
    await site.settled();
    const published = await rows<{ partner: string; sets: number; inOrder: boolean }>(
      `select partner, count(*)::int as sets, array_agg(sequence order by ordinal) = array_agg(sequence order by sequence) as "inOrder"
       from (select e.partner, d.ordinal, e.body::json->>'sequence' as sequence from event e join document d on d.id = e.document_id) e group by 1 order by 1`,
    );
    expect(published).toEqual([...HUGE.map((partner) => ({ partner, sets: SETS, inOrder: true })), { partner: 'egmont', sets: 1, inOrder: true }]);
  });

  it('do not hold up a gateway that shuts down: the next one goes on where it stopped', async () => {
    await prepare(['acme']);
    const closing = await whileStuck(async () => {
      await handIn(site, 'acme', makeHuge('acme'));
      await until('its first batch is under way', async () => (await atWork()).length === 1, 60_000);
      const stuck = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%order_key%'`;
      await until('it is to be committed', async () => (await rows(stuck)).length > 0, 60_000);
      return { closed: site.stop() };
    });
    await closing.closed;
    const done = (await rows('select from event')).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(SETS);
    expect(await rows(`select from partner_lane where lease_token is not null`)).toEqual([]);
    const next = await startTestGateway({ home: site.home, databaseUrl: site.database.url, redisUrl: undefined, roles: ['translate'] });
    await site.settled();
    await next.close();
    expect(await rows('select from event')).toHaveLength(SETS);
  });
});
