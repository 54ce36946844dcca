/** `quayside replay`: single things by their ids, or everything that a filter leaves, as a job. */
import { asGatewayError, GatewayError } from '../../core/errors/errors.ts';
import { formatChange } from '../../core/field-changes.ts';
import { formatProblem, lastError } from '../../core/problem.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { replay as replayOne } from '../../pipeline/replay.ts';
import { createReplayJob, planReplay, type ReplayPlan } from '../../pipeline/replay-job.ts';
import { previewRetranslation, retranslate } from '../../pipeline/retranslate.ts';
import type { ReplayFilter, ReplayMode } from '../../store/replay-jobs.ts';
import { confirmed } from '../confirm.ts';
import { followReplay } from '../follow-replay.ts';
import { checkId } from '../ids.ts';
import { operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';
import { jobLine } from './replays.ts';

interface ReplayOptions {
  dead?: boolean;
  skipped?: boolean;
  succeeded?: boolean;
  partner?: string;
  po?: string;
  fingerprint?: string;
  endpoint?: string;
  event?: string;
  since?: string;
  until?: string;
  mode: ReplayMode;
  rate?: string;
  dryRun?: boolean;
  yes?: boolean;
  detach?: boolean;
  outOfOrder?: boolean;
  reason?: string;
  json?: boolean;
}

/** What is about to happen is shown first; without `--yes` a person is asked. */
export async function replay({ terminal, application }: Commands, ids: readonly string[], options: ReplayOptions): Promise<number> {
  const state = stateOf(options);
  if (ids.length > 0 === (state !== undefined))
    throw new GatewayError('ERR_USAGE', 'expected either ids, or filters: --dead, --skipped or --succeeded, --partner, --po, …', {
      hint: 'everything that is dead: quayside replay --dead',
    });
  for (const id of ids) checkId(id);
  const app = await application();
  const since = parseSince(options.since, app.now());
  const until = parseSince(options.until, app.now(), '--until');
  return withGateway(app, async (gateway) => {
    if (state === undefined) return await replaySingly(gateway, terminal, ids, options);
    const { partner, po, endpoint, event, fingerprint } = options;
    return await replayFiltered(gateway, terminal, { state, partner, orderNumber: po, endpoint, event, fingerprint, since, until }, options);
  });
}

/** A filter that does not say so is about what is dead. */
function stateOf(options: ReplayOptions): ReplayFilter['state'] | undefined {
  const [state, other] = (['dead', 'skipped', 'succeeded'] as const).filter((name) => options[name] === true);
  if (other !== undefined) throw new GatewayError('ERR_USAGE', `expected one of --dead, --skipped and --succeeded, found --${state} and --${other}`);
  const filters = [options.partner, options.po, options.fingerprint, options.endpoint, options.event, options.since, options.until];
  return state ?? (filters.some((filter) => filter !== undefined) ? 'dead' : undefined);
}

async function replayFiltered(gateway: Gateway, terminal: Terminal, filter: ReplayFilter, options: ReplayOptions): Promise<number> {
  const { mode, dryRun, json, outOfOrder = false, reason } = options;
  const plan = await planReplay(gateway, filter, mode);
  if (!json || !dryRun) printPlan(terminal, plan);
  if (dryRun) {
    terminal.out(json ? JSON.stringify({ wouldReplay: plan.total, ...plan }) : `would replay ${plan.total}`);
    return EXIT.done;
  }
  if (plan.total === 0) {
    terminal.out(json ? JSON.stringify({ planned: 0 }) : 'nothing to replay');
    return EXIT.done;
  }
  if (!options.yes && !(await confirmed(`replay these ${plan.total}?`, `${plan.total} would be replayed`))) return EXIT.inputAtFault;
  const rate = options.rate === undefined ? undefined : Number(options.rate);
  const created = await createReplayJob(gateway, { filter, mode, outOfOrder, rate }, { actor: operatorName(), reason });
  terminal.error(`replay ${created.id} is made; stop it with: quayside replays cancel ${created.id} --reason …`);
  const job = options.detach ? created : ((await followReplay(gateway, terminal, created.id)) ?? created);
  terminal.out(json ? JSON.stringify(job) : jobLine(job));
  for (const problem of job.problems) terminal.error(`${problem.id}: ${problem.code} ${problem.message}`);
  return job.state === 'failed' || job.failed > 0 ? EXIT.inputAtFault : EXIT.done;
}

const SHOWN = 10;

function printPlan(terminal: Terminal, { causes, endpoints, partners, outOfOrder, diff }: ReplayPlan): void {
  const counted = (list: ReplayPlan['endpoints']) => list.map(({ name, count }) => `${name} ${count}`).join(', ');
  for (const { count, stage, fingerprint, reason } of causes.slice(0, SHOWN)) terminal.error(`${count} × ${stage} ${fingerprint}: ${reason}`);
  if (causes.length > SHOWN) terminal.error(`… and ${causes.length - SHOWN} more causes`);
  if (endpoints.length > 0) terminal.error(`to ${counted(endpoints)}`);
  if (partners.length > 0) terminal.error(`from ${counted(partners)}`);
  if (outOfOrder > 0) terminal.error(`${outOfOrder} of them only with --out-of-order: later documents of their orders may have gone ahead`);
  if (diff === null) return;
  terminal.error(`of ${diff.sampled} documents looked at: ${diff.unchanged} unchanged, ${diff.failing} would not be translated`);
  for (const { path, documents } of diff.fields) terminal.error(`  ${path} changes in ${documents}`);
  for (const { documentId, changes } of diff.examples) {
    terminal.error(`  document ${documentId}`);
    for (const change of changes) terminal.error(`    ${formatChange(change)}`);
  }
}

/** One after another; each is audited by itself. */
async function replaySingly(gateway: Gateway, terminal: Terminal, ids: readonly string[], options: ReplayOptions): Promise<number> {
  if (options.dryRun && options.mode === 'resend') {
    terminal.out(options.json ? JSON.stringify({ wouldReplay: ids.length }) : `would replay ${ids.length}`);
    return EXIT.done;
  }
  let failed = 0;
  for (const id of ids) {
    try {
      const said = options.mode === 'resend' ? await resendOne(gateway, id, options) : await retranslateOne(gateway, terminal, id, options);
      terminal.out(options.json ? JSON.stringify({ id, replayed: options.dryRun !== true, detail: said }) : said);
    } catch (thrown) {
      const error = asGatewayError(thrown);
      if (error.retry === 'later') throw thrown;
      failed++;
      terminal.error(error.line());
    }
  }
  return failed === 0 ? EXIT.done : EXIT.inputAtFault;
}

const resendOne = (gateway: Gateway, id: string, { reason, outOfOrder }: ReplayOptions): Promise<string> =>
  replayOne(gateway, id, { actor: operatorName(), reason }, { outOfOrder: outOfOrder === true });

async function retranslateOne(gateway: Gateway, terminal: Terminal, id: string, { dryRun, reason }: ReplayOptions): Promise<string> {
  const preview = await previewRetranslation(gateway, id);
  for (const change of preview.changes) terminal.error(`    ${formatChange(change)}`);
  for (const problem of preview.problems) terminal.error(formatProblem(problem));
  if (dryRun) return `document ${id}: ${preview.changes.length} fields would change`;
  const { outcome, problems } = await retranslate(gateway, id, { actor: operatorName(), reason });
  if (outcome !== 'failed') return `document ${id} is ${outcome}`;
  const worst = lastError(problems);
  throw new GatewayError('ERR_DOCUMENT_STATE', `document ${id} was not translated again: ${worst?.message ?? 'see quayside messages show'}`, {
    hint: worst?.hint,
  });
}
