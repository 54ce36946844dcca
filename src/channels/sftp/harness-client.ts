/** A supplier's SFTP client, for the demo: uploads under a temporary name, then renames, as careful suppliers do. */
import ssh2, { type SFTPWrapper } from 'ssh2';
import { parsePin } from './host-key.ts';
import type { SftpPeer } from './peer.ts';

const CONNECT_WAIT_MS = 20_000;

/** `folder` is as the server names it. Nobody sees `name` before all of it is there. Rejects when the connection breaks. */
export async function uploadFile(peer: SftpPeer, folder: string, name: string, bytes: Buffer): Promise<void> {
  const client = new ssh2.Client();
  const broken = new Promise<never>((_resolve, reject) => {
    client.once('error', reject);
    client.once('close', () => reject(new Error('the SFTP server closed the connection')));
  });
  // It also rejects at the end, when nobody waits for it any more.
  broken.catch(() => {});
  /** ssh2 drops its callbacks when the connection breaks. */
  const done = <T>(start: (callback: (error: Error | null | undefined, value: T) => void) => void): Promise<T> =>
    Promise.race([broken, new Promise<T>((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))]);
  try {
    await done((callback) => connect(client, peer, () => callback(undefined, undefined)));
    const sftp = await done<SFTPWrapper>((callback) => client.sftp(callback));
    const unfinished = `${folder}/.${name}.part`;
    await done((callback) => sftp.writeFile(unfinished, bytes, (error) => callback(error, undefined)));
    await done((callback) => sftp.rename(unfinished, `${folder}/${name}`, (error) => callback(error, undefined)));
  } finally {
    client.end();
  }
}

function connect(client: ssh2.Client, peer: SftpPeer, ready: () => void): void {
  const pin = parsePin(peer.hostKey, false);
  client.once('ready', ready);
  client.connect({
    host: peer.host,
    port: peer.port,
    username: peer.username,
    privateKey: peer.privateKeyPem,
    algorithms: { serverHostKey: pin.algorithms },
    hostVerifier: (key: Buffer) => pin.matches(key),
    readyTimeout: CONNECT_WAIT_MS,
  });
}
