/** A file or standard input as a source that can be read more than once. */
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
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
