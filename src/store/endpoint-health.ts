/**
 * What outcomes mean for their endpoint: the breaker, recovery, parking. One row per endpoint, changed in the transaction of the outcomes.
 *
 * A healthy endpoint costs nothing here: its row is only written when something failed, or while it recovers.
 */
import type { EndpointPolicy } from '../core/endpoint-policy.ts';
import type { Db } from './database.ts';

export interface HealthReport {
  readonly health: 'well' | 'failed' | 'rejected' | 'indifferent';
  /** The half-open probe. */
  readonly probe: boolean;
  readonly detail: string;
  readonly park: string | undefined;
  /** The endpoint was in trouble before: success matters. */
  readonly troubled: boolean;
  /** An attempt from before the endpoint was last resumed says nothing of it any more. */
  readonly claimedAt: Date;
  readonly policy: EndpointPolicy;
}

export interface EndpointChange {
  readonly state: string;
  readonly breaker: string;
  readonly parkReason: string | null;
  readonly openedBy: string | null;
  readonly was: { readonly state: string; readonly breaker: string };
}

/** Endpoints whose state or breaker changed. */
export async function recordHealth(db: Db, tenant: string, reports: readonly HealthReport[]): Promise<Map<string, EndpointChange>> {
  const rows = summarise(reports);
  if (rows.length === 0) return new Map();
  const { rows: changed } = await db.query<EndpointChange & { name: string; wasState: string; wasBreaker: string }>(
    `with report as (
       select * from jsonb_to_recordset($2::jsonb) as r (endpoint text, claimed_at timestamptz, well int, failed int, rejected int, probe_failed boolean, probe_answered boolean, detail text, park text,
         most_failures int, ratio float8, minimum int, window_ms bigint, probes_ms bigint[], most_rejections int)
     ), was as (
       select e.*, r.*, e.window_started > now() - r.window_ms * interval '1 millisecond' as fresh
       from endpoint e join report r on r.endpoint = e.name where e.tenant = $1 and r.claimed_at >= e.served_since order by e.name for no key update of e
     ), counted as (
       select was.*,
         case when well > 0 then 0 else failures + failed end as failures_now,
         case when well > 0 then 0 else consecutive_rejections + rejected end as rejections_now,
         case when fresh then window_attempts else 0 end + well + failed as attempts_now,
         case when fresh then window_failures else 0 end + failed as window_failures_now
       from was
     ), judged as (
       select counted.*,
         case when well > 0 or probe_answered then 'closed'
              when probe_failed then 'open'
              when breaker = 'closed' and failed > 0
                and (failures_now >= most_failures or (attempts_now >= minimum and window_failures_now >= ratio * attempts_now)) then 'open'
              else breaker end as breaker_now,
         case when probe_failed and well = 0 then probes + 1 when breaker = 'closed' then 0 else probes end as probes_now,
         coalesce(park, case when rejections_now >= most_rejections
           then rejections_now || ' documents in a row were rejected, the last with: ' || detail end) as park_now
       from counted
     )
     update endpoint e set
       failures = j.failures_now, consecutive_rejections = j.rejections_now,
       window_started = case when j.fresh then e.window_started else now() end,
       window_attempts = case when j.breaker_now = 'closed' and j.breaker <> 'closed' then 0 else j.attempts_now end,
       window_failures = case when j.breaker_now = 'closed' and j.breaker <> 'closed' then 0 else j.window_failures_now end,
       breaker = j.breaker_now,
       probes = case when j.breaker_now = 'closed' then 0 else j.probes_now end,
       opened_at = case when j.breaker_now = 'closed' then null else coalesce(e.opened_at, now()) end,
       opened_by = case when j.breaker_now = 'closed' then null when j.failed > 0 then j.detail else e.opened_by end,
       probe_at = case when j.breaker_now = 'closed' then null
         when j.breaker_now = 'open' and (j.breaker = 'closed' or j.probe_failed)
           then now() + j.probes_ms[least(j.probes_now + 1, array_length(j.probes_ms, 1))] * interval '1 millisecond'
         else e.probe_at end,
       slow_start = case when j.breaker <> 'closed' and j.breaker_now = 'closed' then 1
         when e.slow_start + j.well > 256 then null else e.slow_start + j.well end,
       state = case when e.state = 'active' and j.park_now is not null then 'parked' else e.state end,
       park_reason = case when e.state = 'active' and j.park_now is not null then j.park_now else e.park_reason end,
       parked_at = case when e.state = 'active' and j.park_now is not null then now() else e.parked_at end
     from judged j where e.tenant = $1 and e.name = j.name
     returning e.name, e.state, e.breaker, e.park_reason as "parkReason", e.opened_by as "openedBy", j.state as "wasState", j.breaker as "wasBreaker"`,
    [tenant, JSON.stringify(rows)],
  );
  return new Map(
    changed
      .filter((row) => row.state !== row.wasState || row.breaker !== row.wasBreaker)
      .map(({ name, wasState, wasBreaker, ...row }) => [name, { ...row, was: { state: wasState, breaker: wasBreaker } }]),
  );
}

/** One row for each endpoint of which there is something to say. */
function summarise(reports: readonly HealthReport[]): object[] {
  return [...groupByEndpoint(reports).values()].flatMap((those) => {
    const count = (health: HealthReport['health']) => those.filter((report) => report.health === health).length;
    const [failed, rejected] = [count('failed'), count('rejected')];
    const park = those.find((report) => report.park !== undefined)?.park;
    const policy = those[0]?.policy;
    if (policy === undefined || (failed + rejected === 0 && park === undefined && !those.some((report) => report.troubled))) return [];
    return {
      endpoint: policy.endpoint,
      claimed_at: new Date(Math.min(...those.map((report) => report.claimedAt.getTime()))),
      well: count('well'),
      failed,
      rejected,
      probe_failed: those.some((report) => report.probe && report.health === 'failed'),
      // Whatever it says of the document: it is there and it answers.
      probe_answered: those.some((report) => report.probe && report.health === 'rejected'),
      detail: those.findLast((report) => report.health === 'failed' || report.health === 'rejected')?.detail ?? '',
      park: park ?? null,
      most_failures: policy.breakerFailures,
      ratio: policy.breakerRatio,
      minimum: policy.breakerMinimum,
      window_ms: policy.breakerWindowMs,
      probes_ms: policy.probesMs,
      most_rejections: policy.rejectionsBeforeParking,
    };
  });
}

function groupByEndpoint(reports: readonly HealthReport[]): Map<string, HealthReport[]> {
  const groups = new Map<string, HealthReport[]>();
  for (const report of reports) {
    const group = groups.get(report.policy.endpoint);
    if (group === undefined) groups.set(report.policy.endpoint, [report]);
    else group.push(report);
  }
  return groups;
}
