/** `quayside messages route`: events that no endpoint wanted, for the endpoints that want them now. */
import { GatewayError } from '../../core/errors/errors.ts';
import { previewRouting, type Routing, routeEvents } from '../../pipeline/route-event.ts';
import { confirmed } from '../confirm.ts';
import { checkId } from '../ids.ts';
import { operatorBecause } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

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
  const by = operatorBecause(options.reason);
  const app = await application();
  const filter = { ids: options.unrouted ? undefined : ids, partner: options.partner, since: parseSince(options.since, app.now()) };
  return withGateway(app, async (gateway) => {
    const plan = await previewRouting(gateway, filter);
    if (options.dryRun) {
      terminal.out(options.json ? JSON.stringify({ ...plan, done: false }) : `would send ${inWords(plan)}`);
      return EXIT.done;
    }
    if (options.unrouted && !options.yes && plan.events > 0 && !(await confirmed(`send ${inWords(plan)}?`, `${inWords(plan)} would be sent`)))
      return EXIT.inputAtFault;
    const done = await routeEvents(gateway, filter, by);
    terminal.out(options.json ? JSON.stringify({ ...done, done: true }) : `routed ${inWords(done)}`);
    return EXIT.done;
  });
}

function inWords({ events, endpoints, unwanted }: Routing): string {
  const where = Object.entries(endpoints).map(([endpoint, count]) => `${count} to ${endpoint}`);
  const rest = unwanted === 0 ? '' : `; ${unwanted} that still no endpoint wants`;
  return `${events} ${events === 1 ? 'event' : 'events'}${where.length === 0 ? '' : `: ${where.join(', ')}`}${rest}`;
}
