/** Where the commands of docs/operations.md and docs/runbook.md run: a site with a drop, an ERP and a gateway, and what may happen to it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApplication } from '../../src/app.ts';
import type { RunningGateway } from '../../src/cli/application.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/core/context.ts';
import { copyTestDatabase, createTestDatabase, type TestDatabase } from './database.ts';
import { acknowledge, bill, interchange, make855 } from './documents.ts';
import type { Drop, DropServer } from './drop.ts';
import { type Erp, startErp } from './erp.ts';
import { until } from './gateway.ts';
import { endpointText, type Home } from './home.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the page calls the gateway's address. */
const ADDRESS = 'http://localhost:8080';

export interface Ended {
  readonly status: number;
  /** Both streams, as a terminal shows them. */
  readonly printed: string;
}

export interface Stage {
  readonly drop: Drop;
  readonly erp: Erp;
  readonly home: Home;
  /** What the ERP answers from now on. */
  answers(how: (subject: string) => number): void;
  /** Uploads documents and waits until they are taken and translated. */
  upload(files: Readonly<Record<string, string>>): Promise<void>;
  /** Starts the gateway, again if it runs, with these variables beside the usual ones. */
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
  /** Goes on with the database as it is now in one that is a copy: returns the way back to that moment. */
  backUp(): Promise<() => void>;
  query: TestDatabase['database']['query'];
  /** In a shell of its own, with the variables that commands before it exported. */
  run(command: string): Promise<Ended>;
  close(): Promise<void>;
}

export async function openStage(server: DropServer, name: string, redisUrl: string): Promise<Stage> {
  let answer: (subject: string) => number = () => 200;
  const erp = await startErp(({ subject }) => answer(subject));
  const drop = server.drop(name);
  const home = drop.home(erp.url);
  home.write('queues/erp.yaml', queueFile(erp.url));
  const databases = [await createTestDatabase()];
  let stored = databases[0] as TestDatabase;
  let running: RunningGateway | undefined;
  let usual: Record<string, string> = {};
  const shell = join(home.directory, '.shell');
  mkdirSync(shell);
  writeFileSync(join(shell, 'quayside'), `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin/quayside.mjs')}' "$@"\n`, { mode: 0o755 });
  const variables = join(shell, 'variables');

  const stage: Stage = {
    drop,
    erp,
    home,
    answers(how) {
      answer = how;
    },
    async upload(files) {
      const { rows } = await stored.database.query<{ n: number }>('select count(*) as n from message');
      const before = rows[0]?.n ?? 0;
      for (const [file, text] of Object.entries(files)) drop.upload(file, text);
      const settled = `select from message where state <> 'received'`;
      const all = before + Object.keys(files).length;
      await until('the files are translated', async () => (await stored.database.query(settled)).rowCount === all, 120_000);
    },
    async start(environment = {}) {
      await running?.close();
      Object.assign(process.env, home.secrets);
      usual = {
        ...home.secrets,
        ...environment,
        QUAYSIDE_HOME: home.directory,
        DATABASE_URL: stored.url,
        REDIS_URL: redisUrl,
        LOG_LEVEL: 'silent',
        PORT: '0',
        PATH: [shell, process.env.PATH].join(delimiter),
        HOME: home.directory,
      };
      const { config } = readConfig(usual);
      running = await createApplication(config, silentLog).start(['all']);
    },
    async stop() {
      await running?.close();
      running = undefined;
    },
    async backUp() {
      await stage.stop();
      const backup = await copyTestDatabase(stored);
      databases.push(backup);
      await stage.start();
      return () => {
        stored = backup;
        usual.DATABASE_URL = backup.url;
      };
    },
    query: (text, values) => stored.database.query(text, values),
    run(command) {
      const exported = existsSync(variables) ? `${readFileSync(variables, 'utf8')}\n` : '';
      const script = `${exported}${command.replaceAll(ADDRESS, running?.address ?? ADDRESS)}\nended=$?; export -p > '${variables}'; exit $ended`;
      return new Promise((resolve) => {
        execFile('/bin/bash', ['-c', `exec 2>&1\n${script}`], { env: usual, cwd: home.directory }, (error, printed) =>
          resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, printed }),
        );
      });
    },
    async close() {
      await running?.close();
      for (const database of databases) await database.drop();
      await erp.close();
      home.remove();
    },
  };
  await stage.start();
  return stage;
}

