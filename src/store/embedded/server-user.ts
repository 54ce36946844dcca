/**
 * As whom PostgreSQL runs, since it refuses root.
 *
 * An ordinary user runs it directly. Root runs it in a user namespace, where it is some unprivileged user but its files stay root's; where
 * namespaces are refused (most containers) it runs as a real unprivileged user, from a copy of the binaries, with the directory given to it.
 * initdb insists on an account for its uid, hence the look into /etc/passwd. Every way is tried out before it is taken.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';
import { type Binaries, copyBinaries, linkLibraries } from './binaries.ts';
import { giveTree, type Owner, privateDirectory, self } from './private-directory.ts';
import { findProgram, SYSTEM_PATH } from './programs.ts';

/** One way to run the server's programs, tried out. */
export interface ServerUser {
  /** In words, for the log. */
  readonly how: string;
  /** Goes before a command. */
  readonly words: readonly string[];
  /** Whom the parent turns the process into. */
  readonly user: Owner | undefined;
  /** To whom files belong, as the host sees it. */
  readonly owner: Owner;
  readonly binaries: Binaries;
  readonly environment: Readonly<Record<string, string>>;
}

interface Way {
  readonly how: string;
  readonly words: readonly string[];
  readonly user?: Owner;
  /** To whom files belong, as the host sees it. */
  readonly owner: Owner;
  /** The folder for a copy of the binaries, where it needs one. */
  readonly copyTo?: string;
}

/** `directory` is private, real and locked by us. Throws ERR_STORE_LAUNCH with the reason of each way when none works. */
export function chooseServerUser(binaries: Binaries, directory: string, pathVariable: string): ServerUser {
  const reasons: string[] = [];
  for (const way of waysToRun(directory, pathVariable, reasons)) {
    giveTree(directory, way.owner);
    const probe = join(directory, 'probe');
    const unwritable = faultOf([...way.words, '/bin/sh', '-c', ': > "$0"', probe], {}, way.user);
    rmSync(probe, { force: true });
    if (unwritable !== undefined) {
      reasons.push(`${way.how}: ${unwritable}`);
      continue;
    }
    const chosen = way.copyTo === undefined ? binaries : copyBinaries(binaries, way.copyTo);
    const environment = { ...linkLibraries(chosen, join(directory, 'libraries')), PATH: SYSTEM_PATH, LC_ALL: 'C', TZ: 'UTC' };
    const fault = faultOf([...way.words, join(chosen.native, 'bin', 'postgres'), '--version'], environment, way.user);
    if (fault === undefined) return { how: way.how, words: way.words, user: way.user, owner: way.owner, binaries: chosen, environment };
    reasons.push(`${way.how}: ${fault}`);
  }
  throw new GatewayError('ERR_STORE_LAUNCH', `PostgreSQL cannot be run here. ${reasons.join(' · ')}`, {
    hint: 'set DATABASE_URL to a PostgreSQL server of your own, or run as an ordinary user that has an account',
  });
}

function* waysToRun(directory: string, pathVariable: string, reasons: string[]): Generator<Way> {
  const isRoot = self.uid === 0;
  if (!isRoot && hasAccount()) {
    yield { how: 'directly', words: [], owner: self };
    return;
  }
  const account = unprivilegedAccount();
  if (account === undefined) {
    reasons.push('/etc/passwd names no unprivileged user');
    return;
  }
  const unshare = findProgram('unshare', pathVariable);
  if (unshare !== undefined) {
    const words = [unshare, '--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`];
    const fault = faultOf([...words, '/bin/sh', '-c', ':'], {}, undefined);
    if (fault === undefined) yield { how: 'in a user namespace', words, owner: self };
    else reasons.push(`in a user namespace: ${fault}`);
  }
  if (!isRoot) return;
  const how = `as uid ${account.uid}`;
  yield { how, words: [], user: account, owner: account, copyTo: directory };
  const setpriv = findProgram('setpriv', pathVariable);
  if (setpriv === undefined) return;
  // The directory may lie below one that only root enters (/root): the one capability that walks through, the weaker one first.
  // PostgreSQL asks access(2), which looks past capabilities, for its own programs: these must be where anyone can go.
  const copyTo = privateDirectory(join(tmpdir(), `quayside-${self.uid}-postgres`));
  chmodSync(copyTo, 0o711);
  for (const capability of ['dac_read_search', 'dac_override']) {
    const drop = [setpriv, `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
    const words = [...drop, `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
    yield { how: `${how} with ${capability}`, words, owner: account, copyTo };
  }
}

function faultOf(command: readonly string[], environment: Readonly<Record<string, string>>, user: Owner | undefined): string | undefined {
  const [program = '', ...args] = command;
  const done = spawnSync(program, args, { cwd: '/', env: environment, encoding: 'utf8', timeout: 20_000, ...(user ?? {}) });
  if (done.error === undefined && done.status === 0) return undefined;
  return done.error?.message ?? (done.stderr.trim().split('\n').at(-1) || `exit code ${done.status}`);
}

function hasAccount(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL's own account where the machine has one, else nobody, else the first that is not root. */
function unprivilegedAccount(): Owner | undefined {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const account = accounts.find(({ name }) => name === 'postgres') ?? accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  return account === undefined ? undefined : { uid: account.uid, gid: account.gid };
}
