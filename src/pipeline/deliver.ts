/**
 * One attempt at a delivery: claim, send, commit the outcome.
 *
 * The claim says on the delivery's row which attempt is under way before a byte is sent. If the process dies in between, the lease
 * expires and the outcome is taken for ambiguous: a repeat carries the same idempotency key, the only duplicate there is.
 */

import type { Destination, Outcome, Outgoing } from '../core/contracts.ts';
import { fingerprintOf } from '../core/fingerprint.ts';
import { defaultPolicy, type Endpoint } from '../endpoints/endpoint-file.ts';
import type { ClaimedDelivery, Settled, Settlement } from '../store/deliveries.ts';
import { type DeliveryHint, type ExpiredLease, takeOverExpired } from '../store/dispatch.ts';
import { openRaw } from '../store/raw.ts';
import type { Gateway } from './gateway.ts';
import { observeAttempt } from './observe-delivery.ts';
import { decide, healthOf } from './retry-policy.ts';

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

  const observed = observeAttempt(gateway, endpoint.name, claimed);
  // The lease began after `askedAt`. A process that slept through the slack no longer knows that it holds it.
  const deadline = performance.now() + endpoint.timeoutMs;
  const late = deadline > askedAt + endpoint.timeoutMs + LEASE_SLACK_MS / 2;
  const outcome: Outcome = late
    ? { class: 'not_sent', detail: 'the claim took too long, nothing was sent' }
    : await attempt(gateway, endpoint, destination, { ...claimed, traceparent: observed.traceparent }, deadline, shutdown);
  observed.ended(outcome);
  gateway.context.failpoint('deliver.sent');
  await commitOutcome(gateway, endpoint, claimed, outcome, { ours: late || shutdown.aborted });
}

async function attempt(
  gateway: Gateway,
  endpoint: Endpoint,
  destination: Destination,
  claimed: ClaimedDelivery & { readonly traceparent: string },
  deadline: number,
  shutdown: AbortSignal,
): Promise<Outcome> {
  const outgoing: Outgoing = {
    ...(await whatIsSent(gateway, destination, claimed)),
    idempotencyKey: claimed.idempotencyKey,
    attempt: claimed.attemptCount,
    replay: claimed.replay,
    traceparent: claimed.traceparent,
    deadline,
  };
  if (endpoint.idempotency === 'probe' && claimed.doubtful) {
    const answer = await destination.probe?.(outgoing, endpoint.options as never, gateway.context, shutdown);
    if (answer?.found === 'received') return { class: 'delivered', detail: `the endpoint has it already: ${answer.detail}` };
    // As ambiguous as before: asked again at the next attempt, never sent on a guess.
    if (answer?.found !== 'absent')
      return { class: 'ambiguous', detail: `not known whether the endpoint has it, nothing was sent: ${answer?.detail ?? 'it cannot be asked'}` };
  }
  return destination.deliver(outgoing, endpoint.options as never, gateway.context, shutdown);
}

/** Whoever files documents gets the one of ours that the event tells of, everyone else the event. */
async function whatIsSent(
  { database }: Gateway,
  destination: Destination,
  { body, document }: ClaimedDelivery,
): Promise<Pick<Outgoing, 'body' | 'contentType' | 'filename'>> {
  if (!destination.files || document === null) return { body: Buffer.from(body), contentType: 'application/cloudevents+json' };
  const chunks: Uint8Array[] = [];
  for await (const chunk of openRaw(database, document.blobId, document.size).open()) chunks.push(chunk);
  return { body: Buffer.concat(chunks), contentType: 'application/edi-x12', filename: document.filename };
}

type Settling = Pick<ClaimedDelivery, 'id' | 'leaseToken' | 'attempts' | 'attemptCount' | 'ageMs' | 'probe'> & { readonly messageId?: string };

