/**
 * Tens of thousands of dead letters at once: copies, made by SQL, of one that really died, each of an order of its own.
 *
 * Every table gets what a real death leaves behind. One order in ten has a second event, which waits behind the dead one.
 */
import type { Database } from '../../src/store/database.ts';

export interface Copies {
  readonly dead: number;
  readonly waiting: number;
}

const FOLLOWED = 10;

/** `count` copies of the partner's one dead delivery; their order keys are `<partner>/po/COPY-<n>`. */
export async function copyDeadLetter(database: Database, partner: string, count: number): Promise<Copies> {
  return database.withConnection(async (db) => {
    await db.query('begin');
    await db.query(
      `create temp table copied on commit drop as
       select n, seq, $1 || '/po/COPY-' || n as key, gen_random_uuid() as event_id, gen_random_uuid() as delivery_id, gen_random_uuid() as idempotency_key
       from generate_series(1, $2::int) n, generate_series(1, 2) seq where seq = 1 or n % ${FOLLOWED} = 0 order by n, seq`,
      [partner, count],
    );
    await db.query(
      `insert into event select (jsonb_populate_record(null::event, to_jsonb(e) || jsonb_build_object(
         'id', c.event_id, 'order_numbers', jsonb_build_array('COPY-' || c.n),
         'body', (e.body::jsonb || jsonb_build_object('id', c.event_id, 'partitionkey', c.key, 'subject', 'COPY-' || c.n,
                                                      'sequence', lpad(c.seq::text, 19, '0')))::text))).*
       from event e, copied c where e.id = (select event_id from delivery where state = 'dead' limit 1)`,
    );
    await db.query('insert into order_key (tenant, key, last_seq) select $1, key, max(seq) from copied group by key', ['default']);
    await db.query(
      `insert into delivery overriding system value select (jsonb_populate_record(null::delivery, to_jsonb(d) || jsonb_build_object(
         'id', c.delivery_id, 'event_id', c.event_id, 'idempotency_key', c.idempotency_key, 'position', nextval(pg_get_serial_sequence('delivery', 'position')))
         || case c.seq when 1 then '{}' else ${WAITING} end)).*
       from delivery d, copied c where d.id = (select id from delivery where state = 'dead' limit 1)`,
    );
    await db.query(
      `insert into delivery_key (delivery_id, tenant, endpoint, order_key, seq, open, active)
       select c.delivery_id, 'default', d.endpoint, c.key, c.seq, true, c.seq = 1 from copied c join delivery d on d.id = c.delivery_id`,
    );
    await db.query(
      `insert into delivery_attempt select (jsonb_populate_record(null::delivery_attempt, to_jsonb(a) || jsonb_build_object('delivery_id', c.delivery_id))).*
       from delivery_attempt a, copied c
       where c.seq = 1 and a.delivery_id = (select id from delivery where state = 'dead' and id not in (select delivery_id from copied) limit 1)`,
    );
    const { rows } = await db.query<Copies>('select count(*) filter (where seq = 1) as dead, count(*) filter (where seq = 2) as waiting from copied');
    await db.query('commit');
    await db.query('analyze');
    return rows[0] ?? { dead: 0, waiting: 0 };
  });
}

/** What a delivery looks like that was never tried. */
const WAITING = `'{"state": "pending", "waiting": 1, "attempts": 0, "attempt_count": 0, "generation": 0, "again": false, "last_class": null,
  "last_status": null, "last_detail": null, "dead_reason": null, "fingerprint": null, "ended_at": null, "worker": null, "claimed_at": null}'`;
