/**
 * A supplier's SFTP client, for the demo: uploads under a temporary name, then renames, as careful suppliers do.
 *
 * On ssh2-sftp-client, and so another client than the gateway's own session.
 */
import Client from 'ssh2-sftp-client';
import { parsePin } from '../../ssh/host-key.ts';
import type { SftpPeer } from './peer.ts';

const CONNECT_WAIT_MS = 20_000;

/** `folder` is as the server names it. Nobody sees `name` before all of it is there. Rejects when the connection breaks. */
export async function uploadFile(peer: SftpPeer, folder: string, name: string, bytes: Buffer): Promise<void> {
  const pin = parsePin(peer.hostKey, false);
  const client = new Client();
  try {
    await client.connect({
      host: peer.host,
      port: peer.port,
      username: peer.username,
      privateKey: peer.privateKeyPem,
      // It verifies no host key by itself.
      algorithms: { serverHostKey: pin.algorithms },
      hostVerifier: (key: Buffer) => pin.matches(key),
      readyTimeout: CONNECT_WAIT_MS,
    });
    const unfinished = `${folder}/.${name}.part`;
    await client.put(bytes, unfinished);
    await client.rename(unfinished, `${folder}/${name}`);
  } finally {
    await client.end();
  }
}
