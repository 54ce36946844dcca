/**
 * The demo's place on disk: a site (QUAYSIDE_HOME) with its drops, secrets and embedded stores, made anew at each start.
 *
 * One demo at a time uses it, and nothing is ever removed from a folder that the demo did not make.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../core/context.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { type DirectoryLock, lockDirectory } from '../../store/embedded/directory-lock.ts';
import { awaitPreviousServer } from '../../store/embedded/previous-server.ts';
import { privateDirectory } from '../../store/embedded/private-directory.ts';

/** Says that a folder is the demo's to empty. */
const MARK = 'made-by-quayside-demo';
const LOCK = 'lock';
const DATA = '.quayside';

export interface DemoHome {
  /** QUAYSIDE_HOME. */
  readonly directory: string;
  /** QUAYSIDE_DATA. */
  readonly data: string;
  /** QUAYSIDE_SECRETS_DIR. */
  readonly secrets: string;
  /** What the SFTP server serves: `<partner>/outbound` and, once something was taken, `<partner>/archive`. */
  readonly drops: string;
  readonly log: string;
  /** A shell reads it, and its quayside commands are about the demo. */
  readonly environment: string;
  close(): Promise<void>;
}

/** Empties it. Throws ERR_STORE_LOCKED while another demo uses it. */
export async function openDemoHome(directory: string, partners: readonly string[]): Promise<DemoHome> {
  refuseForeign(directory);
  const lock = await lockDirectory(privateDirectory(join(directory, LOCK)));
  try {
    return await makeAnew(directory, partners, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function refuseForeign(directory: string): void {
  const mark = join(directory, MARK);
  if (existsSync(mark)) return;
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new GatewayError(
      'ERR_CONFIG_ENV',
      `expected ${directory} to be new or made by an earlier demo, found something else, and touched nothing`,
      {
        hint: 'set QUAYSIDE_DATA to another directory',
      },
    );
  mkdirSync(directory, { recursive: true });
  writeFileSync(mark, 'Made by quayside demo, which empties this folder at each start.\n');
}

async function makeAnew(directory: string, partners: readonly string[], lock: DirectoryLock): Promise<DemoHome> {
  const at = (...steps: string[]) => join(directory, ...steps);
  await awaitPreviousServer(at(DATA, 'postgres', 'cluster'), silentLog);
  // Redis' folder stays: it holds hints of databases that are gone, and how to end a server that a killed demo may have left.
  const stays = new Set([MARK, LOCK, DATA]);
  for (const entry of readdirSync(directory)) if (!stays.has(entry)) rmSync(at(entry), { recursive: true });
  rmSync(at(DATA, 'postgres'), { recursive: true, force: true });
  for (const partner of partners) mkdirSync(at('drops', partner, 'outbound'), { recursive: true });
  mkdirSync(at(DATA), { recursive: true });
  return {
    directory,
    data: at(DATA),
    secrets: privateDirectory(at('secrets')),
    drops: at('drops'),
    log: at('gateway.log'),
    environment: at('env'),
    close: () => lock.release(),
  };
}

/** Values of the shipped files that are known only now: fixtures/demo/README.md. */
export interface StandIns {
  readonly SFTP_PORT: string;
  readonly SFTP_USER: string;
  readonly SFTP_HOST_KEY: string;
  readonly SFTP_ROOT: string;
  readonly ERP_URL: string;
}

/**
 * Copies the shipped site with the real values in place of its stand-ins. A secret that it takes from the environment is taken from a file
 * instead (`env:QUAYSIDE_SECRET_DEMO_ERP` → `file:demo-erp`), so that commands in another terminal find it too.
 */
export function writeSite(home: DemoHome, shipped: string, values: StandIns): void {
  const standIns = JSON.parse(readFileSync(join(shipped, 'stand-ins.json'), 'utf8')) as StandIns;
  for (const folder of ['partners', 'mappings', 'queues']) cpSync(join(shipped, folder), join(home.directory, folder), { recursive: true });
  for (const folder of ['partners', 'queues']) {
    for (const file of readdirSync(join(home.directory, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))) {
      const path = join(home.directory, folder, file);
      let text = readFileSync(path, 'utf8');
      for (const [name, standIn] of Object.entries(standIns)) text = text.replaceAll(standIn, values[name as keyof StandIns]);
      text = text.replace(/env:QUAYSIDE_SECRET_([A-Z0-9_]+)/g, (_whole, name: string) => `file:${name.toLowerCase().replaceAll('_', '-')}`);
      writeFileSync(path, text);
    }
  }
}

export function writeSecret(home: DemoHome, name: string, value: string): void {
  writeFileSync(join(home.secrets, name), value, { mode: 0o600 });
}

/** For `. env` in another shell, whatever is set there. */
export function writeEnvironment(home: DemoHome, tenant: string): void {
  const variables = { QUAYSIDE_HOME: home.directory, QUAYSIDE_DATA: home.data, QUAYSIDE_SECRETS_DIR: home.secrets, QUAYSIDE_TENANT: tenant };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  writeFileSync(home.environment, `${lines.join('\n')}\nunset DATABASE_URL REDIS_URL\n`);
}

/** As a POSIX shell takes it for one word. */
export const shellWord = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
