/**
 * The real peers that tests run against: Redis and OpenSSH, from the machine or fetched for it.
 *
 * From PATH; else, as root, installed with apt-get; else unpacked from its packages without root; else the run fails and says how to get
 * them. Nothing is skipped. No service is started.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findRedisBinary } from '../../src/queue/redis-launcher.ts';
import { findProgram } from '../../src/store/embedded/programs.ts';

const FOLDERS = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

/** A program that tests need, and where it may come from. */
export interface Peer {
  readonly name: string;
  readonly packages: readonly string[];
  /** Where the program is inside its package. */
  readonly program: string;
  /** On a PATH. */
  find(path: string): string | undefined;
}

export const REDIS: Peer = { name: 'redis-server', packages: ['redis-server'], program: 'usr/bin/redis-server', find: findRedisBinary };

export const SSHD: Peer = {
  name: 'sshd',
  packages: ['openssh-server', 'openssh-sftp-server'],
  program: 'usr/sbin/sshd',
  find: (path) => findProgram('sshd', path),
};

/** Redis or Valkey on this machine now, or what was unpacked earlier; undefined before it was acquired. */
export function findRedis(): string | undefined {
  return present(REDIS);
}

/** OpenSSH's sshd on this machine now, or what was unpacked earlier; undefined before it was acquired. */
export function findSshd(): string | undefined {
  return present(SSHD);
}

/** The program's full path. Throws, saying how to get it, when no way worked. */
export async function acquire(peer: Peer): Promise<string> {
  const found = present(peer);
  if (found !== undefined) return found;
  const reasons: string[] = [];
  for (const way of process.getuid?.() === 0 ? [install, unpack] : [unpack]) {
    try {
      await way(peer);
      const program = present(peer);
      if (program !== undefined) return program;
      reasons.push(`${way.name} ended without a ${peer.name}`);
    } catch (error) {
      reasons.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `The tests need ${peer.name} and could not get it (${reasons.join(' · ')}). Install it and have it on PATH: apt-get install ${peer.packages.join(' ')}`,
  );
}

/** Folders with unpacked programs, to be put on PATH. */
export function unpackedPrograms(): string {
  return join(cacheFolder(), 'bin');
}

function present(peer: Peer): string | undefined {
  return peer.find([process.env.PATH ?? '', FOLDERS, unpackedPrograms()].join(':'));
}

async function install(peer: Peer): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  // 101: whatever a package wants to start, it may not (invoke-rc.d).
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const words = ['install', '-y', '--no-install-recommends', ...peer.packages];
    await aptGet(words).catch(async () => {
      await aptGet(['update']);
      await aptGet(words);
    });
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

/** Into a folder of ours, with every package it depends on that the machine lacks, and a script that finds their libraries. */
async function unpack(peer: Peer): Promise<void> {
  const cache = cacheFolder();
  const work = mkdtempSync(join(cache, 'unpacking-'));
  try {
    const options = await packageLists(peer, work);
    const plan = await aptGet([...options, '--simulate', 'install', '--no-install-recommends', ...peer.packages]);
    const needed = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
    const packages = needed.length === 0 ? peer.packages : needed;
    await aptGet([...options, 'download', ...packages], work);
    const tree = join(work, 'tree');
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) await run('dpkg-deb', ['-x', file, tree], work);
    const target = join(cache, peer.name);
    rmSync(target, { recursive: true, force: true });
    renameSync(tree, target);
    const script = join(unpackedPrograms(), peer.name);
    mkdirSync(unpackedPrograms(), { recursive: true });
    writeFileSync(script, `#!/bin/sh\nLD_LIBRARY_PATH='${libraryFolders(target).join(':')}' exec '${join(target, peer.program)}' "$@"\n`);
    chmodSync(script, 0o755);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The machine's package lists where they know the package, else lists of our own, which need no root. */
async function packageLists(peer: Peer, work: string): Promise<string[]> {
  const known = await run('apt-cache', ['policy', ...peer.packages]).catch(() => '');
  if (/Candidate: (?!\(none\))/.test(known)) return [];
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(work, folder), { recursive: true });
  const options = [`Dir::State::lists=${join(work, 'lists')}`, `Dir::Cache=${work}`, 'Debug::NoLocking=1'].flatMap((option) => ['-o', option]);
  await aptGet([...options, 'update']);
  return options;
}

function libraryFolders(tree: string): string[] {
  const isLibrary = /\.so(\.\d+)*$/;
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true });
  return [...new Set(entries.filter((entry) => isLibrary.test(entry.name)).map((entry) => entry.parentPath))];
}

/** Beside the dependencies, so that it outlives a run; where those are not ours, in the temporary directory. */
function cacheFolder(): string {
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  try {
    accessSync(modules, constants.W_OK);
    const folder = join(modules, '.cache', 'quayside-peers');
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    const folder = join(tmpdir(), `quayside-peers-${process.getuid?.() ?? 0}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}

/** Waits for another apt-get, which may be another test run. */
async function aptGet(words: readonly string[], cwd = '/'): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-q', ...words], cwd);
    } catch (error) {
      if (attempt === 20 || !(error instanceof Error) || !/Could not get lock/.test(error.message)) throw error;
      await sleep(3_000);
    }
  }
}

async function run(program: string, words: readonly string[], cwd = '/'): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const done = spawnSync(program, [...words], { cwd, env, encoding: 'utf8', timeout: 300_000 });
  if (done.status === 0) return done.stdout;
  throw new Error(`${program} ${words.join(' ')}: ${done.error?.message ?? done.stderr.trim().split('\n').slice(-3).join(' ')}`);
}