/** As a site has it; its breaker only is quicker than by default. */
const queueFile = (url: string): string =>
  endpointText('erp', url, { events: '["*"]', idempotency: 'header', timeout: '5s', breaker: '{ failures: 2, probes: [300ms] }' });

const order = (number: string, control: number) => make855({ partner: 'acme', control }, number);
const invoice = (control: number, price: string) => interchange({ partner: 'acme', control }, 'IN', [bill('INV-77', '4711', { price })]);
const refused = (subject: string) => (subject === '4711' ? 422 : 200);

/** What the page says that happens. */
export const SCENES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'a gateway runs': async () => {},
  'an order came and was delivered': async (stage) => {
    await stage.upload({ '855-4711.edi': order('4711', 1) });
    await until('it is delivered', () => stage.erp.accepted().length === 1);
  },
  'the ERP is down': async (stage) => {
    stage.answers(() => 502);
    await stage.upload({ '855-4711.edi': order('4711', 1), '855-4712.edi': order('4712', 2), '855-4713.edi': order('4713', 3) });
    await until('the breaker is open', async () => (await stage.query(`select from endpoint where breaker <> 'closed'`)).rowCount === 1, 120_000);
  },
  'the ERP is back': async (stage) => stage.answers(() => 200),
  'a supplier sent everything twice': async (stage) => {
    await stage.upload({ '855-4711.edi': order('4711', 1), '855-4712.edi': order('4712', 2) });
    // The second time the same bytes, and the same document under another control number.
    await stage.upload({
      'again-855-4711.edi': order('4711', 1),
      'again-855-4712.edi': interchange({ partner: 'acme', control: 3 }, 'PR', [acknowledge('4712', 'SO-2')]),
    });
  },
  'the ERP refuses our credentials': async (stage) => {
    stage.answers(() => 401);
    await stage.upload({ '855-4711.edi': order('4711', 1), '855-4712.edi': order('4712', 2) });
    await until('it is parked', async () => (await stage.query(`select from endpoint where state = 'parked'`)).rowCount === 1, 120_000);
  },
  'the ERP refuses order 4711': async (stage) => {
    stage.answers(refused);
    await stage.upload({ '855-4711.edi': order('4711', 1) });
    await stage.upload({ '855-4711-b.edi': order('4711', 2), '855-4712.edi': order('4712', 3) });
    await until('it is dead', async () => (await stage.query(`select from delivery where state = 'dead'`)).rowCount === 1, 120_000);
  },
  'the ERP knows order 4711 now': async (stage) => stage.answers(() => 200),
  'an invoice came with another price under the same number': async (stage) => {
    await stage.upload({ '810-77.edi': invoice(1, '12.50') });
    await until('it is delivered', () => stage.erp.accepted().length === 1);
    await stage.upload({ '810-77-new.edi': invoice(2, '13.00') });
    await stage.upload({ '810-77-wrong.edi': invoice(3, '14.00') });
  },
  'the database is restored to a time before the last two files': async (stage) => {
    await stage.upload({ '855-4711.edi': order('4711', 1) });
    await until('it is delivered', () => stage.erp.accepted().length === 1);
    const restore = await stage.backUp();
    await stage.upload({ '855-4712.edi': order('4712', 2), '855-4713.edi': order('4713', 3) });
    await until('they are delivered', () => stage.erp.accepted().length === 3);
    await stage.stop();
    restore();
  },
  'the gateways are started again': (stage) => stage.start(),
  'the database has reached its limit': async (stage) => {
    await stage.start({ QUAYSIDE_DATABASE_LIMIT: '1MB' });
    stage.drop.upload('855-4711.edi', order('4711', 1));
  },
  'the disk is larger now': (stage) => stage.start({ QUAYSIDE_DATABASE_LIMIT: '200GB' }),
  'there is a folder of files': async (stage) => {
    mkdirSync(join(stage.home.directory, 'from-the-partner'));
    writeFileSync(join(stage.home.directory, 'from-the-partner', '855-4714.edi'), order('4714', 4));
  },
};
