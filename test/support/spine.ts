/** Sets up everything that a test of the whole road needs, and takes it down again in the right order. */
import type { RunningGateway } from '../../src/cli/application.ts';
import type { Log } from '../../src/core/context.ts';
import { listDeadLetters } from '../../src/store/dead-letters.ts';
import { findMessage, type MessageDetail } from '../../src/store/message-queries.ts';
import { createTestDatabase } from './database.ts';
import { type Delivered, type Erp, startErp } from './erp.ts';
import { startTestGateway, until } from './gateway.ts';
import { type Home, type HomeOptions, makeHome } from './home.ts';

export interface Spine {
  readonly running: RunningGateway;
  readonly erp: Erp;
  readonly home: Home;
  readonly databaseUrl: string;
  message(id: string): Promise<MessageDetail>;
  /** Waits until the message has this status. */
  reaches(id: string, status: MessageDetail['status']): Promise<MessageDetail>;
  /** Waits until there are so many dead letters. */
  deadLetters(count: number): ReturnType<typeof listDeadLetters>;
  close(): Promise<void>;
}

export interface SpineOptions {
  readonly redisUrl?: string | undefined;
  readonly answer?: (delivered: Omit<Delivered, 'status'>) => number | Promise<number>;
  readonly home?: Partial<HomeOptions>;
  /** More files of the home, before it starts. */
  readonly files?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

export async function startSpine(options: SpineOptions = {}): Promise<Spine> {
  const erp = await startErp(options.answer);
  const home = makeHome({ partners: ['acme'], endpoints: { erp: erp.url }, ...options.home });
  for (const [file, text] of Object.entries(options.files ?? {})) home.write(file, text);
  const { url, drop } = await createTestDatabase();
  const running = await startTestGateway({ home, databaseUrl: url, redisUrl: options.redisUrl, ...(options.log && { log: options.log }) });
  const { database, tenant } = running.gateway;
  const message = async (id: string) => {
    const found = await findMessage(database, tenant, id);
    if (found === undefined) throw new Error(`there is no message ${id}`);
    return found;
  };
  return {
    running,
    erp,
    home,
    databaseUrl: url,
    message,
    async reaches(id, status) {
      await until(`message ${id} is ${status}`, async () => (await message(id)).status === status || undefined);
      return message(id);
    },
    async deadLetters(count) {
      await until(`${count} dead letters`, async () => (await listDeadLetters(database, tenant)).length === count);
      return listDeadLetters(database, tenant);
    },
    async close() {
      await running.close();
      await drop();
      await erp.close();
      home.remove();
    },
  };
}
