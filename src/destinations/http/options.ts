/** What a queue file may say of an HTTP endpoint. */
import { type Static, Type } from '@sinclair/typebox';
import { durationText } from '../../core/duration.ts';
import { StringEnum } from '../../core/schema-check.ts';
import { SIGNING_SECRET_LENGTH, secretReference } from '../../core/secret-reference.ts';
import { authOptions, HTTP_URL } from './auth-options.ts';

const closed = { additionalProperties: false };

const OCTET = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const GROUPS = '[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4})*';
const IPV4_RANGE = `(${OCTET}\\.){3}${OCTET}/(3[0-2]|[12]?\\d)`;
/** Full, or shortened with one `::` and at most seven colons in all. */
const IPV6_RANGE = `((${GROUPS})?::(${GROUPS})?|([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})/(12[0-8]|1[01]\\d|[1-9]?\\d)`;

/** Headers that we set ourselves, that belong to the connection, or that carry credentials. */
const OURS = 'authorization|cookie|host|connection|upgrade|te|trailer|expect|date|traceparent|tracestate|idempotency-key|user-agent|accept-encoding';
const OUR_FAMILIES = 'content-|transfer-|proxy-|keep-|webhook-|quayside-|ce-';
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

/** Stands in the url of a probe for the key that is asked about. */
export const KEY_PLACE = '{idempotencyKey}';

const handshake = Type.Object(
  {
    origin: Type.String({
      pattern: `^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`,
      description: 'the DNS name by which the endpoint knows this gateway, in lower case, such as edi.example.com',
    }),
    rate: Type.Optional(Type.Integer({ minimum: 1, description: 'the rate that is asked for, in requests a minute' })),
    again: Type.Optional(durationText('how long a consent is relied on before it is asked for again; 24h if not said', '12h')),
  },
  {
    ...closed,
    description: 'asks for consent with OPTIONS before the first delivery (CloudEvents, HTTP 1.1 Web Hooks for Event Delivery, section 4)',
  },
);

const probe = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://[^\\s/?#@{}]+[/?][^\\s#{}]*\\{idempotencyKey\\}[^\\s#{}]*$',
      description: `an https url with ${KEY_PLACE} in its path or query (http only to addresses listed under allow)`,
    }),
    received: Type.Array(Type.Integer({ minimum: 200, maximum: 299 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'statuses that say: the event is there. 200 to 299',
    }),
    absent: Type.Array(Type.Integer({ enum: [404, 410] }), {
      minItems: 1,
      uniqueItems: true,
      description: 'statuses that say: the event is not there. 404, 410',
    }),
  },
  { ...closed, description: 'where to ask whether an event arrived, before one without a clear answer is sent again (idempotency: probe)' },
);

const tls = Type.Object(
  {
    certificate: Type.Optional(secretReference('our certificate with its chain, PEM')),
    key: Type.Optional(secretReference('the private key of our certificate, PEM')),
    ca: Type.Optional(secretReference('certificates of an authority, PEM, trusted besides the public ones')),
  },
  {
    ...closed,
    minProperties: 1,
    dependentRequired: { certificate: ['key'], key: ['certificate'] },
    description: 'our certificate, for an endpoint that asks for one (mTLS), and an authority of your own; for every https url of this file',
  },
);

export type TlsOptions = Static<typeof tls>;

export const httpOptions = Type.Object(
  {
    url: Type.String({
      pattern: HTTP_URL,
      description: 'an https url without user, password or fragment (http only to addresses listed under allow)',
    }),
    mode: Type.Optional(
      StringEnum(['structured', 'binary'], {
        default: 'structured',
        description: 'structured: the whole CloudEvent is the body. binary: its data is the body, its attributes are headers ce-…',
      }),
    ),
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
    auth: Type.Optional(authOptions),
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
        {
          maxItems: 32,
          description: 'private ranges that the urls of this file may lead to; everything that is not public is refused otherwise',
        },
      ),
    ),
    handshake: Type.Optional(handshake),
    probe: Type.Optional(probe),
    tls: Type.Optional(tls),
    maxResponseBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_536, default: 4_096, description: 'how much of an answer is kept' })),
  },
  closed,
);

export type HttpOptions = Static<typeof httpOptions>;
