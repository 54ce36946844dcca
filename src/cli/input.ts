/** Files that a command names: one (or standard input) as a source that can be read more than once, or many and whole folders. */
import { createReadStream, createWriteStream, existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RawSource } from '../core/contracts.ts';
import { GatewayError } from '../core/errors/errors.ts';

export interface Input {
  readonly source: RawSource;
  close(): Promise<void>;
}

/** `-` is spooled to a temporary file, whatever its size; it is removed by `close`. */
export async function openInput(file: string): Promise<Input> {
  if (file !== '-') {
    if (!existsSync(file)) throw new GatewayError('ERR_FILE_READ', `there is no file ${file}`);
    if (!statSync(file).isFile()) throw new GatewayError('ERR_FILE_READ', `${file} is not a file`);
    return { source: { open: () => createReadStream(file) }, close: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), 'quayside-'));
  const spool = join(folder, 'stdin');
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(process.stdin, createWriteStream(spool, { mode: 0o600 }));
  } catch (error) {
    await close();
    throw error;
  }
  return { source: { open: () => createReadStream(spool) }, close };
}

/** Files as they are named, and those of folders by time, then by name; hidden ones and folders in folders are left out. */
export function filesOf(paths: readonly string[], since: Date | undefined): string[] {
  const found: string[] = [];
  for (const path of paths) {
    const state = statSync(path, { throwIfNoEntry: false });
    if (state === undefined) throw new GatewayError('ERR_FILE_READ', `there is no file ${path}`);
    if (state.isFile()) found.push(path);
    else if (state.isDirectory()) found.push(...filesIn(path, since));
    else throw new GatewayError('ERR_FILE_READ', `${path} is neither a file nor a folder`);
  }
  return found;
}

function filesIn(folder: string, since: Date | undefined): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({ name, path: join(folder, name), state: statSync(join(folder, name)) }))
    .filter(({ state }) => state.isFile() && state.mtimeMs >= (since?.getTime() ?? 0))
    .sort((a, b) => a.state.mtimeMs - b.state.mtimeMs || (a.name < b.name ? -1 : 1))
    .map(({ path }) => path);
}
