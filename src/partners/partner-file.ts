/** What partners/<name>/partner.yaml may say, and what the gateway makes of it. */
import { type Static, Type } from '@sinclair/typebox';
import { StringEnum } from '../core/schema-check.ts';
import { type AcknowledgmentSettings, acknowledgmentSettings, type ControlNumberSettings, controlNumberSettings } from './acknowledgment-settings.ts';

export const STAGES = ['live', 'test'] as const;
export type Stage = (typeof STAGES)[number];
export const ENCODINGS = ['ascii', 'latin1', 'utf-8'] as const;

const closed = { additionalProperties: false };

const PARTNER_NAME = '^[a-z0-9][a-z0-9-]{0,62}$';
export const CHANNEL_NAME = PARTNER_NAME;

/** Without the options of channels and formats: those are checked by whom they are for. */
export const partnerFile = Type.Object(
  {
    partner: Type.String({ pattern: PARTNER_NAME, description: "the folder's name: lower-case letters, digits and -" }),
    title: Type.String({ minLength: 1, maxLength: 200, description: 'the name that people know' }),
    stage: StringEnum(STAGES, { description: 'documents of a test partner reach only endpoints of stage test' }),
    identities: Type.Object(
      {
        x12: Type.Array(
          Type.Object(
            {
              qualifier: Type.String({ pattern: '^[A-Z0-9]{2}$', description: 'an interchange id qualifier (ISA05) such as "ZZ" or "01"' }),
              id: Type.String({
                pattern: '^[!-~]([ -~]{0,13}[!-~])?$',
                description: 'an interchange id (ISA06) of 1 to 15 characters, without trailing blanks',
              }),
            },
            closed,
          ),
          { maxItems: 50, description: 'as whom the partner sends; documents of any other sender are refused' },
        ),
      },
      closed,
    ),
    channels: Type.Optional(
      Type.Record(Type.String({ pattern: CHANNEL_NAME }), Type.Object({ type: Type.String({ description: 'which kind of channel' }) }), {
        ...closed,
        description: 'channels by a name of your own: lower-case letters, digits and -',
      }),
    ),
    documents: Type.Optional(
      Type.Record(Type.String({ pattern: '^[0-9A-Za-z_-]{1,40}$' }), Type.String({ minLength: 1, description: 'a mapping, such as acme/855' }), {
        ...closed,
        description: 'which mapping reads which document: "855": acme/855',
      }),
    ),
    formats: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' }), Type.Object({}), {
        ...closed,
        description: 'how documents of a format are read, by the name of the format: x12',
      }),
    ),
    acknowledgments: Type.Optional(acknowledgmentSettings),
    controlNumbers: Type.Optional(controlNumberSettings),
    leniencies: Type.Optional(Type.Array(Type.String(), { uniqueItems: true, description: 'named departures from the standard that only warn' })),
    encoding: Type.Optional(StringEnum(ENCODINGS, { description: 'how the bytes of documents are read; ascii if not said' })),
  },
  closed,
);

export type PartnerFile = Static<typeof partnerFile>;

export interface X12Identity {
  readonly qualifier: string;
  /** Without trailing blanks. */
  readonly id: string;
}

/** They fit the schema of the format. */
export interface FormatOptions {
  readonly options: Readonly<Record<string, unknown>>;
  /** Its text, by which a changed file is known, and what the format made of it. */
  readonly guide?: { readonly text: string; readonly rules: unknown };
}

export interface Partner {
  readonly name: string;
  readonly title: string;
  readonly stage: Stage;
  readonly x12Identities: readonly X12Identity[];
  /** By the name that the file gives them; `options` fit the schema of the channel that `type` names. */
  readonly channels: Readonly<Record<string, { readonly type: string; readonly options: unknown }>>;
  /** `855` → the mapping's name, `acme/855`. */
  readonly documents: Readonly<Record<string, string>>;
  readonly formats: Readonly<Record<string, FormatOptions>>;
  /** Absent: nothing is acknowledged. */
  readonly acknowledgments?: AcknowledgmentSettings;
  readonly controlNumbers?: ControlNumberSettings;
  readonly leniencies: readonly string[];
  readonly encoding: (typeof ENCODINGS)[number];
  /** As problems name it: `partners/acme/partner.yaml`. */
  readonly file: string;
}
