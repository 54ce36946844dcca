/** A partner's outbox as an endpoint: what is put there has the same life as any delivery. */
import { DEFAULTS, defaultPolicy, type Endpoint } from '../endpoints/endpoint-file.ts';
import type { Partner } from '../partners/partner-file.ts';

/** With a dot, which no queue file can have in its name. */
export const outboxName = (partner: string): string => `ack.${partner}`;

/** Undefined: the partner gets no acknowledgments. */
export function outboxOf({ name, stage, acknowledgments, file }: Partner): Endpoint | undefined {
  if (acknowledgments === undefined) return undefined;
  const endpoint = outboxName(name);
  const { type, options } = acknowledgments.outbox;
  return {
    name: endpoint,
    destination: type,
    options,
    // Nobody subscribes for it: an acknowledgment names its outbox itself, in test traffic too.
    events: [],
    partners: [name],
    stage,
    maxInFlight: 1,
    timeoutMs: 60_000,
    schedule: { delaysMs: DEFAULTS.delaysMs, jitter: DEFAULTS.jitter, maximumAgeMs: undefined },
    // It looks before it puts: a file that lies there is not put again.
    idempotency: 'header',
    // Each acknowledgment says what it says; one that is dead holds up no other.
    ordering: 'skip',
    rate: undefined,
    policy: defaultPolicy(endpoint),
    file,
  };
}
