/** The translate role: hands lanes with due messages to workers through the queue, and works through them. */

import type { Gateway } from '../pipeline/gateway.ts';
import { translateLane } from '../pipeline/translate-lane.ts';
import { forgetLaneHints, hintDueLanes, type LaneHint } from '../store/lanes.ts';
import { removeOrphanedRaw } from '../store/raw.ts';
import type { Carrier } from './carrier.ts';
import { startLoop, type WakeableLoop } from './wakeable-loop.ts';

const QUEUE = 'translate';
/** Partners translated at a time in one process. */
const CONCURRENCY = 4;
const HINTS_A_ROUND = 100;
const POLL_MS = 1000;
const CLEAN_UP_MS = 3_600_000;

export interface Role {
  readonly loop: WakeableLoop;
  /** The queue's store was found empty: everything that was handed out is handed out again. */
  requeue(): Promise<void>;
  close(): Promise<void>;
}

export function startTranslateRole(gateway: Gateway, carrier: Carrier): Role {
  const queue = carrier.queue(QUEUE);
  const worker = carrier.work(QUEUE, CONCURRENCY, (data) => translateLane(gateway, data as LaneHint));
  let cleanedAt = Number.NEGATIVE_INFINITY;

  const loop = startLoop({ name: 'translate', pollMs: POLL_MS, log: gateway.context.log }, async () => {
    const hints = await hintDueLanes(gateway.database, gateway.tenant, HINTS_A_ROUND);
    if (hints.length > 0) {
      try {
        await queue.add(hints.map((hint) => ({ id: `t-${hint.partner}-${hint.generation}`, data: hint })));
      } catch (error) {
        await forgetLaneHints(gateway.database, gateway.tenant);
        throw error;
      }
    }
    if (performance.now() - cleanedAt > CLEAN_UP_MS) {
      cleanedAt = performance.now();
      await removeOrphanedRaw(gateway.database);
    }
    return hints.length === HINTS_A_ROUND ? 0 : undefined;
  });
  return {
    loop,
    requeue: () => forgetLaneHints(gateway.database, gateway.tenant),
    async close() {
      await loop.close();
      await worker.close();
    },
  };
}
