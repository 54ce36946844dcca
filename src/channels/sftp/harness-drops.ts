/** For tests only: both kinds of peer, and a drop of its own for each test, filled and looked at as local files. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSshd } from '../../../test/support/acquire.ts';
import type { Context } from '../../core/context.ts';
import type { Receipt } from '../../core/contracts.ts';
import { silentTelemetry } from '../../core/telemetry.ts';
import { sftpChannel } from './channel.ts';
import { startDropServer } from './drop-server.ts';
import { startOpenSsh } from './harness.ts';
import type { SftpOptions } from './options.ts';
import type { SftpPeer } from './peer.ts';

export const KINDS = ['openssh', 'drop-server'] as const;

/** Fails, and never skips, where OpenSSH is missing. */
export async function startPeer(kind: SftpPeer['kind']): Promise<SftpPeer> {
  const directory = mkdtempSync(join(tmpdir(), 'quayside-peer-'));
  if (kind === 'drop-server') return startDropServer({ directory });
  const sshd = findSshd();
  if (sshd === undefined) throw new Error('these tests need OpenSSH: apt-get install openssh-server');
  return startOpenSsh({ directory, sshd });
}

export async function stopPeer(peer: SftpPeer): Promise<void> {
  await peer.stop();
  rmSync(peer.directory, { recursive: true, force: true });
}

export const INTERCHANGE =
  'ISA*00*          *00*          *ZZ*ACME           *ZZ*US             *240102*0304*U*00401*000000001*0*T*>~IEA*0*000000001~\n';

export interface Drop {
  readonly options: SftpOptions;
  /** The local folder behind it. */
  readonly folder: string;
  /** Everything that went to the log at `warn`. */
  readonly warnings: string[];
  readonly context: Context;
  readonly memory: Map<string, unknown>;
  readonly skipped: Map<string, string>;
  put(name: string, content?: string | Uint8Array, mtime?: number): void;
  names(directory?: string): string[];
  content(path: string): string;
  /** One poll; `use` is given each receipt while the connection is open. */
  poll(use?: (receipt: Receipt) => Promise<void>, signal?: AbortSignal): Promise<string[]>;
  /** Two polls, so that what lies there has settled; `use` sees those of the second. */
  pollSettled(use?: (receipt: Receipt) => Promise<void>): Promise<string[]>;
}

let drops = 0;

export function makeDrop(peer: SftpPeer, overrides: Partial<SftpOptions> = {}): Drop {
  const directory = `drop${++drops}`;
  const folder = join(peer.directory, directory);
  mkdirSync(folder);
  const options: SftpOptions = {
    host: peer.host,
    port: peer.port,
    username: peer.username,
    auth: { privateKey: 'file:key' },
    hostKey: peer.hostKey,
    directory,
    minimumAge: '0s',
    ...overrides,
  };
  const { context, warnings } = contextFor({ 'file:key': peer.privateKeyPem });
  const memory = new Map<string, unknown>();
  const skipped = new Map<string, string>();
  const poll: Drop['poll'] = async (use = async () => {}, signal = new AbortController().signal) => {
    skipped.clear();
    const handed: string[] = [];
    const report = { skipped: (name: string, reason: string) => void skipped.set(name, reason) };
    for await (const receipt of sftpChannel.poll(options, context, memory, report, signal)) {
      handed.push(receipt.filename);
      await use(receipt);
    }
    return handed;
  };
  return {
    options,
    folder,
    warnings,
    context,
    memory,
    skipped,
    put(name, content = INTERCHANGE, mtime) {
      writeFileSync(join(folder, name), content);
      if (mtime !== undefined) utimesSync(join(folder, name), mtime, mtime);
    },
    names: (sub = '.') => readdirSync(join(folder, sub)).sort(),
    content: (path) => readFileSync(join(folder, path), 'utf8'),
    poll,
    async pollSettled(use) {
      await poll(async (receipt) => {
        throw new Error(`${receipt.filename} was handed over at first sight`);
      });
      return poll(use);
    },
  };
}

export function contextFor(secrets: Record<string, string>): { context: Context; warnings: string[] } {
  const warnings: string[] = [];
  const log: Context['log'] = { debug() {}, info() {}, warn: (_fields, message) => void warnings.push(message), error() {}, child: () => log };
  const resolve = (reference: string): string => {
    const secret = secrets[reference];
    if (secret === undefined) throw new Error(`no secret ${reference}`);
    return secret;
  };
  return { context: { log, secrets: { resolve }, telemetry: silentTelemetry, now: () => new Date(), failpoint() {} }, warnings };
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
