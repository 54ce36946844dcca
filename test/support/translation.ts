/** A gateway that translates and delivers nothing: what T2 and people make of documents, seen in the database. */
import type { Database } from '../../src/store/database.ts';
import { findMessage, type MessageDetail } from '../../src/store/message-queries.ts';
import { createTestDatabase } from './database.ts';
import { handIn, startTestGateway, until } from './gateway.ts';
import { type Home, type HomeOptions, makeHome } from './home.ts';

export interface EventRow {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly basis: string;
  readonly supersedes: string | null;
  readonly documentId: string;
  readonly deliveries: number;
  readonly body: {
    readonly id: string;
    readonly causationid?: string;
    readonly sequence: string;
    readonly data: { readonly document: { readonly revision?: string; readonly purpose: string } } & Record<string, unknown>;
  };
}

export interface TranslationSite {
  readonly gateway: Awaited<ReturnType<typeof startTestGateway>>['gateway'];
  readonly database: Database;
  readonly home: Home;
  /** Hands in and waits until T2 is through with it. */
  translated(text: string, partner?: string): Promise<MessageDetail>;
  /** Waits until nothing is to be translated. */
  settled(): Promise<void>;
  /** In the order in which they were published. */
  events(): Promise<EventRow[]>;
  audited(): Promise<
    { readonly action: string; readonly subject: string; readonly before: unknown; readonly after: unknown; readonly reason: string }[]
  >;
  /** Stops the gateway and nothing else; `close` then finds it stopped. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Endpoints lead nowhere; `erp` subscribes to everything. */
export async function startTranslation(options: Partial<HomeOptions> = {}): Promise<TranslationSite> {
  const home = makeHome({ partners: ['acme'], endpoints: { erp: 'http://127.0.0.1:9/events' }, ...options });
  const { url, database, drop } = await createTestDatabase();
  const running = await startTestGateway({ home, databaseUrl: url, redisUrl: undefined, roles: ['translate'] });
  const { gateway } = running;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= running.close();
    return stopping;
  };
  // The deliver role does this where it runs.
  for (const name of gateway.catalog().endpoints.keys())
    await database.query(`insert into endpoint (tenant, name) values ('default', $1) on conflict do nothing`, [name]);
  const settled = async () => {
    const waiting = () => database.query<{ n: number }>(`select count(*) as n from message where state = 'received'`);
    await until('all translated', async () => (await waiting()).rows[0]?.n === 0, 180_000);
  };
  return {
    gateway,
    database,
    home,
    settled,
    async translated(text, partner = 'acme') {
      const id = await handIn(running, partner, text);
      await settled();
      const message = await findMessage(database, 'default', id);
      if (message === undefined) throw new Error('the message is gone');
      return message;
    },
    async events() {
      const { rows } = await database.query<EventRow & { body: string }>(
        `select e.id, e.name, b.revision, b.basis, b.supersedes, e.document_id as "documentId", e.body,
           (select count(*) from delivery d where d.event_id = e.id) as deliveries
         from event e left join business_document b on b.event_id = e.id join document d on d.id = e.document_id join message m on m.id = d.message_id
         order by e.created_at, m.arrival, d.ordinal`,
      );
      return rows.map((row) => ({ ...row, body: JSON.parse(row.body as unknown as string) }));
    },
    async audited() {
      return (await database.query<never>('select action, subject, before, after, reason from audit order by id')).rows;
    },
    stop,
    async close() {
      await stop();
      await drop();
      home.remove();
    },
  };
}
