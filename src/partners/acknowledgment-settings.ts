/** What a partner file may say of acknowledgments and of control numbers, and what the gateway makes of it. */
import { type Static, Type } from '@sinclair/typebox';
import { type AnswerDelimiters, type AnswerPolicy, GROUP_ANSWERS, INTERCHANGE_ANSWERS } from '../core/acknowledgment.ts';
import { durationText, parseDuration } from '../core/duration.ts';
import { StringEnum } from '../core/schema-check.ts';

const closed = { additionalProperties: false };
const HOUR_MS = 3_600_000;

const delimiter = (what: string) =>
  Type.String({ pattern: '^[!-/:-@[-`{-~\\x1c-\\x1f]$', description: `${what}: one character, no letter and no digit` });

/** Without the options of the outbox: those are checked by the destination that `type` names. */
export const acknowledgmentSettings = Type.Object(
  {
    interchange: Type.Optional(
      StringEnum(INTERCHANGE_ANSWERS, {
        default: 'requested',
        description: 'when a TA1 is sent: requested: when ISA14 asks for one; onError: when there is something to say; requested if not said',
      }),
    ),
    group: Type.Optional(
      StringEnum(GROUP_ANSWERS, {
        default: '997',
        description: 'how a functional group is acknowledged; 997 if not said. There is no 999 before 005010: such groups get a 997',
      }),
    ),
    within: Type.Optional(durationText('how soon a group must be acknowledged before it is listed as overdue; 24h if not said', '24h')),
    delimiters: Type.Optional(
      Type.Object(
        {
          element: Type.Optional(delimiter('between elements')),
          component: Type.Optional(delimiter('between components')),
          repetition: Type.Optional(delimiter('between repetitions, from 00402 on')),
          segment: Type.Optional(delimiter('after each segment')),
          suffix: Type.Optional(StringEnum(['none', 'lf', 'crlf'], { description: 'a line end after each segment' })),
        },
        { ...closed, description: "what the partner's system must have; as in its own interchange if not said" },
      ),
    ),
    outbox: Type.Object({ type: Type.String({ description: 'which kind of destination' }) }, { description: 'where acknowledgments are put' }),
  },
  { ...closed, description: 'TA1, 997 and 999 for what the partner sends; none are sent if this is missing' },
);

export const controlNumberSettings = Type.Object(
  {
    window: Type.Optional(durationText('for how long an interchange control number (ISA13) is not used anew; 720h if not said', '720h')),
    reuse: Type.Optional(
      StringEnum(['quarantine', 'allow'], {
        default: 'quarantine',
        description: 'what becomes of other content under a number that was used within the window; quarantine if not said',
      }),
    ),
  },
  { ...closed, description: 'how interchanges are told apart: equal bytes are a repetition, other bytes under an old number are a conflict' },
);

export interface AcknowledgmentSettings extends AnswerPolicy {
  readonly withinMs: number;
  readonly delimiters: Partial<AnswerDelimiters> | undefined;
  readonly outbox: { readonly type: string; readonly options: unknown };
}

export interface ControlNumberSettings {
  readonly windowMs: number;
  readonly reuse: 'quarantine' | 'allow';
}

export const USUAL_ANSWERS: AnswerPolicy & { readonly withinMs: number } = { interchange: 'requested', group: '997', withinMs: 24 * HOUR_MS };
export const USUAL_CONTROL_NUMBERS: ControlNumberSettings = { windowMs: 720 * HOUR_MS, reuse: 'quarantine' };

const SUFFIXES = { none: '', lf: '\n', crlf: '\r\n' } as const;

export function acknowledgmentsFrom(said: Static<typeof acknowledgmentSettings>, outbox: AcknowledgmentSettings['outbox']): AcknowledgmentSettings {
  const { interchange = USUAL_ANSWERS.interchange, group = USUAL_ANSWERS.group, within, delimiters } = said;
  const withinMs = (within === undefined ? undefined : parseDuration(within)) ?? USUAL_ANSWERS.withinMs;
  return { interchange, group, withinMs, delimiters: delimiters && delimitersFrom(delimiters), outbox };
}

function delimitersFrom({ suffix, ...said }: NonNullable<Static<typeof acknowledgmentSettings>['delimiters']>): Partial<AnswerDelimiters> {
  return { ...said, ...(suffix !== undefined && { suffix: SUFFIXES[suffix] }) };
}

export const controlNumbersFrom = ({ window, reuse }: Static<typeof controlNumberSettings>): ControlNumberSettings => ({
  windowMs: (window === undefined ? undefined : parseDuration(window)) ?? USUAL_CONTROL_NUMBERS.windowMs,
  reuse: reuse ?? USUAL_CONTROL_NUMBERS.reuse,
});
