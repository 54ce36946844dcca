/** `quayside acks`: what partners are owed as acknowledgments, and what they said of ours. */
import { listAcknowledgments } from '../../pipeline/list-acknowledgments.ts';
import { receivedAcknowledgments } from '../../store/acknowledgment-pages.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTable, formatTime, type Terminal } from '../terminal.ts';

interface ListOptions {
  partner?: string;
  overdue?: boolean;
  received?: boolean;
  json?: boolean;
}

const MOST = 1000;

export async function list({ terminal, application }: Commands, _args: readonly string[], options: ListOptions): Promise<number> {
  const { partner, overdue, received, json } = options;
  const { gateway, close } = await (await application()).open();
  try {
    if (received) {
      const answers = await receivedAcknowledgments(gateway.database, gateway.tenant, partner, MOST);
      const rows = answers.map((a) => [
        ...[
          formatTime(a.receivedAt),
          a.partner,
          a.kind,
          a.acknowledged,
          `${a.verdict} ${a.code}`.trim(),
          a.matched === null ? 'unmatched' : 'matched',
        ],
        a.messageId,
      ]);
      show(terminal, json, answers, 'no acknowledgment has come', ['RECEIVED', 'PARTNER', 'KIND', 'OF OURS', 'SAYS', '', 'MESSAGE'], rows);
      return EXIT.done;
    }
    const query = { overdue, ...(partner !== undefined && { partners: [partner] }) };
    const owed = (await listAcknowledgments(gateway, query, undefined, MOST)).map(({ place: _, ...acknowledgment }) => acknowledgment);
    const rows = owed.map((a) => [
      ...[formatTime(a.owedAt), a.partner, a.kind, `${a.interchangeControl} ${a.functionalId ?? ''} ${a.groupControl ?? ''}`.trim()],
      ...[`${a.state}${a.overdue ? ', overdue' : ''}`, a.reason ?? (a.control === null ? '' : `our number ${a.control}`)],
    ]);
    show(
      terminal,
      json,
      owed,
      overdue ? 'nothing is overdue' : 'nothing was to be acknowledged',
      ['OWED', 'PARTNER', 'KIND', 'FOR', 'STATE', ''],
      rows,
    );
    return EXIT.done;
  } finally {
    await close();
  }
}

function show(terminal: Terminal, json: boolean | undefined, items: readonly object[], none: string, titles: string[], rows: string[][]): void {
  if (json) for (const item of items) terminal.out(JSON.stringify(item));
  else if (items.length === 0) terminal.out(none);
  else for (const line of formatTable(titles, rows)) terminal.out(line);
}
