/** Fills one endpoint's window: one transaction under the endpoint's lock, hints after its commit. */
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { inTransaction } from '../store/database.ts';
import {
  type DeliveryHint,
  type EndpointGate,
  type EndpointSurvey,
  lockEndpoint,
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

/** Returns after how many milliseconds to look again, when the endpoint's rate holds something back. */
export async function dispatch(
  gateway: Gateway,
  endpoint: Endpoint,
  survey: EndpointSurvey,
  give: (hints: readonly Hint[]) => Promise<void>,
): Promise<number | undefined> {
  const worthwhile = survey.breaker === 'closed' ? survey.due && survey.underWay < endpoint.maxInFlight : survey.probeDue && survey.underWay === 0;
  if (!worthwhile) return undefined;
  const { database, tenant } = gateway;
  const { hints, lookAgainMs } = await inTransaction(database, async (db) => {
    const gate = await lockEndpoint(db, tenant, endpoint.name);
    if (gate === undefined) return { hints: [], lookAgainMs: undefined };
    if (gate.breaker !== 'closed') {
      const hints = gate.probeDue ? await queueProbe(db, tenant, endpoint.name, waitAfterProbe(endpoint, gate)) : [];
      return { hints, lookAgainMs: undefined };
    }
    const window = Math.min(endpoint.maxInFlight, gate.slowStart ?? endpoint.maxInFlight);
    const { rate } = endpoint;
    if (rate === undefined) return { hints: await queueDueHeads(db, tenant, endpoint.name, window), lookAgainMs: undefined };
    const tokens = tokensNow(rate, gate);
    const hints = tokens < 1 ? [] : await queueDueHeads(db, tenant, endpoint.name, window, Math.floor(tokens));
    const left = tokens - hints.length;
    if (hints.length > 0) await spendTokens(db, tenant, endpoint.name, left);
    return { hints, lookAgainMs: left < 1 ? ((1 - left) / rate) * 1000 : undefined };
  });
  if (hints.length === 0) return lookAgainMs;
  gateway.context.failpoint('dispatch.queued');
  await give(jobsOf(endpoint.name, hints));
  return lookAgainMs;
}

/** A bucket of one second's worth. */
function tokensNow(rate: number, { tokens, tokensAgeMs }: EndpointGate): number {
  const bucket = Math.max(1, rate);
  return tokens === null || tokensAgeMs === null ? bucket : Math.min(bucket, tokens + (tokensAgeMs * rate) / 1000);
}

function waitAfterProbe({ policy }: Endpoint, { probes }: EndpointGate): number {
  const waits = policy.probesMs;
  return waits[Math.min(probes + 1, waits.length - 1)] ?? 0;
}

function jobsOf(endpoint: string, hints: readonly DeliveryHint[]): Hint[] {
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
