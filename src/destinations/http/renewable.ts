/**
 * Something that is asked of another server once and then relied on for a while: a token, a consent.
 *
 * Single flight: whoever needs it while it is being asked for waits for the same answer, each no longer than its own attempt lasts. The
 * asking itself has a deadline of its own, so that one impatient attempt does not end it for the others. A failure is not remembered.
 */
import type { Limits } from './exchange.ts';
import { onAbort } from './stop-signal.ts';

const ASKING_MS = 10_000;
const unstoppable = new AbortController().signal;

export interface Obtained<T> {
  readonly value: T;
  /** Monotonic, `performance.now()`: not relied on after that. */
  readonly until: number;
}

export interface Renewable<T> {
  /** `kept`: it was there before it was asked for here, so that it may have become stale. Throws what the asking throws. */
  get(limits: Limits): Promise<{ readonly value: T; readonly kept: boolean }>;
  /** Forgets this value, unless another has taken its place already. */
  drop(value: T): void;
}

export function renewable<T>(ask: (limits: Limits) => Promise<Obtained<T>>): Renewable<T> {
  let current: Obtained<T> | undefined;
  let asking: Promise<Obtained<T>> | undefined;
  const askOnce = async (): Promise<Obtained<T>> => {
    try {
      current = await ask({ deadline: performance.now() + ASKING_MS, signal: unstoppable });
      return current;
    } finally {
      asking = undefined;
    }
  };
  return {
    async get(limits) {
      if (current !== undefined && performance.now() < current.until) return { value: current.value, kept: true };
      asking ??= askOnce();
      return { value: (await within(limits, asking)).value, kept: false };
    },
    drop(value) {
      if (current?.value === value) current = undefined;
    },
  };
}

function within<T>({ deadline, signal }: Limits, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      ignoreAbort();
      then();
    };
    const giveUp = (reason: string) => settle(() => reject(new Error(reason)));
    const timer = setTimeout(() => giveUp('the deadline of the attempt passed'), Math.max(0, deadline - performance.now()));
    const ignoreAbort = onAbort(signal, () => giveUp('the attempt was stopped'));
    if (signal.aborted) giveUp('the attempt was stopped');
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
