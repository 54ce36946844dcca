/** `quayside messages`: where is that file, and what became of each document in it? */
import { GatewayError } from '../../core/errors/errors.ts';
import { formatProblem } from '../../core/problem.ts';
import { findMessage, MESSAGE_STATUSES, type MessageDetail, type MessageStatus, rawOf } from '../../store/message-queries.ts';
import { listMessages } from '../../store/message-search.ts';
import { narrowedTo } from '../../store/partner-scope.ts';
import { checkId } from '../ids.ts';
import { parseLimit } from '../limit.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, formatTime, printList, type Terminal } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface ListOptions {
  partner?: string;
  po?: string;
  status?: string;
  since?: string;
  limit: string;
  json?: boolean;
}

export async function list({ terminal, application }: Commands, _args: readonly string[], options: ListOptions): Promise<number> {
  const app = await application();
  const filter = {
    partners: narrowedTo(options.partner, undefined),
    orderNumber: options.po,
    status: parseStatus(options.status),
    since: parseSince(options.since, app.now()),
  };
  const limit = parseLimit(options.limit);
  return withGateway(app, async (gateway) => {
    const messages = await listMessages(gateway.database, gateway.tenant, filter, limit);
    printList(terminal, options.json, messages, {
      header: ['MESSAGE', 'RECEIVED', 'PARTNER', 'STATUS', 'DOCS', 'ORDERS', 'FILE'],
      cells: (m) => [m.id, formatTime(m.receivedAt), m.partner, m.status, String(m.documents), m.orderNumbers.join(' '), m.filename],
    });
    return EXIT.done;
  });
}

function parseStatus(text: string | undefined): MessageStatus | undefined {
  if (text === undefined) return undefined;
  const status = MESSAGE_STATUSES.find((known) => known === text);
  if (status === undefined) throw new GatewayError('ERR_USAGE', `--status: expected one of ${MESSAGE_STATUSES.join(', ')}, found "${text}"`);
  return status;
}

export async function show({ terminal, application }: Commands, [id = '']: readonly string[], options: { json?: boolean }): Promise<number> {
  checkId(id);
  return withGateway(await application(), async (gateway) => {
    const message = await findMessage(gateway.database, gateway.tenant, id);
    if (message === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no message ${id}`);
    if (options.json) terminal.out(JSON.stringify(message));
    else printMessage(terminal, message);
    return EXIT.done;
  });
}

function printMessage(terminal: Terminal, message: MessageDetail): void {
  const { bold, dim } = terminal.colours;
  terminal.out(
    `${bold(message.filename)} from ${message.partner} by ${message.channel}, received ${formatTime(message.receivedAt)} UTC: ${bold(message.status)}`,
  );
  terminal.out(dim(`message ${message.id}, ${message.size} bytes, sha256 ${message.sha256}`));
  for (const problem of message.problems) terminal.out(`  ${formatProblem(problem)}`);
  for (const document of message.documentRows) {
    terminal.out(
      `  ${document.ordinal}. ${document.type}: ${document.state} (${document.verdict})${document.mapping ? ` by ${document.mapping} ${document.mappingVersion}` : ''}  ${dim(document.id)}`,
    );
    for (const problem of document.problems) terminal.out(`     ${formatProblem(problem)}`);
    if (document.repeats !== null) terminal.out(`     repeats event ${document.repeats}: nothing was sent`);
    if (document.state === 'held' || document.state === 'quarantined')
      terminal.out(`     waits for a person: quayside quarantine show ${document.id}`);
    for (const event of document.events) {
      const revision = event.supersedes === null ? '' : `, revision ${event.revision}, supersedes event ${event.supersedes}`;
      terminal.out(`     ${event.name} ${event.documentNumber}, orders ${event.orderNumbers.join(', ') || 'none'}${revision}  ${dim(event.id)}`);
      if (event.deliveries.length === 0) terminal.out(`       unrouted: no endpoint wants it; once one does: quayside messages route ${message.id}`);
      for (const delivery of event.deliveries) {
        const waits = delivery.waiting > 0 ? `, behind earlier documents of ${delivery.waiting} of its orders` : '';
        terminal.out(
          `       → ${delivery.endpoint}: ${delivery.state}${waits}${delivery.replayOf === null ? '' : ', a replay'}  ${dim(delivery.id)}`,
        );
        for (const attempt of delivery.attempts) {
          terminal.out(
            `          ${formatTime(attempt.startedAt)}  attempt ${attempt.n}: ${attempt.class ?? 'under way'} ${attempt.status ?? ''} ${attempt.detail ?? ''}`,
          );
        }
      }
    }
  }
}

export async function raw({ terminal, application }: Commands, [id = '']: readonly string[]): Promise<number> {
  checkId(id);
  return withGateway(await application(), async (gateway) => {
    const bytes = await rawOf(gateway.database, gateway.tenant, id);
    if (bytes === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no message ${id}`);
    for await (const chunk of bytes) await terminal.write(chunk);
    return EXIT.done;
  });
}
