/** Fills the windows of endpoints: one transaction under their locks, hints after its commit. */
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { inTransaction } from '../store/database.ts';
import {
  type Allowance,
  type EndpointGate,
  type EndpointSurvey,
  lockEndpoints,
  type QueuedDelivery,
  queueDueHeads,
  queueProbe,
  spendTokens,
} from '../store/dispatch.ts';
import type { Hint } from './carrier.ts';

/** What a job of a delivery queue holds: hints only, whatever is needed else stands in PostgreSQL. */
export interface Job {
  readonly endpoint: string;
  readonly hints: readonly (readonly [deliveryId: string, generation: number])[];
}

/** Of a backlog several hints share a job: the queue costs more than a hint is worth. Few, so that two processes share the work. */
const MOST_HINTS_A_JOB = 8;
const JOBS_A_ROUND = 4;

export interface Dispatched {
  readonly jobs: ReadonlyMap<Endpoint, Hint[]>;
  /** When to look again, because a rate holds something back. */
  readonly lookAgainMs: number | undefined;
}

/** Something may be sent to it now, as far as a look without a lock can tell. */
export const isWorthwhile = (endpoint: Endpoint, survey: EndpointSurvey): boolean =>
  survey.breaker === 'closed' ? survey.due && survey.underWay < endpoint.maxInFlight : survey.probeDue && survey.underWay === 0;

export async function dispatch(gateway: Gateway, endpoints: readonly Endpoint[]): Promise<Dispatched> {
  if (endpoints.length === 0) return { jobs: new Map(), lookAgainMs: undefined };
  const { database, tenant } = gateway;
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const { queued, lookAgainMs } = await inTransaction(database, async (db) => {
    const queued: QueuedDelivery[] = [];
    const allowances: (Allowance & { readonly tokens: number })[] = [];
    for (const gate of await lockEndpoints(db, tenant, [...byName.keys()])) {
      const endpoint = byName.get(gate.name);
      if (endpoint === undefined) continue;
      if (gate.breaker === 'closed') allowances.push(allowanceOf(endpoint, gate));
      else if (gate.probeDue) queued.push(...(await queueProbe(db, tenant, gate.name, waitAfterProbe(endpoint, gate))));
    }
    const open = allowances.filter(({ most }) => most > 0);
    if (open.length > 0) queued.push(...(await queueDueHeads(db, tenant, open)));
    let lookAgainMs: number | undefined;
    for (const { endpoint, tokens } of allowances) {
      const rate = byName.get(endpoint)?.rate;
      if (rate === undefined) continue;
      const spent = queued.filter((delivery) => delivery.endpoint === endpoint).length;
      if (spent > 0) await spendTokens(db, tenant, endpoint, tokens - spent);
      if (tokens - spent < 1) lookAgainMs = Math.min(lookAgainMs ?? Number.POSITIVE_INFINITY, ((1 - tokens + spent) / rate) * 1000);
    }
    return { queued, lookAgainMs };
  });
  if (queued.length > 0) gateway.context.failpoint('dispatch.queued');
  const jobs = new Map(endpoints.map((endpoint) => [endpoint, jobsOf(endpoint.name, queued)]));
  return { jobs, lookAgainMs };
}

function allowanceOf({ name, maxInFlight, rate }: Endpoint, gate: EndpointGate): Allowance & { readonly tokens: number } {
  const window = Math.min(maxInFlight, gate.slowStart ?? maxInFlight);
  if (rate === undefined) return { endpoint: name, window, most: window, tokens: Number.POSITIVE_INFINITY };
  // A bucket of one second's worth.
  const bucket = Math.max(1, rate);
  const tokens = gate.tokens === null || gate.tokensAgeMs === null ? bucket : Math.min(bucket, gate.tokens + (gate.tokensAgeMs * rate) / 1000);
  return { endpoint: name, window, most: Math.min(window, Math.floor(tokens)), tokens };
}

function waitAfterProbe({ policy }: Endpoint, { probes }: EndpointGate): number {
  const waits = policy.probesMs;
  return waits[Math.min(probes + 1, waits.length - 1)] ?? 0;
}

function jobsOf(endpoint: string, queued: readonly QueuedDelivery[]): Hint[] {
  const hints = queued.filter((delivery) => delivery.endpoint === endpoint);
  const size = Math.min(MOST_HINTS_A_JOB, Math.ceil(hints.length / JOBS_A_ROUND));
  const jobs: Hint[] = [];
  for (let i = 0; i < hints.length; i += size) {
    const those = hints.slice(i, i + size);
    const [first] = those;
    const data: Job = { endpoint, hints: those.map(({ deliveryId, generation }) => [deliveryId, generation]) };
    if (first !== undefined) jobs.push({ id: `d-${first.deliveryId}-${first.generation}`, data });
  }
  return jobs;
}
