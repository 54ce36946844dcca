/**
 * What a killed gateway may have left behind: a PostgreSQL that is still shutting down, or that nobody told to.
 *
 * We hold the directory's lock, so no living gateway owns such a server. It is asked to stop, waited for, and stopped harder in the end.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../core/context.ts';
import { GatewayError } from '../../core/errors/errors.ts';

const POLL_MS = 25;
/** Fast shutdown writes a checkpoint, which may take long on a slow disk; an immediate one does not. */
const STEPS = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 10_000 },
] as const;

/** Returns when no server runs on `cluster`. Throws ERR_STORE_LAUNCH when one will not end. */
export async function awaitPreviousServer(cluster: string, log: Log): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = pidIn(pidFile);
  if (pid === undefined) return;
  for (const { signal, waitMs } of STEPS) {
    if (!isPostmaster(pid, cluster)) break;
    log.info({ pid, signal }, 'an earlier PostgreSQL still runs on this directory: it is stopped first');
    send(pid, signal);
    const deadline = performance.now() + waitMs;
    while (isPostmaster(pid, cluster) && performance.now() < deadline) await sleep(POLL_MS);
  }
  if (isPostmaster(pid, cluster)) {
    throw new GatewayError('ERR_STORE_LAUNCH', `an earlier PostgreSQL (process ${pid}) still runs on ${cluster} and does not end`, {
      hint: `end it: kill -QUIT ${pid}`,
    });
  }
  // The pid is another process by now (after a restart of a container, say): PostgreSQL would take that one for its rival and refuse.
  if (pidIn(pidFile) === pid && isAlive(pid)) rmSync(pidFile, { force: true });
}

function pidIn(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isAlive(pid: number): boolean {
  return send(pid, 0);
}

/** A dead process whose parent has not looked yet has no command line, so it does not count. */
function isPostmaster(pid: number, cluster: string): boolean {
  const line = commandLine(pid);
  return line.includes('postgres') && line.includes(cluster);
}

function commandLine(pid: number): string {
  if (!isAlive(pid)) return '';
  if (!existsSync('/proc/self/cmdline')) return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
