import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SmtpSink, startSmtpSink } from '../../../test/support/smtp-sink.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import type { MailOptions } from './options.ts';
import { sendMail } from './send-mail.ts';

let sink: SmtpSink;
beforeEach(async () => {
  sink = await startSmtpSink();
});
afterEach(() => sink.close());

const context = {
  secrets: {
    resolve(reference: string) {
      if (reference !== 'env:QUAYSIDE_SECRET_SMTP') throw new GatewayError('ERR_CONFIG_SECRET', `${reference} is not set`);
      return 'hunter2-hunter2';
    },
  },
};
const mail = { id: 'n-1', subject: 'ALERT: endpoint erp\r\nBcc: evil@example.com', text: 'mend it\n.\n..done\n' };
const options = (more: Partial<MailOptions> = {}): MailOptions => ({
  server: '127.0.0.1',
  port: sink.port,
  tls: 'none',
  from: 'quayside@example.com',
  to: ['ops@example.com', 'night@example.com'],
  ...more,
});

test('a mail reaches everyone, under its own id, and no line of it becomes a header or ends it early', async () => {
  await sendMail(mail, options(), context);
  expect(sink.mails).toHaveLength(1);
  expect(sink.mails[0]).toMatchObject({ from: 'quayside@example.com', to: ['ops@example.com', 'night@example.com'] });
  const text = sink.mails[0]?.text ?? '';
  expect(text).toContain('Message-ID: <n-1@quayside>');
  expect(text).toContain('Auto-Submitted: auto-generated');
  expect(text).toContain('mend it\n.\n..done');
  expect(text).not.toMatch(/^Bcc:/m);
});

test('a password is resolved when it is needed and given to the server', async () => {
  await sendMail(mail, options({ login: { username: 'q', password: 'env:QUAYSIDE_SECRET_SMTP' } }), context);
  expect(sink.commands).toContain('AUTH');
  await expect(sendMail(mail, options({ login: { username: 'q', password: 'env:QUAYSIDE_SECRET_GONE' } }), context)).rejects.toThrow(/is not set/);
});

test.each(['starttls', undefined] as const)('with tls: %s a server without encryption is told neither names nor passwords', async (tls) => {
  const { tls: _none, ...plain } = options({ login: { username: 'q', password: 'env:QUAYSIDE_SECRET_SMTP' } });
  await expect(sendMail(mail, tls === undefined ? plain : { ...plain, tls }, context)).rejects.toThrow();
  expect(sink.mails).toEqual([]);
  expect(sink.commands.filter((verb) => verb === 'AUTH' || verb === 'MAIL')).toEqual([]);
});

test('what the server refuses is thrown with its words', async () => {
  await sink.close();
  sink = await startSmtpSink({ refuse: 1 });
  await expect(sendMail(mail, options(), context)).rejects.toThrow(/451 later/);
});
