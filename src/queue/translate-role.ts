/**
 * The translate role: hands lanes with due messages to workers through the queue, and works through them.
 *
 * Fair by two rules: a lane whose next message is large does not go through the queue, it is worked on where one of the few slots for
 * such is free, and until then waits in PostgreSQL, unhinted; and a turn of a lane is short, or it is one large message.
 */
import type { Gateway } from '../pipeline/gateway.ts';
import { LARGE_BYTES, translateLane } from '../pipeline/translate-lane.ts';
import { forgetLaneHints, hintDueLanes, type LaneHint } from '../store/lanes.ts';
import { removeOrphanedRaw } from '../store/raw.ts';
import type { Carrier } from './carrier.ts';
import { createHandOver } from './hand-over.ts';
import { startLoop, type WakeableLoop } from './wakeable-loop.ts';

const QUEUE = 'translate';
/** Partners translated at a time in one process, and those beside them whose next message is large. */
const CONCURRENCY = 4;
const LARGE_SLOTS = 2;
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
  const shutdown = new AbortController();
  const work = (data: unknown) => translateLane(gateway, data as LaneHint, shutdown.signal);
  const worker = carrier.work(QUEUE, CONCURRENCY, work);
  const handOver = createHandOver(gateway.context.log);
  const large = new Set<Promise<void>>();
  let cleanedAt = Number.NEGATIVE_INFINITY;

  const startLarge = (hint: LaneHint): void => {
    const work = translateLane(gateway, hint, shutdown.signal)
      .catch((error: unknown) => gateway.context.log.error({ partner: hint.partner, err: error }, 'lane failed; PostgreSQL will hand it out again'))
      .finally(() => {
        large.delete(work);
        loop.wake();
      });
    large.add(work);
  };

  const loop = startLoop({ name: 'translate', pollMs: POLL_MS, log: gateway.context.log }, async () => {
    const room = { small: HINTS_A_ROUND, large: LARGE_SLOTS - large.size, largeBytes: LARGE_BYTES };
    const due = await hintDueLanes(gateway.database, gateway.tenant, room);
    for (const hint of due) if (hint.large) startLarge(hint);
    const hints = due.filter((hint) => !hint.large);
    if (hints.length > 0) {
      const jobs = hints.map((hint) => ({ id: `t-${hint.partner}-${hint.generation}`, data: hint }));
      await handOver.give(queue, jobs, work);
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
      shutdown.abort();
      await loop.close();
      await worker.close();
      await Promise.all([handOver.close(), ...large]);
    },
  };
}
