/** What alerts.yaml may say, and what the gateway makes of it: which conditions are told, after how long, and to whom. */
import { Type } from '@sinclair/typebox';
import { durationText } from '../core/duration.ts';
import type { MailOptions } from './mail/options.ts';

const closed = { additionalProperties: false };
export const RECEIVER_NAME = '^[a-z0-9][a-z0-9-]{0,62}$';
const CHANNEL_OF_PARTNER = '^[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}$';

const MINUTE_MS = 60_000;

export const RULES = ['stopped', 'dead', 'blocked', 'overdue', 'silence', 'unrouted', 'quarantine', 'unexplained'] as const;
export type RuleName = (typeof RULES)[number];

export const DEFAULTS = {
  repeatMs: 12 * 60 * MINUTE_MS,
  stoppedMs: 5 * MINUTE_MS,
  blockedMs: 60 * MINUTE_MS,
  overdueMs: 15 * MINUTE_MS,
  thresholds: [1, 10, 100, 1_000, 10_000],
} as const;

const told = {
  off: Type.Optional(Type.Boolean({ default: false, description: 'true: this rule tells nobody, not even the log' })),
  to: Type.Optional(Type.Array(Type.String(), { uniqueItems: true, description: 'receivers by their names; all of them if not said' })),
  repeat: Type.Optional(durationText('how soon at the earliest it is told again while it goes on', '12h')),
};
const after = (what: string, example: string) => ({ after: Type.Optional(durationText(what, example)) });
const at = {
  at: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: 100_000 }), {
      minItems: 1,
      maxItems: 10,
      uniqueItems: true,
      description: 'how many make it an alert, and how many more make it a new one, such as [1, 10, 100]',
    }),
  ),
};
const rule = (what: string, keys: Record<string, ReturnType<typeof Type.Optional>> = {}) =>
  Type.Optional(Type.Object({ ...told, ...keys }, { ...closed, description: what }));

/** Without the options of receivers: those are checked by what `type` names. */
export const alertsFile = Type.Object(
  {
    receivers: Type.Optional(
      Type.Record(Type.String({ pattern: RECEIVER_NAME }), Type.Object({ type: Type.String({ description: 'mail, or a kind of destination' }) }), {
        ...closed,
        description: 'who is told, by a name of your own: lower-case letters, digits and -',
      }),
    ),
    repeat: Type.Optional(durationText('how soon at the earliest an alert that goes on is told again', '12h')),
    rules: Type.Optional(
      Type.Object(
        {
          stopped: rule('an endpoint is parked, or its breaker open, for longer than `after`', after('how long', '5m')),
          dead: rule('dead letters of one cause (fingerprint)', at),
          blocked: rule('a delivery waits behind an earlier one of its order for longer than `after`', after('how long', '1h')),
          overdue: rule('a delivery is due for longer than `after` at an endpoint that is served', after('how long', '15m')),
          silence: rule('nothing was received', {
            everybody: Type.Optional(durationText('from nobody at all for so long', '24h')),
            channels: Type.Optional(
              Type.Record(Type.String({ pattern: CHANNEL_OF_PARTNER }), durationText('nothing from this channel for so long', '26h'), {
                ...closed,
                description: 'by <partner>/<channel>, such as acme/drop',
              }),
            ),
          }),
          unrouted: rule('an event of the last 24 hours that no endpoint wanted'),
          quarantine: rule('documents that wait for a person: held or quarantined', at),
          unexplained: rule('a partner sends something that no rule of its mapping reads and no line ignores'),
        },
        { ...closed, description: 'what is told; a rule that is not named has its defaults' },
      ),
    ),
  },
  closed,
);

/** As the file says it, once it has passed the schema. */
export interface AlertsFile {
  readonly receivers?: Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly type: string }>>;
  readonly repeat?: string;
  readonly rules?: Readonly<Partial<Record<RuleName, RuleInFile>>>;
}

export interface RuleInFile {
  readonly off?: boolean;
  readonly to?: readonly string[];
  readonly repeat?: string;
  readonly after?: string;
  readonly at?: readonly number[];
  readonly everybody?: string;
  readonly channels?: Readonly<Record<string, string>>;
}

export type Receiver =
  | { readonly kind: 'mail'; readonly name: string; readonly options: MailOptions }
  | { readonly kind: 'destination'; readonly name: string; readonly destination: string; readonly options: unknown };

export interface AlertRule {
  readonly receivers: readonly string[];
  readonly repeatMs: number;
  /** Where it has a time. */
  readonly afterMs: number;
  /** Where it has thresholds; ascending. */
  readonly thresholds: readonly number[];
}

export interface Silence {
  /** `acme/drop`, or `everybody`. */
  readonly subject: string;
  /** Undefined: everybody's. */
  readonly channel: { readonly partner: string; readonly channel: string } | undefined;
  readonly afterMs: number;
}

export interface Alerts {
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** Without those that are off. */
  readonly rules: ReadonlyMap<RuleName, AlertRule>;
  readonly silences: readonly Silence[];
}
