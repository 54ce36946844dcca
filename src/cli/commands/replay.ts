/** `quayside replay`. */
import { createInterface } from 'node:readline/promises';
import { asGatewayError, GatewayError } from '../../core/errors/errors.ts';
import { replayable, replay as replayOne } from '../../pipeline/replay.ts';
import { checkId } from '../ids.ts';
import { operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT } from '../terminal.ts';

interface ReplayOptions {
  dead?: boolean;
  partner?: string;
  po?: string;
  fingerprint?: string;
  endpoint?: string;
  since?: string;
  dryRun?: boolean;
  yes?: boolean;
  outOfOrder?: boolean;
  reason?: string;
  json?: boolean;
}

/** Ids, or `--dead` with filters. What is about to happen is shown first; without `--yes` a person is asked. */
export async function replay({ terminal, application }: Commands, ids: readonly string[], options: ReplayOptions): Promise<number> {
  if (ids.length > 0 === (options.dead === true)) throw new GatewayError('ERR_USAGE', 'expected either ids or --dead with filters');
  for (const id of ids) checkId(id);
  const app = await application();
  const since = parseSince(options.since, app.now());
  const { gateway, close } = await app.open();
  try {
    const chosen = options.dead
      ? await replayable(gateway, {
          partner: options.partner,
          orderNumber: options.po,
          fingerprint: options.fingerprint,
          endpoint: options.endpoint,
          since,
        })
      : ids.map((id) => ({ id, subject: '', reason: '' }));
    if (options.dead) for (const letter of chosen) terminal.error(`${letter.id}  ${letter.subject}  ${letter.reason}`);
    if (options.dryRun) {
      terminal.out(options.json ? JSON.stringify({ wouldReplay: chosen.length }) : `would replay ${chosen.length}`);
      return EXIT.done;
    }
    if (options.dead && !options.yes && !(await confirmed(chosen.length))) return EXIT.inputAtFault;

    let failed = 0;
    for (const { id } of chosen) {
      try {
        const said = await replayOne(gateway, id, { actor: operatorName(), reason: options.reason }, { outOfOrder: options.outOfOrder === true });
        terminal.out(options.json ? JSON.stringify({ id, replayed: true, detail: said }) : said);
      } catch (thrown) {
        const error = asGatewayError(thrown);
        if (error.retry === 'later') throw thrown;
        failed++;
        terminal.error(error.line());
      }
    }
    return failed === 0 ? EXIT.done : EXIT.inputAtFault;
  } finally {
    await close();
  }
}

async function confirmed(count: number): Promise<boolean> {
  if (count === 0) return true;
  if (!process.stdin.isTTY)
    throw new GatewayError('ERR_USAGE', `${count} dead letters would be replayed and nobody can be asked`, {
      hint: 'add --yes, or look first with --dry-run',
    });
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`replay these ${count}? [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
