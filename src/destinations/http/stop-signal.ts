/**
 * Being told when a signal aborts, by hundreds at a time.
 *
 * Each attempt under way listens to the one signal of the process. Node keeps listeners of an EventTarget in a list that it searches and
 * warns about beyond ten; here a signal has one listener of ours, and those who wait are in a set.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `stop` once when the signal aborts; returns how to stop waiting. Says nothing of a signal that has aborted already. */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  const known = waiting.get(signal);
  const all = known ?? new Set();
  if (known === undefined) {
    waiting.set(signal, all);
    signal.addEventListener('abort', () => {
      for (const each of [...all]) each();
    });
  }
  all.add(stop);
  return () => void all.delete(stop);
}
