/** `quayside quarantine`: what waits for a person, what differs, and the two ways out. */
import { GatewayError } from '../../core/errors/errors.ts';
import { formatChange } from '../../core/field-changes.ts';
import { formatProblem } from '../../core/problem.ts';
import { findQuarantined, listQuarantine, type QuarantineDetail, rejectQuarantined, releaseQuarantined } from '../../pipeline/quarantine.ts';
import { checkId } from '../ids.ts';
import { operatorBecause } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, formatTime, printList, type Terminal } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface ListOptions {
  partner?: string;
  since?: string;
  json?: boolean;
}

export async function list({ terminal, application }: Commands, _args: readonly string[], options: ListOptions): Promise<number> {
  const app = await application();
  const filter = { partner: options.partner, since: parseSince(options.since, app.now()) };
  return withGateway(app, async (gateway) => {
    const waiting = await listQuarantine(gateway, filter);
    printList(terminal, options.json, waiting, {
      none: 'nothing waits in quarantine',
      header: ['DOCUMENT', 'SINCE', 'PARTNER', 'WHAT', 'CAUSE', 'WHY'],
      cells: (d) => [d.id, formatTime(d.enteredAt), d.partner, `${d.type} ${d.documentNumber ?? ''}`.trim(), d.cause, d.reason],
    });
    return EXIT.done;
  });
}

export async function show({ terminal, application }: Commands, [id = '']: readonly string[], options: { json?: boolean }): Promise<number> {
  checkId(id);
  return withGateway(await application(), async (gateway) => {
    const document = await findQuarantined(gateway, id);
    if (document === undefined)
      throw new GatewayError('ERR_NOT_FOUND', `there is no document ${id} in quarantine`, { hint: 'list them: quayside quarantine list' });
    if (options.json) terminal.out(JSON.stringify(document));
    else printDocument(terminal, document);
    return EXIT.done;
  });
}

function printDocument(terminal: Terminal, document: QuarantineDetail): void {
  const { bold, dim } = terminal.colours;
  terminal.out(
    `${bold(`${document.type} ${document.documentNumber ?? ''}`.trim())} from ${document.partner}, number ${document.ordinal} in ${document.filename}: ${bold(document.state)}`,
  );
  terminal.out(dim(`message ${document.messageId}, in quarantine since ${formatTime(document.enteredAt)} UTC`));
  for (const problem of document.problems) terminal.out(`  ${formatProblem(problem)}`);
  if (document.standing !== undefined) {
    terminal.out(`  what stands: event ${document.standing.eventId}, revision ${document.standing.revision}; what it would change:`);
    for (const change of document.changes) terminal.out(`    ${formatChange(change)}`);
    if (document.changes.length === 0) terminal.out('    nothing: it says what stands now');
  }
  if (document.decision !== null)
    terminal.out(
      `${document.decision} by ${document.decidedBy} at ${document.decidedAt && formatTime(document.decidedAt)} UTC: ${document.decisionReason ?? ''}`,
    );
  else terminal.out(dim(`quayside quarantine release ${document.id} --reason …, or quayside quarantine reject ${document.id} --reason …`));
}

interface DecideOptions {
  reason: string;
  json?: boolean;
}

export const release = (commands: Commands, args: readonly string[], options: DecideOptions): Promise<number> =>
  decide(commands, args, options, 'released');
export const reject = (commands: Commands, args: readonly string[], options: DecideOptions): Promise<number> =>
  decide(commands, args, options, 'rejected');

async function decide(
  { terminal, application }: Commands,
  [id = '']: readonly string[],
  { reason, json }: DecideOptions,
  way: 'released' | 'rejected',
): Promise<number> {
  checkId(id);
  const by = operatorBecause(reason);
  return withGateway(await application(), async (gateway) => {
    const changed = way === 'released' ? await releaseQuarantined(gateway, id, by) : await rejectQuarantined(gateway, id, by);
    if (json) terminal.out(JSON.stringify({ id, done: way, changed }));
    else if (!changed) terminal.out(`${id} was ${way} before`);
    else
      terminal.out(way === 'released' ? `released ${id}: it is translated again and passes` : `rejected ${id}: it is never sent, its bytes are kept`);
    return EXIT.done;
  });
}
