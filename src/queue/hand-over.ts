/**
 * Gives hints to the queue; while the queue is away they are worked off in this process, straight from PostgreSQL (direct mode).
 *
 * Nothing is decided here: a hint that arrives both ways, because the queue took it and did not say so, is claimed once.
 */
import type { Log } from '../core/context.ts';
import type { Hint, HintQueue } from './carrier.ts';

export interface HandOver {
  /** Past the queue, whatever its state. */
  direct(hints: readonly Hint[], work: (data: unknown) => Promise<void>): void;
  give(queue: HintQueue, hints: readonly Hint[], work: (data: unknown) => Promise<void>): Promise<void>;
  /** Waits for what is worked off directly. */
  close(): Promise<void>;
}

export function createHandOver(log: Log): HandOver {
  const underWay = new Set<Promise<void>>();
  let away = false;
  const direct: HandOver['direct'] = (hints, work) => {
    for (const hint of hints) {
      const working = work(hint.data)
        .catch((fault: unknown) => log.error({ err: fault }, 'hint failed; PostgreSQL will hand it out again'))
        .finally(() => underWay.delete(working));
      underWay.add(working);
    }
  };
  return {
    direct,
    async give(queue, hints, work) {
      try {
        await queue.add(hints);
        if (away) log.info({}, 'the queue is back');
        away = false;
      } catch (error) {
        if (!away) log.warn({ err: error instanceof Error ? error.message : error }, 'the queue is away: working directly from PostgreSQL');
        away = true;
        direct(hints, work);
      }
    },
    async close() {
      await Promise.all(underWay);
    },
  };
}
