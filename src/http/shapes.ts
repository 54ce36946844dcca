/** The shapes that requests and answers share. */
import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox';

export const closedObject = <T extends TProperties>(properties: T, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

const UUID_PATTERN = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

export const Id = Type.String({ format: 'uuid', pattern: UUID_PATTERN, description: 'an id such as 6a1c7c6e-0f3f-4c7e-9d0e-2f8a4a5b6c7d' });
/** Of a partner or an endpoint: what its file is called. */
export const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'a name of lower-case letters, digits and -' });
/** Of an endpoint: what its queue file is called, or the outbox of a partner. */
export const EndpointName = Type.String({
  pattern: '^(ack\\.)?[a-z0-9][a-z0-9-]{0,62}$',
  description: 'the name of a queue file, or ack. and the name of a partner for its outbox',
});
/** What somebody looks for. */
export const Words = Type.String({ minLength: 1, maxLength: 200 });

/** A Date in the code, RFC 3339 in UTC on the wire. */
export const Time = Type.Unsafe<Date>({ type: 'string', format: 'date-time', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' });
export const TimeAsked = Type.String({
  pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])(T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,6})?)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d))?$',
  description: 'a date, or a time as RFC 3339 such as 2026-11-24T05:00:00Z',
});
/** The text is one that `TimeAsked` lets through; a day that its month does not have becomes one of the next. */
export const timeOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

export const Reason = Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S', description: 'a sentence for the audit' });

export const Count = Type.Integer({ minimum: 0 });

/** `null` where there is none: the key is always there. */
export const OrNull = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>(
    typeof schema.type === 'string' && schema.enum === undefined ? { ...schema, type: [schema.type, 'null'] } : Type.Union([schema, Type.Null()]),
  );

/** A fault as it stands in documents and messages. */
export const Fault = Type.Object(
  { code: Type.String(), severity: Type.String(), message: Type.String() },
  { description: 'code, severity, message; at, expected, found, hint and rule where they are known' },
);
