/**
 * One mail by SMTP: the only place that knows nodemailer.
 *
 * Without `tls: none` nothing, not even the sender's name, is said on a connection that is not encrypted or whose certificate does not
 * fit the server's name. Over within a minute. The Message-ID is the notice's, so that a mail sent twice is recognised as one.
 */
import { createTransport } from 'nodemailer';
import type { Context } from '../../core/context.ts';
import type { MailOptions } from './options.ts';

export interface Mail {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 } as const;

/** Throws with what the server said. */
export async function sendMail(mail: Mail, options: MailOptions, { secrets }: Pick<Context, 'secrets'>): Promise<void> {
  const { server, tls = 'starttls', port = tls === 'implicit' ? 465 : 587, login, from, to } = options;
  const transport = createTransport({
    host: server,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login && { auth: { user: login.username, pass: secrets.resolve(login.password) } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...TIMEOUTS,
  });
  try {
    await transport.sendMail({
      from: { name: 'Quayside', address: from },
      to: to.map((address) => ({ name: '', address })),
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@quayside>`,
      // RFC 3834: no out-of-office answers to a machine.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } finally {
    transport.close();
  }
}
