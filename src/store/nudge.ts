/**
 * Nudges to other processes by NOTIFY, few and outside of transactions.
 *
 * However often `send` is called, a topic goes out at most once per interval: under load everybody is awake anyway.
 */
import type { Log } from '../core/context.ts';
import type { Database } from './database.ts';
import { notify } from './listen.ts';

export const NUDGE_CHANNEL = 'quayside';
const INTERVAL_MS = 20;

export interface Nudge {
  send(topic: string): void;
  /** Sends what waits; nothing can be sent afterwards. */
  flush(): Promise<void>;
}

export function createNudge(database: Database, log: Log): Nudge {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();
  let closed = false;

  const sendWaiting = async () => {
    const topics = [...waiting];
    waiting.clear();
    timer = undefined;
    for (const topic of topics) {
      // Whoever missed it polls.
      await notify(database, NUDGE_CHANNEL, topic).catch((error: unknown) => log.debug({ err: error }, 'nudge not sent'));
    }
  };
  return {
    send(topic) {
      if (closed) return;
      waiting.add(topic);
      timer ??= setTimeout(() => {
        sending = sendWaiting();
      }, INTERVAL_MS);
    },
    async flush() {
      closed = true;
      clearTimeout(timer);
      await sending;
      await sendWaiting();
    },
  };
}
