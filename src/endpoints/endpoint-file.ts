/** What queues/<endpoint>.yaml may say, and what the gateway makes of it. Only here are events subscribed to. */
import { type Static, Type } from '@sinclair/typebox';
import { durationText } from '../core/duration.ts';
import { StringEnum } from '../core/schema-check.ts';

const closed = { additionalProperties: false };

const ENDPOINT_NAME = '^[a-z0-9][a-z0-9-]{0,62}$';
export const EVERY_EVENT = '*';

/** What the delivery code carries out in this version; the types below know more, so that widening changes no signature. */
const CARRIED_OUT = { idempotency: ['header', 'body', 'none'], ordering: ['block'] } as const;
export const NOT_YET = { idempotency: ['probe'], ordering: ['skip', 'supersede'] } as const;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const DEFAULTS = {
  maxInFlight: 8,
  timeoutMs: 15_000,
  /** The spread of Standard Webhooks senders: three days, dense at first. */
  delaysMs: [0, 5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS],
  jitter: 0.2,
  rejectionsBeforeParking: 10,
} as const;

export const LIMITS = { timeoutMs: { least: 50, most: 5 * MINUTE_MS }, delayMs: { least: 0, most: 7 * 24 * HOUR_MS } } as const;

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
    idempotency: StringEnum(CARRIED_OUT.idempotency, {
      description:
        'how the endpoint recognises a repeat: by the header, by the id in the body, or none (an attempt without a clear answer then waits for a person)',
    }),
    ordering: Type.Optional(
      StringEnum(CARRIED_OUT.ordering, { description: 'block: a dead letter holds back later events of the same order; block if not said' }),
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
  readonly rejectionsBeforeParking: number;
  /** As problems name it: `queues/erp.yaml`. */
  readonly file: string;
}
