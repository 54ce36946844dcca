/**
 * SFTP servers to talk to: a real OpenSSH where there is one, else our own. The demo's drops and the tests' peers are the same.
 *
 * OpenSSH is started on a free port without touching the machine's own configuration and runs as whoever runs us: one account (that
 * user), one key, SFTP only. It ends with us: by `stop`, when this process exits, and, where setpriv exists, even when it is killed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { silentLog } from '../../core/context.ts';
import { freePort } from '../../core/free-port.ts';
import { silentTelemetry } from '../../core/telemetry.ts';
import { SftpSession } from '../../ssh/session.ts';
import { startDropServer } from './drop-server.ts';
import { settingsOf } from './options.ts';
import { generateKeys, type PeerKeys, type PeerSettings, type SftpPeer } from './peer.ts';

const START_TIMEOUT_MS = 10_000;
/** Where packages put it; often not on an ordinary user's PATH. */
const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/sbin'];
/** Compiled into Debian's sshd and made by its init script, which containers do not run; as root sshd refuses to start without it. */
const PRIVILEGE_SEPARATION_FOLDER = '/run/sshd';

/** Our own server where OpenSSH is missing or will not start (an account without a name, for one); `fallback` says why. */
export async function startSftpPeer(settings: PeerSettings & { readonly path?: string }): Promise<SftpPeer & { readonly fallback?: string }> {
  const sshd = findSshd(settings.path);
  if (sshd === undefined) return { ...(await startDropServer(settings)), fallback: 'OpenSSH is not installed' };
  try {
    return await startOpenSsh({ ...settings, sshd });
  } catch (error) {
    return { ...(await startDropServer(settings)), fallback: error instanceof Error ? error.message : String(error) };
  }
}

/** The full path of sshd (it insists on being started by it), looked for on the given PATH and in the usual folders. */
export const findSshd = (path = ''): string | undefined => findExecutable('sshd', [...path.split(delimiter), ...USUAL_FOLDERS]);

function findExecutable(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Throws with what sshd said when it does not start, or lets no one in. */
export async function startOpenSsh(settings: PeerSettings & { readonly sshd: string }): Promise<SftpPeer> {
  const keys = generateKeys();
  const directory = await realpath(settings.directory);
  const username = userInfo().username;
  const state = await mkdtemp(join(tmpdir(), 'quayside-sshd-'));
  let child: ChildProcess | undefined;
  const kill = (): void => void child?.kill('SIGTERM');
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    if (child !== undefined) await end(child);
    await rm(state, { recursive: true, force: true });
  };
  try {
    if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION_FOLDER, { recursive: true, mode: 0o755 });
    const port = settings.port ?? (await freePort());
    // internal-sftp splits its arguments at blanks and expands percent signs: the folder is named by a link that has neither.
    const served = join(state, 'served');
    await symlink(directory, served);
    const config = await writeState(state, keys, served, port, await versionOf(settings.sshd));
    process.once('exit', kill);
    child = launch(settings.sshd, config);
    await listening(child);
    const peer = { kind: 'openssh', host: '127.0.0.1', port, username, directory: settings.directory, stop } as const;
    const access = { hostKey: keys.host.public, privateKeyPem: keys.client.private };
    await proveLogin({ ...peer, ...access });
    return { ...peer, ...access };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An account may be able to start sshd and yet be locked out by it (a locked or expired one, for instance). */
async function proveLogin(peer: SftpPeer): Promise<void> {
  const settings = settingsOf({
    host: peer.host,
    port: peer.port,
    username: peer.username,
    auth: { privateKey: 'file:peer' },
    hostKey: peer.hostKey,
    directory: '.',
  });
  const secrets = { resolve: () => peer.privateKeyPem };
  const session = await SftpSession.open(settings, { log: silentLog, secrets, telemetry: silentTelemetry, now: () => new Date(), failpoint() {} });
  await session.close();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function writeState(state: string, keys: PeerKeys, directory: string, port: number, version: number): Promise<string> {
  const file = (name: string): string => join(state, name);
  await writeFile(file('host_key'), keys.host.private, { mode: 0o600 });
  await writeFile(file('authorized_keys'), `${keys.client.public}\n`, { mode: 0o600 });
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host_key')}`,
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    `PidFile ${file('sshd.pid')}`,
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // As root the account is root's; there is no password to guess.
    'PermitRootLogin prohibit-password',
    // The keys lie under a temporary folder that others may list.
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'PrintMotd no',
    'AllowTcpForwarding no',
    'MaxStartups 100',
    'LogLevel INFO',
    'Subsystem sftp internal-sftp',
    `ForceCommand internal-sftp -d ${directory}`,
    // Since 9.8 refused logins are punished by silence, which tests of refused logins would feel.
    ...(version >= 9.8 ? ['PerSourcePenalties no'] : []),
  ];
  await writeFile(file('sshd_config'), `${lines.join('\n')}\n`);
  return file('sshd_config');
}

/** Old versions do not know -V, but name themselves in the complaint. */
async function versionOf(sshd: string): Promise<number> {
  const said = await promisify(execFile)(sshd, ['-V']).catch((error: { stderr?: string }) => ({ stdout: '', stderr: error.stderr ?? '' }));
  return Number(/OpenSSH_(\d+\.\d+)/.exec(`${said.stdout}${said.stderr}`)?.[1] ?? 0);
}

function launch(sshd: string, config: string): ChildProcess {
  const command = [sshd, '-D', '-e', '-f', config];
  const setpriv = findExecutable('setpriv', ['/usr/bin', '/bin']);
  const [program = sshd, ...rest] = setpriv === undefined ? command : [setpriv, '--pdeathsig', 'TERM', ...command];
  return spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Resolves when sshd says that it listens; what it says later is dropped. */
async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`sshd did not start (${why}): ${said.trim()}`));
      timer = setTimeout(() => fail(`silent for ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
      child.once('error', (error) => fail(error.message));
      // Not 'exit': what it said last must have been read.
      child.once('close', (code) => fail(`exit code ${code}`));
      child.stderr?.on('data', (text: Buffer) => {
        if (said.length < 4096) said += text.toString();
        if (/Server listening on/.test(said)) resolve();
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
