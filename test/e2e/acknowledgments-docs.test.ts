/** docs/acknowledgments.md: its commands are run and print what it shows, and its partner file is one that loads. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNELS } from '../../src/channels/_registry.ts';
import { DESTINATIONS } from '../../src/destinations/_registry.ts';
import { loadPartners } from '../../src/partners/load-partners.ts';
import { fileAt } from '../rules/source-files.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bill, interchange } from '../support/documents.ts';
import { type DropServer, startDropServerForTests } from '../support/drop.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import type { Home } from '../support/home.ts';
import { matchesOutput, shownCommands } from '../support/shown-commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = fileAt('docs/acknowledgments.md');

let server: DropServer;
let erp: Erp;
let home: Home;
let site: TestDatabase;
beforeAll(async () => {
  server = await startDropServerForTests();
  erp = await startErp();
  home = server.drop('docs').home(erp.url, []);
  site = await createTestDatabase();
}, 60_000);
afterAll(async () => {
  await site.drop();
  await erp.close();
  home.remove();
  await server.stop();
});

const run = (command: string): Promise<{ status: number; printed: string }> =>
  new Promise((resolve) => {
    const [program, ...args] = command.split(' ');
    expect(program).toBe('quayside');
    const env = { PATH: process.env.PATH ?? '', ...home.secrets, QUAYSIDE_HOME: home.directory, DATABASE_URL: site.url };
    execFile(process.execPath, [join(ROOT, 'bin/quayside.mjs'), ...args], { env, cwd: ROOT }, (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, printed: `${out}${err}` }),
    );
  });

const SCENES: Readonly<Record<string, () => Promise<void>>> = {
  async 'an invoice contradicts an earlier one, so it is held'() {
    const running = await startTestGateway({ home, databaseUrl: site.url, redisUrl: undefined });
    try {
      for (const [i, price] of ['12.50', '13.00'].entries()) {
        await handIn(running, 'acme', interchange({ partner: 'acme', control: i + 1 }, 'IN', [bill('INV-1', 'PO-1', { price })]));
        await until('it is answered, or not', async () => {
          const { rows } = await site.database.query<{ open: number; known: number }>(
            `select (select count(*) from acknowledgment) as known, (select count(*) from delivery where state <> 'succeeded') as open`,
          );
          return rows[0]?.known === i + 1 && rows[0]?.open === 0;
        });
      }
    } finally {
      await running.close();
    }
  },
};

describe.each(shownCommands(page).map((section) => [section.title, section.steps] as const))('%s', (_title, steps) => {
  it('goes as it is shown', { timeout: 120_000 }, async () => {
    const names = new Map<string, string>();
    for (const step of steps) {
      if (step.kind === 'scene') await SCENES[step.name]?.();
      if (step.kind !== 'command') continue;
      const { status, printed } = await run(step.command);
      expect(status, printed).toBe(step.status);
      if (!matchesOutput(step.output, printed, names)) expect(printed, `line ${step.line}`).toBe(step.output.join('\n'));
    }
  });
});

it('shows every scene that is played, and a partner file that loads', () => {
  const scenes = shownCommands(page).flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'scene' ? [step.name] : [])));
  expect(scenes).toEqual(Object.keys(SCENES));
  const [block = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const directory = join(mkdtempSync(join(tmpdir(), 'quayside-docs-')), 'partners');
  mkdirSync(join(directory, 'acme'), { recursive: true });
  writeFileSync(
    join(directory, 'acme', 'partner.yaml'),
    `partner: acme\ntitle: Acme\nstage: live\nidentities: { x12: [{ qualifier: "ZZ", id: ACME }] }\n${block}`,
  );
  const { partners, problems } = loadPartners(directory, { channels: CHANNELS, destinations: DESTINATIONS });
  rmSync(join(directory, '..'), { recursive: true, force: true });
  expect(problems).toEqual([]);
  expect(partners.get('acme')).toMatchObject({
    acknowledgments: {
      interchange: 'requested',
      group: '997',
      withinMs: 86_400_000,
      delimiters: { segment: '~', suffix: '\n' },
      outbox: { type: 'sftp' },
    },
    controlNumbers: { windowMs: 2_592_000_000, reuse: 'quarantine' },
  });
});
