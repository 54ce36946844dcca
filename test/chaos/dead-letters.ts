/**
 * Tens of thousands of dead letters at once: copies, made by SQL, of one that really died, each of an order of its own.
 *
 * Every table gets what a real death leaves behind. One order in ten has a second event, which waits behind the dead one.
 */
import type { Database, Db } from '../../src/store/database.ts';

export interface Copies {
  readonly dead: number;
  readonly waiting: number;
}

const FOLLOWED = 10;

/** `count` copies of the one dead delivery that there is; their order keys are `<partner>/po/COPY-<n>`. */
export async function copyDeadLetter(database: Database, partner: string, count: number): Promise<Copies> {
  return database.withConnection(async (db) => {
    await db.query('begin');
    await db.query(
      `create temp table copied on commit drop as
       select n, seq, $1 || '/po/COPY-' || n as key, gen_random_uuid() as event_id, gen_random_uuid() as delivery_id, gen_random_uuid() as idempotency_key
       from generate_series(1, $2::int) n, generate_series(1, 2) seq where seq = 1 or n % ${FOLLOWED} = 0 order by n, seq`,
      [partner, count],
    );
    await db.query(`create temp table original on commit drop as select id as delivery_id, event_id from delivery where state = 'dead'`);
    await copyRows(db, {
      table: 'event',
      from: 'o.id = (select event_id from original)',
      changes: `jsonb_build_object('id', c.event_id, 'order_numbers', jsonb_build_array('COPY-' || c.n), 'body', (o.body::jsonb ||
        jsonb_build_object('id', c.event_id, 'partitionkey', c.key, 'subject', 'COPY-' || c.n, 'sequence', lpad(c.seq::text, 19, '0')))::text)`,
    });
    await db.query('insert into order_key (tenant, key, last_seq) select $1, key, max(seq) from copied group by key', ['default']);
    await copyRows(db, {
      table: 'delivery',
      from: 'o.id = (select delivery_id from original)',
      changes: `jsonb_build_object('id', c.delivery_id, 'event_id', c.event_id, 'idempotency_key', c.idempotency_key)
        || case c.seq when 1 then '{}'::jsonb else ${NEVER_TRIED}::jsonb end`,
    });
    await db.query(
      `insert into delivery_key (delivery_id, tenant, endpoint, order_key, seq, open, active)
       select c.delivery_id, 'default', d.endpoint, c.key, c.seq, true, c.seq = 1 from copied c join delivery d on d.id = c.delivery_id`,
    );
    await copyRows(db, {
      table: 'delivery_attempt',
      from: 'o.delivery_id = (select delivery_id from original) and c.seq = 1',
      changes: `jsonb_build_object('delivery_id', c.delivery_id)`,
    });
    const { rows } = await db.query<Copies>('select count(*) filter (where seq = 1) as dead, count(*) filter (where seq = 2) as waiting from copied');
    await db.query('commit');
    await db.query('analyze');
    return rows[0] ?? { dead: 0, waiting: 0 };
  });
}

/** What a delivery looks like that waits and was never tried. */
const NEVER_TRIED = `'{"state": "pending", "waiting": 1, "attempts": 0, "attempt_count": 0, "generation": 0, "again": false, "last_class": null,
  "last_status": null, "last_detail": null, "dead_reason": null, "fingerprint": null, "ended_at": null, "worker": null, "claimed_at": null}'`;

/** Whole rows, whatever columns the table has, with some of them changed; those that count by themselves go on counting. */
async function copyRows(db: Db, { table, from, changes }: { table: string; from: string; changes: string }): Promise<void> {
  const { rows } = await db.query<{ name: string }>(
    `select column_name::text as name from information_schema.columns where table_schema = current_schema() and table_name = $1 and is_identity = 'YES'`,
    [table],
  );
  const counted = rows.map(({ name }) => `|| jsonb_build_object('${name}', nextval(pg_get_serial_sequence('${table}', '${name}')))`).join(' ');
  await db.query(
    `insert into ${table} overriding system value
     select (jsonb_populate_record(null::${table}, to_jsonb(o) || ${changes} ${counted})).* from ${table} o, copied c where ${from}`,
  );
}
