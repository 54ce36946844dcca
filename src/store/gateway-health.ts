/** What is stuck: how much waits, since when, and behind what. Everything here is counted from partial indexes of what is open. */
import type { Db } from './database.ts';

export interface QueueHealth {
  readonly endpoint: string;
  readonly state: string;
  readonly parkReason: string | null;
  /** May be sent now or later: nothing is before them. */
  readonly ready: number;
  /** Handed to a worker, or on the wire. */
  readonly underWay: number;
  /** Since when the one that is due longest has been due. */
  readonly oldestDue: Date | null;
}

export interface GatewayHealth {
  readonly queues: readonly QueueHealth[];
  /** Order keys whose head is a dead letter. */
  readonly blockedKeys: number;
  readonly oldestBlocked: Date | null;
  readonly messagesWaiting: number;
  readonly oldestMessage: Date | null;
}

export async function gatewayHealth(db: Db, tenant: string): Promise<GatewayHealth> {
  const { rows: queues } = await db.query<QueueHealth>(
    `select e.name as endpoint, e.state, e.park_reason as "parkReason",
       (select count(*)::int from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('pending', 'retry_wait') and d.waiting = 0) as ready,
       (select count(*)::int from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('queued', 'in_flight')) as "underWay",
       (select min(d.next_attempt_at) from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state in ('pending', 'retry_wait')
          and d.waiting = 0 and d.next_attempt_at <= now()) as "oldestDue"
     from endpoint e where e.tenant = $1 order by e.name`,
    [tenant],
  );
  const { rows } = await db.query<Omit<GatewayHealth, 'queues'>>(
    `select b.*, m.* from
       (select count(*)::int as "blockedKeys", min(d.ended_at) as "oldestBlocked" from delivery d join delivery_key k on k.delivery_id = d.id
        where d.tenant = $1 and d.state = 'dead' and k.active) b,
       (select count(*)::int as "messagesWaiting", min(received_at) as "oldestMessage" from message where tenant = $1 and state = 'received') m`,
    [tenant],
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('an aggregate without a group returned nothing');
  return { queues, ...counts };
}
