/**
 * A loop that works whenever it is woken and looks by itself every so often: a lost wake-up costs at most the interval.
 *
 * Wake-ups that come while it works are one more round, not a queue of rounds.
 */
import type { Log } from '../core/context.ts';

export interface WakeableLoop {
  wake(): void;
  /** Waits for the round under way. */
  close(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly pollMs: number;
  readonly log: Log;
}

/** `round` gets whether the poll interval has passed; it returns after how many milliseconds to look again, if that is sooner. */
export function startLoop(options: LoopOptions, round: (polled: boolean) => Promise<number | undefined>): WakeableLoop {
  let closed = false;
  let woken = true;
  let wakeUp: (() => void) | undefined;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    let polledAt = Number.NEGATIVE_INFINITY;
    while (!closed) {
      woken = false;
      const polled = performance.now() - polledAt >= options.pollMs;
      if (polled) polledAt = performance.now();
      let sleepMs = options.pollMs;
      try {
        sleepMs = Math.min(sleepMs, (await round(polled)) ?? sleepMs);
      } catch (error) {
        options.log.error({ loop: options.name, err: error }, 'round failed, tried again');
      }
      // After a fault too at most once per interval; a wake-up ends the pause early.
      if (!woken && !closed) await pause(Math.max(1, sleepMs));
      wakeUp = undefined;
    }
  };

  const running = run();
  return {
    wake() {
      woken = true;
      wakeUp?.();
    },
    async close() {
      closed = true;
      wakeUp?.();
      await running;
    },
  };
}
