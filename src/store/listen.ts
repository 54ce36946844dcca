/**
 * LISTEN and NOTIFY: a nudge that something may be due, so that nobody waits for the next poll.
 *
 * A nudge may be lost (while the connection is down) or come twice: whoever listens also polls. A NOTIFY inside a transaction takes a
 * lock that serialises all such commits, hence `notify` takes the pool and cannot be handed a transaction: call it after the commit.
 */
import pg from 'pg';
import { connectionSettings, type Database, storeFault } from './database.ts';

export interface Listener {
  /** No call of `onNotify` begins after this. */
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Listens on a connection of its own and connects again, for ever, when that is lost; then calls `onNotify` with an empty payload, since
 * something may have been missed. Throws ERR_STORE_UNAVAILABLE when the first connection cannot be made.
 */
export async function listen(database: Database, channel: string, onNotify: (payload: string) => void): Promise<Listener> {
  let closed = false;
  let current: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = FIRST_PAUSE_MS;

  const connect = async () => {
    const client = new pg.Client(connectionSettings(database.url, `quayside-listen-${channel}`));
    client.on('error', () => {});
    client.on('notification', (message) => {
      if (!closed) onNotify(message.payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw storeFault(error);
    }
    current = client;
    client.once('end', () => {
      current = undefined;
      if (!closed) reconnectSoon();
    });
    if (closed) await client.end().catch(() => {});
  };
  const reconnectSoon = () => {
    timer = setTimeout(() => {
      connect().then(
        () => {
          pauseMs = FIRST_PAUSE_MS;
          if (!closed) onNotify('');
        },
        () => {
          pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
          if (!closed) reconnectSoon();
        },
      );
    }, pauseMs);
  };

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await current?.end().catch(() => {});
    },
  };
}

/** Nudges all listeners of a channel, at once and outside any transaction. */
export async function notify(database: Database, channel: string, payload = ''): Promise<void> {
  await database.query('SELECT pg_notify($1, $2)', [channel, payload]);
}
