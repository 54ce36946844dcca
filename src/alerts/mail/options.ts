/** What alerts.yaml may say of a receiver of type mail. */
import { type Static, Type } from '@sinclair/typebox';
import { StringEnum } from '../../core/schema-check.ts';
import { secretReference } from '../../core/secret-reference.ts';

const address = (what: string) =>
  Type.String({ pattern: '^[^\\s@<>,;"]{1,64}@[A-Za-z0-9.-]{1,255}$', description: `${what}, such as ops@example.com` });

export const mailOptions = Type.Object(
  {
    server: Type.String({ pattern: '^[A-Za-z0-9.:-]+$', description: 'name or address of the SMTP server' }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: '587, or 465 with tls: implicit, if not said' })),
    tls: Type.Optional(
      StringEnum(['starttls', 'implicit', 'none'] as const, {
        default: 'starttls',
        description: 'none sends mails, and the password, so that everyone on the way can read them',
      }),
    ),
    login: Type.Optional(
      Type.Object(
        { username: Type.String({ minLength: 1 }), password: secretReference('the password') },
        { additionalProperties: false, description: 'where the server wants one' },
      ),
    ),
    from: address('the sender'),
    to: Type.Array(address('a receiver'), { minItems: 1, maxItems: 50, uniqueItems: true, description: 'who gets the mail' }),
  },
  { additionalProperties: false },
);

export type MailOptions = Static<typeof mailOptions>;
