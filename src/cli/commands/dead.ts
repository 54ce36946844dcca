/** `quayside dead`: what was given up, why, what waits behind it, and the two ways to close it. */
import { GatewayError } from '../../core/errors/errors.ts';
import { formatProblem } from '../../core/problem.ts';
import { closeDeadLetter } from '../../pipeline/replay.ts';
import {
  type DeadLetterDetail,
  type DeadLetterFilter,
  type DeadLetterGroup,
  findDeadLetter,
  groupDeadLetters,
  listDeadLetters,
} from '../../store/dead-letters.ts';
import { checkId } from '../ids.ts';
import { parseLimit } from '../limit.ts';
import { operatorBecause } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, formatTime, type Terminal } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface ListOptions {
  partner?: string;
  endpoint?: string;
  po?: string;
  fingerprint?: string;
  since?: string;
  limit?: string;
  json?: boolean;
}

const EXAMPLES = 3;
const CAUSES = 20;
const LETTERS = 1000;

/** One group for each cause; with `--fingerprint` all of that cause, for machines one dead letter a line. */
export async function list({ terminal, application }: Commands, _args: readonly string[], options: ListOptions): Promise<number> {
  const single = options.json === true || options.fingerprint !== undefined;
  const limit = options.limit === undefined ? (single ? LETTERS : CAUSES) : parseLimit(options.limit);
  const app = await application();
  const filter: DeadLetterFilter = {
    partner: options.partner,
    endpoint: options.endpoint,
    orderNumber: options.po,
    fingerprint: options.fingerprint,
    since: parseSince(options.since, app.now()),
  };
  return withGateway(app, async (gateway) => {
    const { database, tenant } = gateway;
    if (options.json) {
      for (const letter of await listDeadLetters(database, tenant, filter, limit)) terminal.out(JSON.stringify(letter));
      return EXIT.done;
    }
    const { groups, all, allGroups } = await groupDeadLetters(
      database,
      tenant,
      filter,
      single ? { groups: CAUSES, examples: limit } : { groups: limit, examples: EXAMPLES },
    );
    if (groups.length === 0) terminal.out('no dead letters');
    else {
      for (const group of groups) printGroup(terminal, group);
      terminal.out(
        terminal.colours.dim(
          `dead letters: ${all}, causes: ${allGroups}${allGroups > groups.length ? `, of which ${groups.length} are shown: --limit` : ''}`,
        ),
      );
    }
    return EXIT.done;
  });
}

function printGroup(terminal: Terminal, { fingerprint, stage, count, examples, oldest, newest }: DeadLetterGroup): void {
  const { bold, dim } = terminal.colours;
  terminal.out(`${bold(fingerprint)}  ${count} × ${stage}: ${examples[0]?.reason ?? ''}`);
  if (count > 1) terminal.out(dim(`  from ${formatTime(oldest)} to ${formatTime(newest)}`));
  for (const letter of examples) {
    const blocks = letter.blocks > 0 ? `, ${letter.blocks} waiting behind it` : '';
    const where = letter.endpoint === null ? letter.partner : `${letter.partner} → ${letter.endpoint}`;
    terminal.out(
      `  ${letter.id}  ${formatTime(letter.at)}  ${where}  ${letter.subject}${letter.orderNumbers.length > 0 ? `, orders ${letter.orderNumbers.join(' ')}` : ''}${blocks}`,
    );
  }
  if (count > examples.length) terminal.out(dim(`  … and ${count - examples.length} more: quayside dead list --fingerprint ${fingerprint}`));
  terminal.out(dim(`  all of them: quayside replay --dead --fingerprint ${fingerprint}`));
}

export async function show({ terminal, application }: Commands, [id = '']: readonly string[], options: { json?: boolean }): Promise<number> {
  checkId(id);
  return withGateway(await application(), async (gateway) => {
    const letter = await findDeadLetter(gateway.database, gateway.tenant, id);
    if (letter === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no dead letter ${id}`);
    if (options.json) terminal.out(JSON.stringify(letter));
    else printLetter(terminal, letter);
    return EXIT.done;
  });
}

function printLetter(terminal: Terminal, letter: DeadLetterDetail): void {
  const { bold, dim } = terminal.colours;
  terminal.out(`${bold(letter.subject)} from ${letter.partner}${letter.endpoint === null ? '' : ` to ${letter.endpoint}`}`);
  terminal.out(`given up in ${letter.stage} at ${formatTime(letter.at)} UTC: ${letter.reason}`);
  if (letter.blocks > 0) terminal.out(`${letter.blocks} later deliveries of its orders wait behind it`);
  terminal.out(dim(`message ${letter.messageId}, fingerprint ${letter.fingerprint}`));
  for (const problem of letter.problems) terminal.out(`  ${formatProblem(problem)}`);
  for (const attempt of letter.attempts) {
    terminal.out(
      `  ${formatTime(attempt.startedAt)}  attempt ${attempt.n}: ${attempt.class ?? 'under way'} ${attempt.status ?? ''} ${attempt.detail ?? ''}`,
    );
    if (attempt.responseBody) terminal.out(`    answered: ${attempt.responseBody}`);
  }
  if (letter.body !== null) terminal.out(JSON.stringify(JSON.parse(letter.body), null, 2));
  terminal.out(dim(`once its cause is mended: quayside replay ${letter.id}`));
}

interface CloseOptions {
  reason: string;
  json?: boolean;
}

export const skip = (commands: Commands, args: readonly string[], options: CloseOptions): Promise<number> =>
  closeLetter(commands, args, options, 'skip');
export const discard = (commands: Commands, args: readonly string[], options: CloseOptions): Promise<number> =>
  closeLetter(commands, args, options, 'discard');

async function closeLetter(
  { terminal, application }: Commands,
  [id = '']: readonly string[],
  { reason, json }: CloseOptions,
  way: 'skip' | 'discard',
): Promise<number> {
  checkId(id);
  const by = operatorBecause(reason);
  return withGateway(await application(), async (gateway) => {
    await closeDeadLetter(gateway, id, way, by);
    if (json) terminal.out(JSON.stringify({ id, done: way }));
    else terminal.out(way === 'skip' ? `skipped ${id}: later documents of its orders go on` : `discarded ${id}`);
    return EXIT.done;
  });
}
