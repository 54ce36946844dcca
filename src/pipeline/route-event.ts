/**
 * Events that nobody wanted when they came, for endpoints that want them now. Nothing does this by itself: a new queue file means
 * "from now on", and a person says what of the past is meant too.
 *
 * They go to the end of their orders, whatever was sent meanwhile. Safe to repeat: what is routed is unrouted no more.
 */
import { type Operator, writeAudit } from '../store/audit.ts';
import { inTransaction } from '../store/database.ts';
import { registerEndpoints } from '../store/endpoints.ts';
import { insertDeliveries } from '../store/publish.ts';
import { countUnrouted, lockUnrouted, markRouted, type UnroutedFilter } from '../store/unrouted.ts';
import type { Gateway } from './gateway.ts';
import { allocatePlaces, deliveriesOf } from './order-events.ts';
import { orderKeysOf } from './stored-event.ts';

/** Events in one commit. */
const BATCH = 200;

export interface Routing {
  /** Unrouted ones that some endpoint wants now. */
  readonly events: number;
  readonly deliveries: number;
  /** Endpoint → deliveries. */
  readonly endpoints: Readonly<Record<string, number>>;
  /** Unrouted ones that still nobody wants. */
  readonly unwanted: number;
}

/** What `routeEvents` would do now. */
export async function previewRouting(gateway: Gateway, filter: UnroutedFilter): Promise<Routing> {
  const tally = new Tally();
  for (const kind of await countUnrouted(gateway.database, gateway.tenant, filter)) {
    const wanted = deliveriesOf(gateway, '', kind);
    tally.add(
      wanted.map((delivery) => delivery.endpoint),
      kind.count,
    );
  }
  return tally.result();
}

export async function routeEvents(gateway: Gateway, filter: UnroutedFilter, by: Operator): Promise<Routing> {
  const { database, tenant } = gateway;
  const counted = await countUnrouted(database, tenant, filter);
  const wanted = counted.filter((kind) => deliveriesOf(gateway, '', kind).length > 0);
  const tally = new Tally();
  for (const kind of counted) if (!wanted.includes(kind)) tally.add([], kind.count);
  if (wanted.length === 0) return tally.result();
  await registerEndpoints(database, tenant, [...gateway.catalog().endpoints.keys()]);
  for (;;) {
    const routed = await inTransaction(database, async (db) => {
      const events = await lockUnrouted(db, tenant, filter, wanted, BATCH);
      if (events.length === 0) return [];
      const keys = events.map((event) => orderKeysOf(JSON.parse(event.body)));
      const take = await allocatePlaces(db, tenant, keys);
      const routing = events.map((event, i) => ({ id: event.id, places: take(keys[i] ?? []), deliveries: deliveriesOf(gateway, event.id, event) }));
      await insertDeliveries(db, tenant, routing);
      await markRouted(db, routing);
      for (const { id, deliveries } of routing) {
        if (deliveries.length === 0) continue; // its endpoint went with the files meanwhile
        const endpoints = deliveries.map((delivery) => delivery.endpoint);
        await writeAudit(db, tenant, { ...by, action: 'event.routed', subject: id, before: { endpoints: [] }, after: { endpoints } });
      }
      return routing;
    });
    for (const { deliveries } of routed)
      tally.add(
        deliveries.map((delivery) => delivery.endpoint),
        1,
      );
    if (routed.length > 0) gateway.nudge('deliver');
    if (routed.length < BATCH || routed.every(({ deliveries }) => deliveries.length === 0)) return tally.result();
  }
}

class Tally {
  #events = 0;
  #unwanted = 0;
  #endpoints = new Map<string, number>();

  add(endpoints: readonly string[], count: number): void {
    if (endpoints.length === 0) this.#unwanted += count;
    else this.#events += count;
    for (const endpoint of endpoints) this.#endpoints.set(endpoint, (this.#endpoints.get(endpoint) ?? 0) + count);
  }

  result(): Routing {
    const endpoints = Object.fromEntries([...this.#endpoints].sort());
    return { events: this.#events, deliveries: Object.values(endpoints).reduce((sum, n) => sum + n, 0), endpoints, unwanted: this.#unwanted };
  }
}
