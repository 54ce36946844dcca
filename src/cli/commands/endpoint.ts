/** `quayside endpoint`: is it served, how much waits, and the switch that stops and starts it. */
import { GatewayError } from '../../core/errors/errors.ts';
import { pauseEndpoint, unpauseEndpoint } from '../../pipeline/pause-endpoint.ts';
import { planRetirement, retireEndpoint, unknownEndpoint } from '../../pipeline/retire-endpoint.ts';
import { type EndpointState, listEndpoints } from '../../store/endpoints.ts';
import { confirmed } from '../confirm.ts';
import { operatorBecause, operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTime, printList } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

export async function list({ terminal, application }: Commands, _args: readonly string[], options: { json?: boolean }): Promise<number> {
  return withGateway(await application(), async (gateway) => {
    const endpoints = await listEndpoints(gateway.database, gateway.tenant);
    printList(terminal, options.json, endpoints, {
      header: ['ENDPOINT', 'STATE', 'OPEN', 'DEAD', 'WHY'],
      cells: (e) => [e.name, e.state, String(e.open), String(e.dead), e.parkReason ?? brokenText(e)],
    });
    return EXIT.done;
  });
}

/** Why an active endpoint gets nothing but probes. */
const brokenText = ({ breaker, openedAt }: EndpointState): string =>
  breaker === 'closed' || openedAt === null ? '' : `not well since ${formatTime(openedAt)} UTC: only probed, served again by itself`;

interface ChangeOptions {
  reason?: string;
  json?: boolean;
}

export const pause = (commands: Commands, args: readonly string[], options: ChangeOptions): Promise<number> =>
  change(commands, args, options, 'pause');
export const resume = (commands: Commands, args: readonly string[], options: ChangeOptions): Promise<number> =>
  change(commands, args, options, 'resume');

async function change(
  { terminal, application }: Commands,
  [name = '']: readonly string[],
  { reason, json }: ChangeOptions,
  way: 'pause' | 'resume',
): Promise<number> {
  return withGateway(await application(), async (gateway) => {
    const names = (await listEndpoints(gateway.database, gateway.tenant)).map((endpoint) => endpoint.name);
    if (!names.includes(name)) throw unknownEndpoint(name, names);
    const by = { actor: operatorName(), reason };
    const changed = way === 'pause' ? await pauseEndpoint(gateway, name, by) : await unpauseEndpoint(gateway, name, by);
    if (json) terminal.out(JSON.stringify({ name, changed }));
    else
      terminal.out(
        changed ? `${name} is ${way === 'pause' ? 'paused' : 'active'}` : `${name} was ${way === 'pause' ? 'not active' : 'active already'}`,
      );
    return EXIT.done;
  });
}

interface RetireOptions {
  to?: string;
  discard?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  reason: string;
  json?: boolean;
}

/** Shows what would become of the backlog; without `--yes` a person is asked. */
export async function retire({ terminal, application }: Commands, [name = '']: readonly string[], options: RetireOptions): Promise<number> {
  const { to, discard, dryRun, yes, reason, json } = options;
  if ((to === undefined) === (discard !== true)) throw new GatewayError('ERR_USAGE', 'expected either --to OTHER or --discard');
  const by = operatorBecause(reason);
  const goes = to === undefined ? 'discard' : { to };
  return withGateway(await application(), async (gateway) => {
    const plan = await planRetirement(gateway, name, goes);
    const way = to === undefined ? 'given up' : `moved to ${to}`;
    const shared = plan.shared > 0 ? `, ${plan.shared} of them discarded because ${to} has their events already` : '';
    const what = `${plan.open} open and ${plan.dead} dead deliveries of ${name} would be ${way}${shared}`;
    if (dryRun) {
      terminal.out(json ? JSON.stringify({ ...plan, to: to ?? null }) : what);
      return EXIT.done;
    }
    terminal.error(what);
    if (!yes && !(await confirmed(`retire ${name}?`, what))) return EXIT.inputAtFault;
    const settled = await retireEndpoint(gateway, name, goes, by);
    if (json) terminal.out(JSON.stringify({ name, ...settled }));
    else {
      const left = settled.underWay > 0 ? `; ${settled.underWay} follow once their attempts have ended, if a gateway runs` : '';
      terminal.out(`${name} is retired: ${settled.moved} moved, ${settled.discarded} discarded${left}. Now remove its queue file`);
    }
    return EXIT.done;
  });
}
