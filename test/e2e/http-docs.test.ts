/** docs/http-api.md: its commands are run as they stand there, against a running gateway, and its table of scopes is that of the code. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCOPE_NAMES, SITE_SCOPES } from '../../src/access/scopes.ts';
import { listAudit } from '../../src/store/audit-queries.ts';
import { fileAt } from '../rules/source-files.ts';
import { type Api, startApi } from '../support/api.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = fileAt('docs/http-api.md');
const script = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((block) => block[1] ?? '').join('');

let api: Api;
let folder: string;
beforeAll(async () => {
  api = await startApi();
  folder = mkdtempSync(join(tmpdir(), 'quayside-docs-'));
}, 120_000);
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The first trouble ends it, as on a terminal with `set -e`; what it prints is kept for the message. */
function run(text: string, environment: Record<string, string>): Promise<{ failed: string | undefined; out: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-euxo', 'pipefail', '-c', text], { cwd: folder, env: { ...process.env, ...environment } }, (failure, out, error) =>
      resolve({ failed: failure === null ? undefined : `${error.slice(-2000)}\n${out.slice(-2000)}`, out }),
    );
  });
}

it('every command of the page does what it says', async () => {
  const reader = await api.key('reader', SCOPE_NAMES);
  const get = async (path: string) => (await (await api.ask(path, { key: reader })).json()) as { items: { id: string }[]; next: string };
  const feed = await get('/v1/events?limit=1');
  const { gateway } = api.running;
  const old = (await api.key('old', ['events:read'])).split('_')[1] ?? '';
  const { failed } = await run(script.replaceAll('npx quayside', `"${process.execPath}" "${root}bin/quayside.mjs"`), {
    QUAYSIDE: api.address,
    DATABASE_URL: gateway.database.url,
    QUAYSIDE_HOME: api.home,
    OLD_KEY: old,
    NEXT: feed.next,
    EVENT: feed.items[0]?.id ?? '',
    MESSAGE: api.messages[0] ?? '',
    LETTER: (await get('/v1/dead-letters?stage=deliver')).items[0]?.id ?? '',
  });
  expect(failed).toBeUndefined();
  expect(readFileSync(join(folder, 'received.edi'), 'utf8')).toMatch(/^ISA\*/);
  const actions = (await listAudit(gateway.database, gateway.tenant, { actor: 'key:' }, 10)).map(({ action }) => action);
  expect(actions).toEqual(['endpoint.resumed', 'endpoint.paused', 'delivery.skipped', 'replay.created']);
}, 400_000);

it('the table of scopes is that of the code, with what a key of some partners may have', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+:[a-z]+)` \|.*\| (yes|no)\b/gm)].map(([, scope, partners]) => [scope, partners]);
  expect(rows).toEqual(SCOPE_NAMES.map((scope) => [scope, SITE_SCOPES.includes(scope) ? 'no' : 'yes']));
});
