/**
 * The control role: tasks of the whole installation, each done by one process at a time, whatever the number of gateways.
 *
 * A task runs under a lease that is renewed while it runs; whoever loses the lease is told to stop. A task must be safe all the
 * same if two processes do it for a moment (a paused one does not know yet): the lease saves work, the task's own transactions decide.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asGatewayError } from '../core/errors/errors.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { leaseDrop, releaseDrop } from '../store/lanes.ts';

export interface ControlTask {
  /** Its lease is `task/<name>`. */
  readonly name: string;
  /** How long to wait between two runs. */
  readonly everyMs: number;
  /** May take as long as it has work; ends soon after the signal. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ControlRole {
  /** Waits for the runs under way. */
  close(): Promise<void>;
}

/** Short, because after a kill the task waits for it. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;

export function startControlRole(gateway: Gateway, tasks: readonly ControlTask[]): ControlRole {
  const closing = new AbortController();
  const running = tasks.map((task) => repeat(gateway, task, closing.signal));
  return {
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}

async function repeat(gateway: Gateway, task: ControlTask, signal: AbortSignal): Promise<void> {
  const { database, tenant, context } = gateway;
  const lease = `task/${task.name}`;
  const token = randomUUID();
  const log = context.log.child({ task: task.name });
  let lastFault: string | undefined;
  while (!signal.aborted) {
    try {
      // Kept between runs: a task stays where it is until its process ends.
      if (await leaseDrop(database, tenant, lease, token, LEASE_MS)) await runLeased(gateway, task, lease, token, signal);
      if (lastFault !== undefined) log.info({}, 'task is well again');
      lastFault = undefined;
    } catch (thrown) {
      const fault = asGatewayError(thrown);
      // What stays wrong is said once, not at every run.
      if (fault.line() !== lastFault) log.error({ code: fault.code, err: thrown }, 'task failed, tried again');
      lastFault = fault.line();
    }
    await sleep(task.everyMs, undefined, { signal }).catch(() => {});
  }
  await releaseDrop(database, tenant, lease, token).catch(() => {});
}

async function runLeased(gateway: Gateway, task: ControlTask, lease: string, token: string, signal: AbortSignal): Promise<void> {
  const { database, tenant } = gateway;
  const lost = new AbortController();
  let heldUntil = performance.now() + LEASE_MS;
  const renew = async () => {
    const askedAt = performance.now();
    const held = await leaseDrop(database, tenant, lease, token, LEASE_MS).catch(() => undefined);
    if (held === true) heldUntil = askedAt + LEASE_MS;
    // A store that does not answer takes the lease away only when its time is over.
    if (held === false || performance.now() > heldUntil) lost.abort();
  };
  const renewing = setInterval(() => void renew(), RENEW_MS);
  try {
    await task.run(AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(renewing);
  }
}
