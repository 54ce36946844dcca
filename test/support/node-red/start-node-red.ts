/** A Node-RED process of its own on 127.0.0.1, with the flow of this folder: it verifies, deduplicates, and tells what it saw. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOLDER, installNodeRed } from './install-node-red.ts';

export interface Seen {
  /** webhook-id, which is the idempotency key. */
  readonly id: string;
  readonly status: number;
  readonly why: string;
  readonly attempt: string;
  readonly mode: 'structured' | 'binary';
  /** Of the raw bytes, hex. */
  readonly sha256: string;
}

export interface NodeRed {
  readonly url: string;
  seen(): Promise<{ readonly accepted: Seen[]; readonly repeated: Seen[]; readonly refused: Seen[] }>;
  /** Takes the next events and answers 500 all the same. */
  failNext(count: number): Promise<void>;
  close(): Promise<void>;
}

const START_MS = 60_000;

export async function startNodeRed(signingSecret: string): Promise<NodeRed> {
  const program = installNodeRed();
  const directory = mkdtempSync(join(tmpdir(), 'quayside-node-red-'));
  for (const file of ['settings.cjs', 'flows.json']) copyFileSync(join(FOLDER, file), join(directory, file));
  const child = spawn(process.execPath, [program, '--userDir', directory, '--settings', join(directory, 'settings.cjs')], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, LANG: 'en_US.UTF-8', SIGNING_SECRET: signingSecret },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const listening = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Node-RED did not start within ${START_MS} ms:\n${log}`)), START_MS);
    const read = (chunk: Buffer) => {
      log += chunk.toString();
      const origin = /Server now running at (http:\/\/127\.0\.0\.1:\d+)/.exec(log)?.[1];
      if (origin === undefined || !log.includes('Started flows')) return;
      clearTimeout(timer);
      resolve(origin);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => reject(new Error(`Node-RED ended:\n${log}`)));
  });
  try {
    const origin = await listening;
    return {
      url: `${origin}/events`,
      seen: async () => (await (await fetch(`${origin}/seen`)).json()) as Awaited<ReturnType<NodeRed['seen']>>,
      async failNext(count) {
        const answer = await fetch(`${origin}/faults/${count}`, { method: 'PUT' });
        if (answer.status !== 204) throw new Error(`PUT /faults: expected 204, found ${answer.status}`);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
