/** What a queue file may say of the credentials that a callback carries. */
import { type Static, Type } from '@sinclair/typebox';
import { StringEnum } from '../../core/schema-check.ts';
import { secretReference } from '../../core/secret-reference.ts';

const closed = { additionalProperties: false };

/** What no url of a file may say is kept out here; whether the rest is a url is for `new URL` to tell. */
export const HTTP_URL = '^https?://[^\\s/?#@]+([/?][^\\s#]*)?$';
const PRINTABLE = '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$';
const SCOPE_WORD = '[\\x21\\x23-\\x5b\\x5d-\\x7e]+';

const oauth2 = Type.Object(
  {
    tokenUrl: Type.String({
      pattern: HTTP_URL,
      description: 'the https url of the token endpoint, without user, password or fragment (http only to addresses listed under allow)',
    }),
    clientId: Type.String({ pattern: PRINTABLE, description: 'printable ASCII' }),
    clientSecret: secretReference('the client secret'),
    scope: Type.Optional(
      Type.String({
        pattern: `^${SCOPE_WORD}( ${SCOPE_WORD})*$`,
        description: 'one or more scopes with one blank between; none is asked for if not said',
      }),
    ),
    audience: Type.Optional(Type.String({ pattern: PRINTABLE, description: 'printable ASCII; for token endpoints that ask for an audience' })),
    style: StringEnum(['basic', 'body'], {
      description: 'where the client id and secret stand: in the header of the token request (RFC 6749, what every server takes), or in its body',
    }),
  },
  { ...closed, description: 'OAuth 2.0 client credentials; the token is kept until shortly before it expires' },
);

export type OAuth2Options = Static<typeof oauth2>;

export const authOptions = Type.Object(
  {
    bearer: Type.Optional(secretReference('the bearer token')),
    basic: Type.Optional(
      Type.Object({ username: Type.String({ minLength: 1, pattern: '^[^:]+$' }), password: secretReference('the password') }, closed),
    ),
    oauth2: Type.Optional(oauth2),
  },
  { ...closed, minProperties: 1, maxProperties: 1, description: 'one of bearer, basic, oauth2' },
);
