/**
 * Follows a replay job to its end, and works it off where no gateway does: under the same lease, so never twice.
 *
 * Ctrl-C leaves the job as it is. So does a job that stands, because nobody delivers: it goes on once somebody does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../pipeline/gateway.ts';
import { findReplayJob } from '../pipeline/replay-job.ts';
import { replayTask } from '../pipeline/work-replay-jobs.ts';
import { startControlRole } from '../queue/control-role.ts';
import type { ReplayJobDetail } from '../store/replay-jobs.ts';
import type { Terminal } from './terminal.ts';

const LOOK_MS = 200;
const STANDS_AFTER_MS = 15_000;

/** Returns the job as it was last seen. */
export async function followReplay(gateway: Gateway, terminal: Terminal, id: string): Promise<ReplayJobDetail | undefined> {
  const detached = new AbortController();
  const detach = () => detached.abort();
  process.once('SIGINT', detach);
  const control = startControlRole(gateway, [replayTask(gateway)]);
  const line = progressLine();
  try {
    let job = await findReplayJob(gateway, id);
    let movedAt = performance.now();
    while (job?.state === 'running' && !detached.signal.aborted) {
      line.show(progressOf(job));
      if (performance.now() - movedAt > STANDS_AFTER_MS) {
        line.end();
        terminal.error(whyItStands(job));
        return job;
      }
      await sleep(LOOK_MS, undefined, { signal: detached.signal }).catch(() => {});
      const before = doneOf(job);
      job = await findReplayJob(gateway, id);
      if (job !== undefined && doneOf(job) !== before) movedAt = performance.now();
    }
    line.end();
    if (detached.signal.aborted) terminal.error(`replay ${id} goes on without this terminal: quayside replays show ${id}`);
    return job;
  } finally {
    process.off('SIGINT', detach);
    await control.close();
  }
}

const doneOf = ({ replayed, skipped, failed }: ReplayJobDetail): number => replayed + skipped + failed;

const progressOf = (job: ReplayJobDetail): string =>
  `${doneOf(job)} of ${job.planned}: ${job.replayed} replayed, ${job.skipped} skipped, ${job.failed} failed; delivered ${job.deliveries.succeeded}`;

function whyItStands(job: ReplayJobDetail): string {
  const standing = job.lanes.filter(({ done, planned }) => done < planned).map(({ endpoint }) => endpoint ?? 'translation');
  return (
    `replay ${job.id} stands at ${doneOf(job)} of ${job.planned}: ${job.deliveries.open} of its deliveries are not finished at ${standing.join(', ')}. ` +
    `It goes on by itself once they are: look at quayside endpoint list, and whether a gateway runs`
  );
}

/** One line that is written over on a terminal; nothing elsewhere. */
function progressLine(): { show(text: string): void; end(): void } {
  const { stderr } = process;
  if (stderr.isTTY !== true) return { show() {}, end() {} };
  let shown = false;
  return {
    show(text) {
      stderr.write(`\r\u001b[K${text}`);
      shown = true;
    },
    end() {
      if (shown) stderr.write('\n');
      shown = false;
    },
  };
}
