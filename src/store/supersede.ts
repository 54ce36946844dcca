/**
 * Where an endpoint's order says `supersede`: a newer event retires older ones of the same kind that it wholly covers and that were not
 * sent yet. What is queued or under way goes its way; what is dead waits for a person.
 */
import { stateAfter, statesBefore } from '../core/lifecycle.ts';
import type { Db } from './database.ts';
import { closePlaces } from './order-keys.ts';

/** Call it where these deliveries were written, under the locks of their order keys. Returns the retired ones. */
export async function supersedeOlder(db: Db, tenant: string, deliveryIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with newer as (
       select d.id, d.endpoint, d.position, e.name, array_agg(k.order_key) as keys
       from delivery d join event e on e.id = d.event_id join delivery_key k on k.delivery_id = d.id
       where d.tenant = $1 and d.id = any($2::uuid[]) group by d.id, e.id
     ), covered as (
       select distinct on (o.id) o.id, n.id as by
       from newer n
       join delivery_key k on k.tenant = $1 and k.endpoint = n.endpoint and k.order_key = any(n.keys) and k.open
       join delivery o on o.id = k.delivery_id and o.position < n.position
       join event e on e.id = o.event_id and e.name = n.name
       where not exists (select from delivery_key other where other.delivery_id = o.id and other.order_key <> all(n.keys))
       order by o.id, n.position desc
     )
     update delivery d set state = $3, ended_at = now(), note = 'superseded by ' || c.by
     from covered c where d.id = c.id and d.state = any($4::text[]) returning d.id`,
    [tenant, deliveryIds, stateAfter('supersede'), statesBefore('supersede')],
  );
  const retired = rows.map((row) => row.id);
  if (retired.length > 0) await closePlaces(db, retired);
  return retired;
}
