/** The least of an SMTP server (RFC 5321): takes every mail, keeps it and every command, and offers no encryption. */

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface SmtpSink {
  readonly port: number;
  readonly mails: { readonly from: string; readonly to: readonly string[]; readonly text: string }[];
  /** First words of all commands, in order. */
  readonly commands: string[];
  close(): Promise<void>;
}

/** `refuse`: so many mails are answered with a temporary fault first. */
export function startSmtpSink({ refuse = 0 } = {}): Promise<SmtpSink> {
  const mails: SmtpSink['mails'] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let refusals = refuse;

  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const say = (line: string) => socket.write(`${line}\r\n`);
    let pending = '';
    let body: string[] | undefined;
    let from = '';
    let to: string[] = [];
    const take = (line: string): void => {
      if (body !== undefined) {
        if (line !== '.') return void body.push(line.replace(/^\./, ''));
        // Long lines come folded (quoted-printable).
        mails.push({ from, to, text: body.join('\n').replaceAll('=\n', '') });
        body = undefined;
        return void say('250 taken');
      }
      const verb = line.split(' ')[0]?.toUpperCase() ?? '';
      commands.push(verb);
      const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb === 'EHLO') say('250-sink\r\n250 AUTH PLAIN LOGIN');
      else if (verb === 'AUTH') say('235 welcome');
      else if (verb === 'MAIL') {
        from = address;
        to = [];
        say(refusals-- > 0 ? '451 later' : '250 ok');
      } else if (verb === 'RCPT') {
        to.push(address);
        say('250 ok');
      } else if (verb === 'DATA') {
        body = [];
        say('354 go on');
      } else if (verb === 'QUIT') {
        say('221 bye');
        socket.end();
      } else if (verb === 'STARTTLS') say('502 not here');
      else say('250 ok');
    };
    socket.on('data', (chunk) => {
      pending += chunk.toString('utf8');
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        take(line);
      }
    });
    say('220 sink');
  };

  const server = createServer(serve);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        mails,
        commands,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => closed());
          }),
      });
    });
  });
}
