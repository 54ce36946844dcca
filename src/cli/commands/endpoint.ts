/** `quayside endpoint`: is it served, how much waits, and the switch that stops and starts it. */
import { GatewayError } from '../../core/errors/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { pauseEndpoint, unpauseEndpoint } from '../../pipeline/pause-endpoint.ts';
import { listEndpoints } from '../../store/endpoints.ts';
import { operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTable } from '../terminal.ts';

export async function list({ terminal, application }: Commands, _args: readonly string[], options: { json?: boolean }): Promise<number> {
  const { gateway, close } = await (await application()).open();
  try {
    const endpoints = await listEndpoints(gateway.database, gateway.tenant);
    if (options.json) for (const endpoint of endpoints) terminal.out(JSON.stringify(endpoint));
    else {
      const rows = endpoints.map((e) => [e.name, e.state, String(e.open), String(e.dead), e.parkReason ?? '']);
      for (const line of formatTable(['ENDPOINT', 'STATE', 'OPEN', 'DEAD', 'WHY'], rows)) terminal.out(line);
    }
    return EXIT.done;
  } finally {
    await close();
  }
}

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
  const { gateway, close } = await (await application()).open();
  try {
    const names = (await listEndpoints(gateway.database, gateway.tenant)).map((endpoint) => endpoint.name);
    if (!names.includes(name)) {
      const near = suggest(name, names);
      throw new GatewayError('ERR_NOT_FOUND', `there is no endpoint "${name}"`, { hint: near && `did you mean "${near}"?` });
    }
    const by = { actor: operatorName(), reason };
    const changed = way === 'pause' ? await pauseEndpoint(gateway, name, by) : await unpauseEndpoint(gateway, name, by);
    if (json) terminal.out(JSON.stringify({ name, changed }));
    else
      terminal.out(
        changed ? `${name} is ${way === 'pause' ? 'paused' : 'active'}` : `${name} was ${way === 'pause' ? 'not active' : 'active already'}`,
      );
    return EXIT.done;
  } finally {
    await close();
  }
}
