/** A supplier's drop on a real OpenSSH server, and a home whose partner reads it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenSsh } from '../../src/channels/sftp/harness.ts';
import type { SftpPeer } from '../../src/channels/sftp/peer.ts';
import { findSshd } from './acquire.ts';
import { type Home, makeHome } from './home.ts';

export interface DropServer {
  /** A folder of its own for each name. */
  drop(name: string): Drop;
  stop(): Promise<void>;
}

export interface Drop {
  /** One partner, acme, that reads this drop every 150 ms, and the endpoint `erp`; with `answers`, further lines of its `acknowledgments:`. */
  home(erpUrl: string, answers?: readonly string[]): Home;
  /** What lies in acme's outbox, files under way included. */
  outbox(): string[];
  /** One of them. */
  answer(file: string): string;
  /** As a careful supplier: under another name first. */
  upload(name: string, text: string): void;
  waiting(): string[];
  archived(): string[];
}

export async function startDropServerForTests(): Promise<DropServer> {
  const sshd = findSshd();
  if (sshd === undefined) throw new Error('sshd is missing: apt-get install openssh-server');
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'quayside-drop-')));
  const peer = await startOpenSsh({ directory: root, sshd });
  return {
    drop: (name) => openDrop(peer, root, name),
    async stop() {
      await peer.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function openDrop(peer: SftpPeer, root: string, name: string): Drop {
  const folder = join(root, name);
  for (const part of ['archive', 'outbox']) mkdirSync(join(folder, part), { recursive: true });
  const documents = (path: string) => readdirSync(path).filter((file) => !file.startsWith('.') && !['archive', 'outbox'].includes(file));
  return {
    home(erpUrl, answers) {
      const answering = answers === undefined ? '' : outboxText(peer, name, answers);
      const channels = () => `${dropChannel(peer, name, '150ms')}${answering}`;
      return withDropKey(makeHome({ partners: ['acme'], endpoints: { erp: erpUrl }, channels }), peer);
    },
    upload(file, text) {
      writeFileSync(join(folder, `.${file}.part`), text);
      renameSync(join(folder, `.${file}.part`), join(folder, file));
    },
    waiting: () => documents(folder),
    archived: () => documents(join(folder, 'archive')),
    outbox: () => readdirSync(join(folder, 'outbox')).sort(),
    answer: (file) => readFileSync(join(folder, 'outbox', file), 'utf8'),
  };
}

const serverText = (peer: SftpPeer) => `type: sftp
    host: ${peer.host}
    port: ${peer.port}
    username: ${peer.username}
    auth: { privateKey: "file:sftp-key" }
    hostKey: "${peer.hostKey}"`;

/** `channels:` of a partner whose drop is that folder of the server. */
export const dropChannel = (peer: SftpPeer, folder: string, poll: string): string => `channels:
  drop:
    ${serverText(peer)}
    directory: "${folder}"
    archive: "${folder}/archive"
    poll: ${poll}
    minimumAge: 0s`;

/** `acknowledgments:` with these lines and an outbox in that folder. */
const outboxText = (peer: SftpPeer, folder: string, answers: readonly string[]) => `
acknowledgments:
${answers.map((line) => `  ${line}\n`).join('')}  outbox:
    ${serverText(peer)}
    directory: "${folder}/outbox"`;

/** The home with the key that its drop channels log in with. */
export function withDropKey(home: Home, peer: SftpPeer): Home {
  home.write('sftp-key', peer.privateKeyPem);
  return { ...home, secrets: { ...home.secrets, QUAYSIDE_SECRETS_DIR: home.directory } };
}
