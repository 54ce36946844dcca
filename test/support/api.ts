/** A gateway with its HTTP API, documents in every state that ops meets, and keys of every kind. */
import { createKey } from '../../src/access/keep-keys.ts';
import { SCOPE_NAMES, type Scope, SITE_SCOPES } from '../../src/access/scopes.ts';
import type { RunningGateway } from '../../src/cli/application.ts';
import { silentLog } from '../../src/core/context.ts';
import { PUBLISHED_SCHEMAS } from '../../src/events/documents.ts';
import type { Limits } from '../../src/http/register-routes.ts';
import { startHttp } from '../../src/http/server.ts';
import { createReplayJob } from '../../src/pipeline/replay-job.ts';
import { listDeadLetters } from '../../src/store/dead-letters.ts';
import { createTestDatabase } from './database.ts';
import { interchange, make855 } from './documents.ts';
import { startErp } from './erp.ts';
import { handIn, startTestGateway, until } from './gateway.ts';
import { makeHome } from './home.ts';

export interface Api {
  readonly running: RunningGateway;
  readonly address: string;
  /** The folder of its files. */
  readonly home: string;
  /** Of messages that `seedApi` handed in. */
  readonly messages: readonly string[];
  /** A new key, as text. */
  key(name: string, scopes: readonly Scope[], partners?: readonly string[]): Promise<string>;
  /** `authorization` is a whole header, or a key. */
  ask(path: string, options?: Asked): Promise<Response>;
  close(): Promise<void>;
}

export interface Asked {
  readonly method?: string;
  readonly key?: string | undefined;
  readonly authorization?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const PARTNER_SCOPES = SCOPE_NAMES.filter((scope) => !SITE_SCOPES.includes(scope));
export const TEST_KEEPER = { actor: 'test', reason: 'a test needs it' };
/** As many requests as a test makes. */
export const NO_LIMITS: Limits = {
  perKey: { perSecond: 10_000, burst: 10_000 },
  refusalsPerAddress: { perSecond: 10_000, burst: 10_000 },
  bodyBytes: 1024 * 1024,
};

/** Partners acme, which sends, and borealis, which does not. No dead letter is replayed by itself: the role control does not run. */
export async function startApi(limits: Limits = NO_LIMITS): Promise<Api> {
  const erp = await startErp(({ subject }) => (subject.startsWith('BAD') ? 422 : 200));
  const home = makeHome({ partners: ['acme', 'borealis'], endpoints: { erp: erp.url } });
  const { url, drop } = await createTestDatabase();
  const running = await startTestGateway({ home, databaseUrl: url, redisUrl: undefined });
  const { database, tenant } = running.gateway;
  const schemas = PUBLISHED_SCHEMAS;
  const http = await startHttp({
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    gateway: () => running.gateway,
    schemas,
    limits,
    renderMetrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: '# no figures\n' }),
    queue: async () => ({ backend: 'postgres', ok: true }),
  });
  const messages: string[] = [];
  const api: Api = {
    running,
    address: http.address,
    home: home.directory,
    messages,
    key: async (name, scopes, partners) => (await createKey(database, tenant, { name, scopes, partners, expires: '1h' }, TEST_KEEPER)).text,
    ask(path, { method = 'GET', key, authorization = key && `Bearer ${key}`, body, headers } = {}) {
      return fetch(`${http.address}${path}`, {
        method,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
    },
    async close() {
      await http.close();
      await running.close();
      await drop();
      await erp.close();
      home.remove();
    },
  };
  try {
    await seed(running, messages);
  } catch (error) {
    await api.close();
    throw error;
  }
  return api;
}

export const BAD_ORDERS = 6;
const STRANGERS = 4;

/** All of acme: what was delivered, what the ERP refused, what came from a stranger, and what is no document at all. */
async function seed(running: RunningGateway, messages: string[]): Promise<void> {
  const { database, tenant } = running.gateway;
  let control = 0;
  for (const order of ['PO 4711', 'PO 4712', ...Array.from({ length: BAD_ORDERS }, (_, i) => `BAD ${i}`)])
    messages.push(await handIn(running, 'acme', make855({ partner: 'acme', control: ++control }, order)));
  for (let i = 0; i < STRANGERS; i++) messages.push(await handIn(running, 'acme', make855({ partner: 'stranger', control: ++control }, `PO 9${i}`)));
  // A set that the standard mapping refuses: the quantity is no number.
  messages.push(
    await handIn(
      running,
      'acme',
      interchange({ partner: 'acme', control: ++control }, 'PR', [['ST*855*0001', 'BAK*00*AD*PO 1*20261101*****20261102', 'PO1*1*ten*EA', 'CTT*1']]),
    ),
  );
  messages.push(await handIn(running, 'acme', 'this is no document of any kind'));
  await until('everything is delivered, dead or held', async () => {
    const { rows } = await database.query<{ open: number }>(
      `select (select count(*) from message where state = 'received') + (select count(*) from delivery where state not in ('succeeded', 'dead'))
         + (select count(*) from event where xid >= pg_snapshot_xmin(pg_current_snapshot())) as open`,
    );
    return rows[0]?.open === 0 && (await listDeadLetters(database, tenant)).length >= BAD_ORDERS + 1;
  });
  // It stays as it was made: the role control, which would work it off, does not run.
  await createReplayJob(running.gateway, { filter: { state: 'dead', partner: 'acme' }, mode: 'resend' }, TEST_KEEPER);
}
