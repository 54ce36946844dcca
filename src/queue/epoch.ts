/** Watches whether the queue's store was emptied (FLUSHALL, a lost volume): then everything handed out is handed out again. */
import type { Gateway } from '../pipeline/gateway.ts';
import type { Carrier } from './carrier.ts';
import type { Role } from './translate-role.ts';
import { startLoop, type WakeableLoop } from './wakeable-loop.ts';

const LOOK_MS = 1000;

/** Whichever process finds the epoch gone writes a new one and requeues for all: hints that were sent meanwhile are stale, which is harmless. */
export function watchEpoch(gateway: Gateway, carrier: Carrier, roles: readonly Role[]): WakeableLoop {
  return startLoop({ name: 'epoch', pollMs: LOOK_MS, log: gateway.context.log }, async () => {
    // A store that is away has not forgotten anything yet; the hand-over says that it is away.
    const kept = await carrier.keptEpoch().catch(() => undefined);
    gateway.context.telemetry.meter.setQueueUp(kept !== undefined);
    if (kept !== false) return undefined;
    for (const role of roles) {
      await role.requeue();
      role.loop.wake();
    }
    return undefined;
  });
}
