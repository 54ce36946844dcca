/** What a queue file may say of an HTTP endpoint. */
import { type Static, Type } from '@sinclair/typebox';
import { SIGNING_SECRET_LENGTH, secretReference } from '../../core/secret-reference.ts';

const closed = { additionalProperties: false };

const OCTET = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const GROUPS = '[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4})*';
const IPV4_RANGE = `(${OCTET}\\.){3}${OCTET}/(3[0-2]|[12]?\\d)`;
/** Full, or shortened with one `::` and at most seven colons in all. */
const IPV6_RANGE = `((${GROUPS})?::(${GROUPS})?|([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})/(12[0-8]|1[01]\\d|[1-9]?\\d)`;

/** Headers that we set ourselves, that belong to the connection, or that carry credentials. */
const OURS = 'authorization|cookie|host|connection|upgrade|te|trailer|expect|date|traceparent|idempotency-key|user-agent|accept-encoding';
const OUR_FAMILIES = 'content-|transfer-|proxy-|keep-|webhook-|quayside-';

export const httpOptions = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://[^\\s/?#@]+([/?][^\\s#]*)?$',
      description: 'an https url without user, password or fragment (http only to addresses listed under allow)',
    }),
    signing: Type.Object(
      {
        secrets: Type.Array(secretReference('a signing secret', SIGNING_SECRET_LENGTH), {
          minItems: 1,
          maxItems: 4,
          uniqueItems: true,
          description: 'every one of them signs, so that a secret can be rotated: the endpoint accepts either',
        }),
      },
      { ...closed, description: 'Standard Webhooks; the secret is whsec_<base64>, or any text of 16 characters or more' },
    ),
    auth: Type.Optional(
      Type.Object(
        {
          bearer: Type.Optional(secretReference('the bearer token')),
          basic: Type.Optional(
            Type.Object({ username: Type.String({ minLength: 1, pattern: '^[^:]+$' }), password: secretReference('the password') }, closed),
          ),
        },
        { ...closed, minProperties: 1, maxProperties: 1, description: 'one of bearer, basic' },
      ),
    ),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: `^(?!((${OURS})$|${OUR_FAMILIES}))[a-z][a-z0-9-]*$` }),
        Type.String({ pattern: '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$', description: 'printable ASCII' }),
        { ...closed, description: 'lower-case names, none that the gateway sets itself and none that carries credentials' },
      ),
    ),
    allow: Type.Optional(
      Type.Array(
        Type.String({
          pattern: `^(${IPV4_RANGE}|(?=([^:]*:){2,7}[^:]*$)${IPV6_RANGE})$`,
          description: 'a range of addresses such as 10.20.0.0/16 or fd00::/8',
        }),
        { maxItems: 32, description: 'private ranges that the endpoint may be in; everything that is not public is refused otherwise' },
      ),
    ),
    maxResponseBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_536, default: 4_096, description: 'how much of an answer is kept' })),
  },
  closed,
);

export type HttpOptions = Static<typeof httpOptions>;
