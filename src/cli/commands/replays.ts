/** `quayside replays`: the bulk jobs, how far they are, and the way to stop one. */
import { GatewayError } from '../../core/errors/errors.ts';
import { cancelReplayJob, findReplayJob, listReplayJobs } from '../../pipeline/replay-job.ts';
import type { ReplayFilter, ReplayJob } from '../../store/replay-jobs.ts';
import { checkId } from '../ids.ts';
import { operatorBecause } from '../operator.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTime, printList } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

export async function list({ terminal, application }: Commands, _args: readonly string[], options: { json?: boolean }): Promise<number> {
  return withGateway(await application(), async (gateway) => {
    const jobs = await listReplayJobs(gateway);
    printList(terminal, options.json, jobs, {
      none: 'no replays',
      header: ['REPLAY', 'MADE', 'STATE', 'DONE', 'WHAT'],
      cells: (job) => [job.id, formatTime(job.createdAt), job.state, progressOf(job), `${job.mode} ${filterText(job.filter)}`],
    });
    return EXIT.done;
  });
}

export async function show({ terminal, application }: Commands, [id = '']: readonly string[], options: { json?: boolean }): Promise<number> {
  checkId(id);
  return withGateway(await application(), async (gateway) => {
    const job = await findReplayJob(gateway, id);
    if (job === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no replay ${id}`, { hint: 'quayside replays list' });
    if (options.json) {
      terminal.out(JSON.stringify(job));
      return EXIT.done;
    }
    terminal.out(jobLine(job));
    terminal.out(`${job.mode} ${filterText(job.filter)}${job.outOfOrder ? ', out of order' : ''}, at most ${job.rate} a second`);
    terminal.out(`made ${formatTime(job.createdAt)} UTC by ${job.createdBy}: ${job.reason ?? 'no reason given'}`);
    for (const { endpoint, planned, done } of job.lanes) terminal.out(`  ${endpoint ?? 'through translation'}: ${done} of ${planned}`);
    const { open, succeeded, dead } = job.deliveries;
    terminal.out(`of its deliveries ${succeeded} succeeded, ${open} are not finished, ${dead} are dead again`);
    for (const problem of job.problems) terminal.out(`  ${problem.id}: ${problem.code} ${problem.message}`);
    return EXIT.done;
  });
}

export async function cancel(
  { terminal, application }: Commands,
  [id = '']: readonly string[],
  { reason, json }: { reason: string; json?: boolean },
): Promise<number> {
  checkId(id);
  const by = operatorBecause(reason);
  return withGateway(await application(), async (gateway) => {
    const job = await cancelReplayJob(gateway, id, by);
    terminal.out(json ? JSON.stringify(job) : jobLine(job));
    return EXIT.done;
  });
}

export const jobLine = (job: ReplayJob): string => `replay ${job.id} is ${job.state}: ${progressOf(job)}`;

const progressOf = ({ planned, replayed, skipped, failed }: ReplayJob): string =>
  `${replayed} of ${planned} replayed, ${skipped} skipped, ${failed} failed`;

function filterText(filter: ReplayFilter): string {
  const { state, ...rest } = filter;
  const named = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value instanceof Date ? value.toISOString() : value}`],
  );
  return [`all ${state}`, ...named].join(', ');
}
