/**
 * Finding programs of the machine and starting servers that end with us.
 *
 * A server gets a process group of its own, so that Ctrl-C reaches the gateway alone and workers can be closed first. `setpriv --pdeathsig`
 * ends it when the gateway is killed; where that is missing (macOS, busybox) the next launch finds and ends what was left behind.
 * A server sees none of our environment: secrets stay with the gateway.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where the tools are looked for when nobody hands in a PATH. */
export const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

/** The first executable file of that name on a PATH; relative entries are ignored. */
export function findProgram(name: string, pathVariable: string): string | undefined {
  for (const folder of pathVariable.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not there, or not for us: the next folder.
    }
  }
  return undefined;
}

/** The words to put before a command so that the kernel sends it `signal` when its parent dies; none where that cannot be had. */
export function tieToParent(signal: 'INT' | 'TERM', pathVariable: string): readonly string[] {
  const setpriv = findProgram('setpriv', pathVariable);
  if (setpriv === undefined) return [];
  const words = [setpriv, '--pdeathsig', signal];
  return spawnSync(setpriv, [...words.slice(1), '/bin/sh', '-c', ':'], { stdio: 'ignore' }).status === 0 ? words : [];
}

export interface ServerCommand {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Both outputs are appended here. */
  readonly logFile: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string | undefined;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface ServerProcess {
  readonly pid: number | undefined;
  /** Resolves, never rejects, when the process is gone: how it ended, in words. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
}

export function startServer(command: ServerCommand): ServerProcess {
  const [program = '', ...args] = command.words;
  const logFd = openSync(command.logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: command.directory,
      env: { ...command.environment },
      detached: true,
      stdio: [command.input === undefined ? 'ignore' : 'pipe', logFd, logFd],
      ...(command.user === undefined ? {} : command.user),
    });
  } finally {
    closeSync(logFd);
  }
  if (command.input !== undefined) {
    // A server that dies at once closes its end: the reason is in its log, not here.
    child.stdin?.on('error', () => {});
    child.stdin?.end(command.input);
  }
  const endWithUs = () => child.kill('SIGINT');
  process.once('exit', endWithUs);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    const end = (how: string) => {
      over = true;
      process.removeListener('exit', endWithUs);
      resolve(how);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  return { pid: child.pid, ended, hasEnded: () => over, signal: (signal) => void child.kill(signal) };
}

/** Sends each signal in turn until the process is gone. Returns the last signal that was needed. */
export async function stopServer(
  server: ServerProcess,
  steps: readonly { signal: NodeJS.Signals; waitMs: number }[],
): Promise<NodeJS.Signals | undefined> {
  let last: NodeJS.Signals | undefined;
  for (const step of steps) {
    if (server.hasEnded()) break;
    last = step.signal;
    server.signal(step.signal);
    await within(server.ended, step.waitMs);
  }
  return last;
}

/** Waits for `promise`, but not longer than that; the timer never keeps the process alive on its own account. */
async function within<T>(promise: Promise<T>, waitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, waitMs, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The last lines of a server's log, for an error message. */
export function logTail(logFile: string, lines = 5): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join(' | ');
  } catch {
    return '';
  }
}
