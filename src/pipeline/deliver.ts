/**
 * One attempt at one delivery: claim, send, commit the outcome.
 *
 * The row of the attempt is written before a byte is sent. If the process dies in between, the lease expires and the outcome
 * is taken for ambiguous: a repeat carries the same idempotency key, the only duplicate there is.
 */

import type { Outcome } from '../core/contracts.ts';
import { fingerprintOf } from '../core/fingerprint.ts';
import { traceparentOf } from '../core/identity.ts';
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import type { ClaimedDelivery, Settlement } from '../store/deliveries.ts';
import { type DeliveryHint, type ExpiredLease, takeOverExpired } from '../store/dispatch.ts';
import { countRejection, parkEndpoint } from '../store/endpoints.ts';
import type { Gateway } from './gateway.ts';
import { type Decision, decide } from './retry-policy.ts';

/** How much longer a lease lives than the attempt that it covers. */
const LEASE_SLACK_MS = 15_000;

export async function deliver(gateway: Gateway, endpointName: string, hint: DeliveryHint, shutdown: AbortSignal): Promise<void> {
  const endpoint = gateway.catalog().endpoints.get(endpointName);
  if (endpoint === undefined || shutdown.aborted) return; // its hint expires, the delivery stays
  const destination = gateway.destinations.get(endpoint.destination);
  if (destination === undefined) throw new TypeError(`endpoint ${endpoint.name}: no destination ${endpoint.destination}`);

  const askedAt = performance.now();
  const claimed = await gateway.claim({ ...hint, leaseMs: endpoint.timeoutMs + LEASE_SLACK_MS, worker: gateway.worker });
  if (claimed === undefined) return; // a stale hint
  const log = gateway.context.log.child({
    messageId: claimed.messageId,
    deliveryId: claimed.id,
    endpoint: endpoint.name,
    attempt: claimed.attemptCount,
  });

  // The lease began after `askedAt`. A process that slept through the slack no longer knows that it holds it.
  const deadline = performance.now() + endpoint.timeoutMs;
  const late = deadline > askedAt + endpoint.timeoutMs + LEASE_SLACK_MS / 2;
  const outcome: Outcome = late
    ? { class: 'not_sent', detail: 'the claim took too long, nothing was sent' }
    : await destination.deliver(
        {
          body: Buffer.from(claimed.body),
          contentType: 'application/cloudevents+json',
          idempotencyKey: claimed.idempotencyKey,
          attempt: claimed.attemptCount,
          replay: claimed.replay,
          traceparent: traceparentOf(claimed.messageId),
          deadline,
        },
        endpoint.options,
        gateway.context,
        shutdown,
      );
  gateway.context.failpoint('deliver.sent');
  await commitOutcome(gateway, endpoint, claimed, outcome, log);
}

type Settling = Pick<ClaimedDelivery, 'leaseToken' | 'attempts' | 'attemptCount' | 'createdAt'> & { id: string };

async function commitOutcome(
  gateway: Gateway,
  endpoint: Endpoint,
  claimed: Settling,
  outcome: Outcome,
  log: Gateway['context']['log'],
): Promise<void> {
  const ageMs = gateway.context.now().getTime() - claimed.createdAt.getTime();
  const decision = decide(outcome, { attempts: claimed.attempts, ageMs }, endpoint, Math.random());
  const counted = await gateway.settle(settlementOf(endpoint, claimed, outcome, decision));
  const fields = { class: outcome.class, status: outcome.status, delayMs: decision.delayMs };
  if (!counted) return log.warn(fields, 'outcome came after the lease was lost: not counted');
  if (decision.event === 'succeed') log.info(fields, 'delivered');
  else if (decision.event === 'die') log.warn({ ...fields, reason: decision.deadReason, detail: outcome.detail }, 'dead letter');
  else log.info({ ...fields, detail: outcome.detail }, decision.event === 'retry' ? 'will be retried' : 'given back uncharged');
  await parkIfNeeded(gateway, endpoint, outcome, decision);
  gateway.nudge('deliver');
}

function settlementOf(endpoint: Endpoint, claimed: Settling, outcome: Outcome, decision: Decision): Settlement {
  return {
    deliveryId: claimed.id,
    leaseToken: claimed.leaseToken,
    attemptCount: claimed.attemptCount,
    event: decision.event,
    charged: decision.charged,
    delayMs: decision.delayMs,
    class: outcome.class,
    status: outcome.status,
    detail: outcome.detail,
    responseBody: outcome.responseBody,
    deadReason: decision.deadReason,
    fingerprint:
      decision.event === 'die' ? fingerprintOf([endpoint.name, decision.deadReason, outcome.status, outcome.responseBody?.slice(0, 200)]) : undefined,
  };
}

async function parkIfNeeded(gateway: Gateway, endpoint: Endpoint, outcome: Outcome, decision: Decision): Promise<void> {
  const { database, tenant, context } = gateway;
  let reason = decision.park;
  if (outcome.class === 'rejected') {
    const rejections = await countRejection(database, tenant, endpoint.name);
    // Many refusals in a row, whatever the order: the endpoint is at fault (404s during its deploy), not the documents.
    if (rejections >= endpoint.rejectionsBeforeParking) reason = `${rejections} documents in a row were rejected, the last with: ${outcome.detail}`;
  }
  if (reason === undefined) return;
  if (await parkEndpoint(database, tenant, endpoint.name, reason)) context.log.error({ endpoint: endpoint.name, reason }, 'endpoint parked');
}

/** Deliveries whose worker died in the middle: nobody knows whether the endpoint got them. Returns how many were taken over. */
export async function settleExpired(gateway: Gateway): Promise<number> {
  const expired: ExpiredLease[] = await takeOverExpired(gateway.database, gateway.tenant, 100);
  for (const lease of expired) {
    const endpoint = gateway.catalog().endpoints.get(lease.endpoint);
    if (endpoint === undefined) continue;
    const log = gateway.context.log.child({ deliveryId: lease.deliveryId, endpoint: endpoint.name, attempt: lease.attemptCount });
    await commitOutcome(
      gateway,
      endpoint,
      { ...lease, id: lease.deliveryId },
      { class: 'ambiguous', detail: 'the worker died, its lease expired' },
      log,
    );
  }
  return expired.length;
}
