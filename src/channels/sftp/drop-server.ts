/**
 * An SFTP server of our own, for the demo and the tests where OpenSSH is not installed.
 *
 * One account, one public key, one folder that it cannot leave. It answers as OpenSSH does where the channel cares: same status codes,
 * and a rename that refuses an existing target. Not meant for the open internet: no rate limits, no quotas.
 */
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type Session } from 'ssh2';
import { ConfinedFolder } from './confined-folder.ts';
import { serveFiles } from './drop-server-files.ts';
import { generateKeys, type PeerSettings, type SftpPeer } from './peer.ts';

export async function startDropServer(settings: PeerSettings): Promise<SftpPeer> {
  const keys = generateKeys();
  const username = 'quayside';
  const clientKey = ssh2.utils.parseKey(keys.client.public);
  if (clientKey instanceof Error) throw clientKey;
  const folder = new ConfinedFolder(await realpath(settings.directory));
  const connections = new Set<Connection>();
  const ssh = new ssh2.Server({ hostKeys: [keys.host.private] }, (connection) => {
    connections.add(connection);
    connection.on('authentication', (attempt: AuthContext) => authenticate(attempt, username, clientKey));
    connection.on('session', (acceptSession) => serveSession(acceptSession(), folder));
    // A client that breaks off is everyday life to a server.
    connection.on('error', () => {});
    connection.on('close', () => connections.delete(connection));
  });
  // A listener of our own for the sake of noDelay, without which each small answer waits 40 ms for the client's ACK.
  const listener = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket)).listen(settings.port ?? 0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    kind: 'drop-server',
    host: '127.0.0.1',
    port,
    username,
    hostKey: keys.host.public,
    privateKeyPem: keys.client.private,
    directory: settings.directory,
    async stop() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}

function authenticate(attempt: AuthContext, username: string, clientKey: ParsedKey): void {
  if (isAllowed(attempt, username, clientKey)) attempt.accept();
  else attempt.reject(['publickey']);
}

function isAllowed(attempt: AuthContext, username: string, clientKey: ParsedKey): boolean {
  if (attempt.method !== 'publickey' || attempt.username !== username) return false;
  const known = clientKey.getPublicSSH();
  if (attempt.key.data.length !== known.length || !timingSafeEqual(attempt.key.data, known)) return false;
  // Without a signature the client only asks whether this key would do (RFC 4252 §7); it is not logged in by the answer.
  if (attempt.signature === undefined || attempt.blob === undefined) return true;
  return clientKey.verify(attempt.blob, attempt.signature, attempt.hashAlgo);
}

function serveSession(session: Session, folder: ConfinedFolder): void {
  session.on('sftp', (accept) => serveFiles(accept(), folder));
}
