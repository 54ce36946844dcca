/** What queues/<endpoint>.yaml may say, and what the gateway makes of it. Only here are events subscribed to. */
import { type Static, Type } from '@sinclair/typebox';
import { durationText } from '../core/duration.ts';
import type { EndpointPolicy } from '../core/endpoint-policy.ts';
import { StringEnum } from '../core/schema-check.ts';

const closed = { additionalProperties: false };

const ENDPOINT_NAME = '^[a-z0-9][a-z0-9-]{0,62}$';
export const EVERY_EVENT = '*';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const DEFAULTS = {
  maxInFlight: 8,
  timeoutMs: 15_000,
  /** The spread of Standard Webhooks senders: three days, dense at first. */
  delaysMs: [0, 5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS],
  jitter: 0.2,
  rejectionsBeforeParking: 10,
  breaker: {
    failures: 5,
    ratio: 0.5,
    minimum: 20,
    windowMs: MINUTE_MS,
    probesMs: [30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS],
  },
} as const;

export const LIMITS = {
  timeoutMs: { least: 50, most: 5 * MINUTE_MS },
  delayMs: { least: 0, most: 7 * 24 * HOUR_MS },
  probeMs: { least: 10, most: 24 * HOUR_MS },
} as const;

/** Without the options of the destination: those are checked by the destination that `type` names. */
export const endpointFile = Type.Object(
  {
    endpoint: Type.String({ pattern: ENDPOINT_NAME, description: "the file's name: lower-case letters, digits and -" }),
    stage: StringEnum(['live', 'test'], { description: 'test traffic reaches only endpoints of stage test, live traffic only live ones' }),
    destination: Type.Object({ type: Type.String({ description: 'which kind of destination' }) }),
    events: Type.Array(Type.String(), { minItems: 1, uniqueItems: true, description: 'names such as invoice.received, or "*" alone for all' }),
    partners: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, uniqueItems: true, description: 'whose events; those of all partners if not said' }),
    ),
    idempotency: StringEnum(['header', 'body', 'probe', 'none'], {
      description:
        'how the endpoint recognises a repeat: by the header, by the id in the body, by asking it first (destination.probe), or none (an attempt without a clear answer then waits for a person)',
    }),
    ordering: Type.Optional(
      StringEnum(['block', 'skip', 'supersede'], {
        description:
          'block: a dead letter holds back later events of the same order; skip: it does not; supersede: as block, and a newer event of the same kind and order retires older ones that were not sent yet; block if not said',
      }),
    ),
    rate: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 10_000, description: 'at most so many attempts a second; no limit if not said' }),
    ),
    breaker: Type.Optional(
      Type.Object(
        {
          failures: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1_000, default: DEFAULTS.breaker.failures, description: 'so many failures in a row open it' }),
          ),
          ratio: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              maximum: 1,
              default: DEFAULTS.breaker.ratio,
              description: 'or so large a part of the attempts within the window',
            }),
          ),
          minimum: Type.Optional(
            Type.Integer({ minimum: 2, maximum: 10_000, default: DEFAULTS.breaker.minimum, description: 'of at least so many attempts' }),
          ),
          window: Type.Optional(durationText('the span in which they count', '60s')),
          probes: Type.Optional(
            Type.Array(durationText('the wait before a probe', '30s'), {
              minItems: 1,
              maxItems: 20,
              description: 'while it is open one delivery is tried after each of these; the last one repeats',
            }),
          ),
        },
        { ...closed, description: 'when the endpoint counts as down: nothing but probes is sent then, nothing is charged, nothing given up' },
      ),
    ),
    maxInFlight: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 256, default: DEFAULTS.maxInFlight, description: 'deliveries under way at once' }),
    ),
    timeout: Type.Optional(durationText('the time for a whole attempt', '15s')),
    retry: Type.Optional(
      Type.Object(
        {
          schedule: Type.Optional(
            Type.Array(durationText('the wait before an attempt', '5m'), {
              minItems: 1,
              maxItems: 50,
              description: 'one for each attempt, the first one included',
            }),
          ),
          jitter: Type.Optional(
            Type.Number({ minimum: 0, maximum: 0.5, default: DEFAULTS.jitter, description: 'each wait is longer or shorter by up to this part' }),
          ),
          maximumAge: Type.Optional(durationText('the age at which an event is given up', '72h')),
        },
        closed,
      ),
    ),
    rejectionsBeforeParking: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        default: DEFAULTS.rejectionsBeforeParking,
        description: 'so many rejections in a row park the endpoint',
      }),
    ),
  },
  closed,
);

export type EndpointFile = Static<typeof endpointFile>;

export interface Endpoint {
  readonly name: string;
  /** The destination's name: `http`. */
  readonly destination: string;
  /** Fits the schema of the destination. */
  readonly options: unknown;
  /** `order_acknowledgment.received`, or `*` alone. */
  readonly events: readonly string[];
  /** Undefined: all. */
  readonly partners: readonly string[] | undefined;
  readonly stage: 'live' | 'test';
  readonly maxInFlight: number;
  readonly timeoutMs: number;
  /** `delaysMs[n]` is the wait before attempt n + 1; there are as many attempts as delays. */
  readonly schedule: { readonly delaysMs: readonly number[]; readonly jitter: number; readonly maximumAgeMs: number | undefined };
  readonly idempotency: 'header' | 'body' | 'probe' | 'none';
  readonly ordering: 'block' | 'skip' | 'supersede';
  /** Attempts a second; undefined: no limit. */
  readonly rate: number | undefined;
  readonly policy: EndpointPolicy;
  /** As problems name it: `queues/erp.yaml`. */
  readonly file: string;
}

/** How an endpoint is judged whose file says nothing of it. */
export const defaultPolicy = (endpoint: string): EndpointPolicy => ({
  endpoint,
  breakerFailures: DEFAULTS.breaker.failures,
  breakerRatio: DEFAULTS.breaker.ratio,
  breakerMinimum: DEFAULTS.breaker.minimum,
  breakerWindowMs: DEFAULTS.breaker.windowMs,
  probesMs: DEFAULTS.breaker.probesMs,
  rejectionsBeforeParking: DEFAULTS.rejectionsBeforeParking,
});
