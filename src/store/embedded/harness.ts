/** For tests: launches in processes of their own, which can be killed or run as another user. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface LaunchedGateway {
  readonly child: ChildProcess;
  readonly url: string;
  readonly describe: string;
  /** As a power cut would: no code of it runs any more. */
  kill(): Promise<void>;
  /** Asks it to stop the server and waits for its end; the exit code. */
  stop(): Promise<number | null>;
}

/** A process that launches an embedded server and keeps it. Rejects with what it wrote to stderr when that fails. */
export async function launchInProcess(dataDirectory: string, options: { pathVariable?: string; durable?: boolean; uid?: number; gid?: number } = {}) {
  const { uid, gid, ...rest } = options;
  const asked = JSON.stringify({ dataDirectory, ...rest });
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const as = uid === undefined ? {} : { uid, gid: gid ?? uid };
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), asked], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'], ...as });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('close', () => reject(new Error(stderr)));
  });
  const { url, describe } = JSON.parse(line) as { url: string; describe: string };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const stop = () => {
    child.stdin.end();
    return ended;
  };
  return { child, url, describe, kill, stop } satisfies LaunchedGateway;
}

async function main(asked: string): Promise<void> {
  const [{ silentLog }, { launchPostgres }] = await Promise.all([import('../../core/context.ts'), import('./launch-postgres.ts')]);
  const server = await launchPostgres({ log: silentLog, ...(JSON.parse(asked) as { dataDirectory: string }) });
  process.stdout.write(`${JSON.stringify({ url: server.url, describe: server.describe })}\n`);
  process.stdin.resume().once('end', () => void server.stop());
}

const asked = process.argv[2];
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href && asked !== undefined) await main(asked);
