import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApplication } from '../../app.ts';
import { readConfig } from '../../config.ts';
import { silentLog } from '../../core/context.ts';
import { openDemoHome, shellWord, writeSecret, writeSite } from './demo-home.ts';

const SHIPPED = fileURLToPath(new URL('../../../fixtures/demo', import.meta.url));
const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQO2H4qU9xR3W7Y2xv9r0X4zJ1o6m8cKQ0o5f3H1a2b';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quayside-demo-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('each start finds it empty, whatever the last demo left', async () => {
  const first = await openDemoHome(join(folder, 'demo'), ['acme']);
  writeFileSync(join(first.drops, 'acme', 'outbound', '855.edi'), 'old');
  mkdirSync(join(first.data, 'postgres', 'cluster'), { recursive: true });
  writeSecret(first, 'key', 'old');
  await first.close();
  const second = await openDemoHome(join(folder, 'demo'), ['acme', 'borealis']);
  expect(existsSync(join(second.drops, 'acme', 'outbound', '855.edi'))).toBe(false);
  expect(existsSync(join(second.drops, 'borealis', 'outbound'))).toBe(true);
  expect(existsSync(join(second.data, 'postgres'))).toBe(false);
  expect(existsSync(join(second.secrets, 'key'))).toBe(false);
  await second.close();
});

test('a folder that the demo did not make is left as it is', async () => {
  mkdirSync(join(folder, 'demo'));
  writeFileSync(join(folder, 'demo', 'thesis.txt'), 'years of work');
  await expect(openDemoHome(join(folder, 'demo'), ['acme'])).rejects.toMatchObject({ code: 'ERR_CONFIG_ENV' });
  expect(readFileSync(join(folder, 'demo', 'thesis.txt'), 'utf8')).toBe('years of work');
});

test('one demo at a time: a second one changes nothing', async () => {
  const first = await openDemoHome(join(folder, 'demo'), ['acme']);
  const file = join(first.drops, 'acme', 'outbound', '855.edi');
  writeFileSync(file, 'on its way');
  await expect(openDemoHome(join(folder, 'demo'), ['acme'])).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
  expect(readFileSync(file, 'utf8')).toBe('on its way');
  await first.close();
});

test('the site that it writes loads without a fault, its secrets included, and has no stand-in left', async () => {
  const home = await openDemoHome(join(folder, 'demo'), ['acme', 'borealis']);
  const values = { SFTP_PORT: '2222', SFTP_USER: 'someone', SFTP_HOST_KEY: HOST_KEY, SFTP_ROOT: '.', ERP_URL: 'http://127.0.0.1:3333/events' };
  writeSite(home, SHIPPED, values);
  writeSecret(home, 'demo-sftp-key', 'a key that is long enough');
  writeSecret(home, 'demo-erp', 'a secret that is long enough for signing');
  const { config } = readConfig({ QUAYSIDE_HOME: home.directory, QUAYSIDE_SECRETS_DIR: home.secrets });
  const app = createApplication(config, silentLog);
  const { catalog, problems } = app.loadCatalog(home.directory);
  expect(problems).toEqual([]);
  const drop = { type: 'sftp', options: { port: 2222, username: 'someone', hostKey: HOST_KEY } };
  expect(catalog.partners.get('acme')?.channels.drop).toMatchObject({ ...drop, options: { ...drop.options, directory: './acme/outbound' } });
  expect(catalog.endpoints.get('erp')?.options).toMatchObject({ url: values.ERP_URL, signing: { secrets: ['file:demo-erp'] } });
  const standIns: string[] = Object.values(JSON.parse(readFileSync(join(SHIPPED, 'stand-ins.json'), 'utf8')));
  for (const file of ['partners/acme/partner.yaml', 'partners/borealis/partner.yaml', 'queues/erp.yaml'])
    for (const standIn of standIns) expect(readFileSync(join(home.directory, file), 'utf8')).not.toContain(standIn);
  expect(statSync(join(home.secrets, 'demo-erp')).mode & 0o777).toBe(0o600);
  expect(statSync(home.secrets).mode & 0o777).toBe(0o700);
  await home.close();
});

test('a path is one word to a shell, whatever is in it', () => {
  expect(shellWord('/srv/demo/env')).toBe('/srv/demo/env');
  expect(shellWord("/home/o'neill/my demo")).toBe(`'/home/o'\\''neill/my demo'`);
});