/** `ours`: it ended by what we did, not by what the endpoint did. */
async function commitOutcome(gateway: Gateway, endpoint: Endpoint, claimed: Settling, outcome: Outcome, { ours }: { ours: boolean }): Promise<void> {
  const settlement = settlementOf(endpoint, claimed, outcome, ours);
  const settled = await gateway.settle(settlement);
  report(gateway, endpoint, claimed, settlement, settled);
  gateway.nudge('deliver');
}

function settlementOf(endpoint: Endpoint, claimed: Settling, outcome: Outcome, ours: boolean): Settlement {
  const decision = decide(outcome, { attempts: claimed.attempts, ageMs: claimed.ageMs, probe: claimed.probe }, endpoint, Math.random());
  return {
    ...decision,
    deliveryId: claimed.id,
    leaseToken: claimed.leaseToken,
    attemptCount: claimed.attemptCount,
    class: outcome.class,
    status: outcome.status,
    detail: outcome.detail,
    responseBody: outcome.responseBody,
    fingerprint:
      decision.event === 'die' ? fingerprintOf([endpoint.name, decision.deadReason, outcome.status, outcome.responseBody?.slice(0, 200)]) : undefined,
    health: ours ? 'indifferent' : healthOf(outcome),
    probe: claimed.probe,
    policy: endpoint.policy,
  };
}

function report(gateway: Gateway, endpoint: Endpoint, claimed: Settling, settlement: Settlement, { counted, endpoint: change }: Settled): void {
  const { log } = gateway.context;
  const { event, class: outcomeClass, status, delayMs, detail } = settlement;
  const fields = {
    messageId: claimed.messageId,
    deliveryId: claimed.id,
    endpoint: endpoint.name,
    attempt: claimed.attemptCount,
    class: outcomeClass,
    status,
    delayMs,
  };
  if (!counted) log.warn(fields, 'outcome came after the lease was lost: not counted');
  else if (event === 'succeed') log.info(fields, 'delivered');
  else if (event === 'die') log.warn({ ...fields, reason: settlement.deadReason, detail }, 'dead letter');
  else log.info({ ...fields, detail }, event === 'retry' ? 'will be retried' : 'given back uncharged');
  if (change === undefined) return;
  if (change.state === 'parked') log.error({ endpoint: endpoint.name, reason: change.parkReason }, 'endpoint parked');
  else if (change.breaker === 'open' && change.was.breaker === 'closed')
    log.error({ endpoint: endpoint.name, reason: change.openedBy }, 'breaker open: only probes are sent until the endpoint answers');
  else if (change.breaker === 'closed') log.info({ endpoint: endpoint.name }, 'the endpoint answers again: breaker closed');
}

/** Deliveries whose worker died in the middle: nobody knows whether the endpoint got them. Returns how many were taken over. */
export async function settleExpired(gateway: Gateway): Promise<number> {
  const expired: ExpiredLease[] = await takeOverExpired(gateway.database, gateway.tenant, 100);
  await Promise.all(
    expired.map(async (lease) => {
      const endpoint = gateway.catalog().endpoints.get(lease.endpoint);
      if (endpoint === undefined) return setAside(gateway, lease);
      gateway.context.telemetry.meter.observeAttempt(endpoint.name, 'ambiguous', undefined);
      await commitOutcome(gateway, endpoint, lease, { class: 'ambiguous', detail: 'the worker died, its lease expired' }, { ours: true });
    }),
  );
  return expired.length;
}

/** Of an endpoint that has no file any more: it waits, for whoever says where its backlog goes. */
async function setAside({ settle }: Gateway, lease: ExpiredLease): Promise<void> {
  await settle({
    deliveryId: lease.id,
    leaseToken: lease.leaseToken,
    attemptCount: lease.attemptCount,
    event: 'retry',
    charged: true,
    delayMs: 0,
    class: 'ambiguous',
    status: undefined,
    detail: 'the worker died, its lease expired',
    responseBody: undefined,
    deadReason: undefined,
    fingerprint: undefined,
    yields: false,
    health: 'indifferent',
    probe: false,
    park: undefined,
    policy: defaultPolicy(lease.endpoint),
  });
}
