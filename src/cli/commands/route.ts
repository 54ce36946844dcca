/** `quayside messages route`: events that no endpoint wanted, for the endpoints that want them now. */
import { createInterface } from 'node:readline/promises';
import { GatewayError } from '../../core/errors/errors.ts';
import { previewRouting, type Routing, routeEvents } from '../../pipeline/route-event.ts';
import { checkId } from '../ids.ts';
import { operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT } from '../terminal.ts';

interface RouteOptions {
  unrouted?: boolean;
  partner?: string;
  since?: string;
  dryRun?: boolean;
  yes?: boolean;
  reason: string;
  json?: boolean;
}

/** What is about to happen is counted first; for a whole filter a person is asked, without `--yes`. */
export async function route({ terminal, application }: Commands, ids: readonly string[], options: RouteOptions): Promise<number> {
  if (ids.length > 0 === (options.unrouted === true)) throw new GatewayError('ERR_USAGE', 'expected either ids or --unrouted with filters');
  for (const id of ids) checkId(id);
  if (options.reason.trim() === '') throw new GatewayError('ERR_USAGE', '--reason: expected a sentence for the audit, found nothing');
  const app = await application();
  const filter = { ids: options.unrouted ? undefined : ids, partner: options.partner, since: parseSince(options.since, app.now()) };
  const { gateway, close } = await app.open();
  try {
    const plan = await previewRouting(gateway, filter);
    if (options.dryRun) {
      terminal.out(options.json ? JSON.stringify({ ...plan, done: false }) : `would send ${inWords(plan)}`);
      return EXIT.done;
    }
    if (options.unrouted && !options.yes && !(await confirmed(plan))) return EXIT.inputAtFault;
    const done = await routeEvents(gateway, filter, { actor: operatorName(), reason: options.reason });
    terminal.out(options.json ? JSON.stringify({ ...done, done: true }) : `routed ${inWords(done)}`);
    return EXIT.done;
  } finally {
    await close();
  }
}

function inWords({ events, endpoints, unwanted }: Routing): string {
  const where = Object.entries(endpoints).map(([endpoint, count]) => `${count} to ${endpoint}`);
  const rest = unwanted === 0 ? '' : `; ${unwanted} that still no endpoint wants`;
  return `${events} ${events === 1 ? 'event' : 'events'}${where.length === 0 ? '' : `: ${where.join(', ')}`}${rest}`;
}

async function confirmed(plan: Routing): Promise<boolean> {
  if (plan.events === 0) return true;
  if (!process.stdin.isTTY)
    throw new GatewayError('ERR_USAGE', `${inWords(plan)} would be sent and nobody can be asked`, {
      hint: 'add --yes, or look first with --dry-run',
    });
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`send ${inWords(plan)}? [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
