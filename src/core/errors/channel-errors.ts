import type { ErrorTable } from './error-table.ts';

/** Faults between the gateway and the places that documents come from. */
export const CHANNEL_ERRORS = {
  ERR_CHANNEL_HELD: {
    retry: 'later',
    http: 409,
    summary: 'Another process reads this drop, and two at a time would mix up the order of arrival.',
    remedy: 'Stop the gateways with the channels role, or wait until the other command has ended.',
  },
  ERR_SFTP_UNREACHABLE: {
    retry: 'later',
    http: 502,
    summary: 'The SFTP server could not be reached, or the connection broke off.',
    remedy: 'Check host and port in the partner file and the server itself; nothing is lost, the next poll starts anew.',
  },
  ERR_SFTP_TIMEOUT: {
    retry: 'later',
    http: 504,
    summary: 'The SFTP server did not answer within its deadline; the connection was cut.',
    remedy: 'Check the server and the network; raise connectTimeout or operationTimeout if the server is merely slow.',
  },
  ERR_SFTP_HANDSHAKE: {
    retry: 'never',
    http: 502,
    summary: 'Gateway and SFTP server have no algorithm in common, or what answers does not speak SSH.',
    remedy: 'Check the port; for an old server set legacyAlgorithms: true in the partner file.',
  },
  ERR_SFTP_HOST_KEY: {
    retry: 'never',
    http: 502,
    summary: 'The host key is not the pinned one, or the pin cannot be read. No password and no document was sent or taken.',
    remedy: 'Ask the partner over another way whether the key was changed; only then pin the new one under hostKey.',
  },
  ERR_SFTP_AUTH: {
    retry: 'never',
    http: 502,
    summary: 'The SFTP server refused the login, or the private key cannot be used.',
    remedy: 'Check username, the secret that auth names and its passphrase; ask the partner whether the public key is installed.',
  },
  ERR_SFTP_DIRECTORY: {
    retry: 'later',
    http: 502,
    summary: 'The drop or its archive is missing, is no directory, or cannot be used as one.',
    remedy: 'Check directory and archive in the partner file; relative paths start in the login directory.',
  },
  ERR_SFTP_PERMISSION: {
    retry: 'later',
    http: 502,
    summary: 'The account may not read the drop, or may not move files from it to the archive.',
    remedy: 'Ask the partner for read, rename and create permission on drop and archive.',
  },
  ERR_SFTP_SOURCE_CHANGED: {
    retry: 'later',
    http: 502,
    summary: 'The file changed, shrank or vanished while it was read; nothing of it was received.',
    remedy: 'Nothing: it is taken once it is stable. If it repeats, raise minimumAge in the partner file.',
  },
  ERR_SFTP_FAILURE: {
    retry: 'later',
    http: 502,
    summary: 'The SFTP server refused an operation without saying why.',
    remedy: 'Read the server log; a full disk and an archive on another file system are the usual causes.',
  },
} as const satisfies ErrorTable;
