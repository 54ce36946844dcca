/** The run-time state of endpoints: what they are comes from queues/*.yaml, whether they are served stands here. */
import type { Db } from './database.ts';
import { unqueueEndpoints } from './unqueue.ts';

export interface EndpointState {
  readonly name: string;
  readonly state: 'active' | 'parked' | 'disabled';
  readonly parkReason: string | null;
  readonly parkedAt: Date | null;
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** The failure that opened it, since when, and when the next probe may be made. */
  readonly openedBy: string | null;
  readonly openedAt: Date | null;
  readonly probeAt: Date | null;
  readonly open: number;
  readonly dead: number;
}

/** Makes sure that each endpoint of the files has its row. */
export async function registerEndpoints(db: Db, tenant: string, names: readonly string[]): Promise<void> {
  await db.query('insert into endpoint (tenant, name) select $1, name from unnest($2::text[]) as n (name) on conflict do nothing', [tenant, names]);
}

/** Stops attempts until someone resumes it, those under way excepted; nothing is discarded meanwhile. */
export async function parkEndpoint(db: Db, tenant: string, name: string, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update endpoint set state = 'parked', park_reason = $3, parked_at = now() where tenant = $1 and name = $2 and state = 'active'`,
    [tenant, name, reason],
  );
  if (rowCount === 1) await unqueueEndpoints(db, tenant, [name]);
  return rowCount === 1;
}

/** Served again, with a window that grows: whatever was wrong may not be quite over. An open breaker is closed as well. */
export async function resumeEndpoint(db: Db, tenant: string, name: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update endpoint set state = 'active', park_reason = null, parked_at = null, consecutive_rejections = 0, failures = 0, window_attempts = 0,
       window_failures = 0, breaker = 'closed', probes = 0, probe_at = null, opened_at = null, opened_by = null, slow_start = 1,
       served_since = clock_timestamp()
     where tenant = $1 and name = $2 and (state <> 'active' or breaker <> 'closed')`,
    [tenant, name],
  );
  return rowCount === 1;
}

export async function listEndpoints(db: Db, tenant: string): Promise<EndpointState[]> {
  const { rows } = await db.query<EndpointState>(
    `select e.name, e.state, e.park_reason as "parkReason", e.parked_at as "parkedAt", e.breaker,
       e.opened_by as "openedBy", e.opened_at as "openedAt", e.probe_at as "probeAt",
       (select count(*)::int from delivery d where d.tenant = e.tenant and d.endpoint = e.name
          and d.state in ('pending', 'queued', 'in_flight', 'retry_wait')) as open,
       (select count(*)::int from delivery d where d.tenant = e.tenant and d.endpoint = e.name and d.state = 'dead') as dead
     from endpoint e where e.tenant = $1 order by e.name`,
    [tenant],
  );
  return rows;
}

/** Inside a transaction: whether it is served and why not, held until the commit; what the audit keeps of a change. */
export async function lockEndpoint(db: Db, tenant: string, name: string): Promise<object | undefined> {
  const { rows } = await db.query(
    `select state, park_reason as "parkReason", breaker from endpoint where tenant = $1 and name = $2 for no key update`,
    [tenant, name],
  );
  return rows[0];
}
