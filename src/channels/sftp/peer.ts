/** What a peer is: an SFTP server to talk to, with fresh keys, over one local folder. */
import ssh2 from 'ssh2';

export interface PeerSettings {
  /** A local folder that exists; the login directory. */
  readonly directory: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
}

/** Clients name what is in the folder by relative paths (`acme/outbound`): those mean the same to every kind of peer. */
export interface SftpPeer {
  readonly kind: 'openssh' | 'drop-server';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** As `hostKey` of a partner file. */
  readonly hostKey: string;
  /** OpenSSH format, without passphrase. */
  readonly privateKeyPem: string;
  /** The local folder; what a client calls `.`. */
  readonly directory: string;
  stop(): Promise<void>;
}

interface KeyPair {
  readonly private: string;
  readonly public: string;
}

export interface PeerKeys {
  readonly host: KeyPair;
  readonly client: KeyPair;
}

/** The peer's host key, and the key of the one client that may log in. Made without ssh-keygen. */
export const generateKeys = (): PeerKeys => ({ host: generateKey(), client: generateKey() });

/** ssh2 strips leading zeros off the public key, so 1 of 256 of its Ed25519 keys is malformed (mscdex/ssh2#1513): those are thrown away. */
function generateKey(): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.public) instanceof Error) && !(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
