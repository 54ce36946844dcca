/**
 * The one place that reads ssh2's errors: each becomes a GatewayError with a code, what was being done and what to do.
 *
 * Two functions on purpose: a numeric `code` is an SFTP status in an answer (draft-ietf-secsh-filexfer-02 §7) but a disconnection
 * reason in a fault of the connection (RFC 4253 §11.1), and 2 is "no such file" in one and "protocol error" in the other.
 */
import { type ErrorCode, GatewayError } from '../core/errors/errors.ts';

const MISSING = 2;
const PERMISSION = 3;

export interface Doing {
  /** The drop, as `sftp://user@host:port/directory`. */
  readonly drop: string;
  /** What was being done, for the message: `list /outbound`. */
  readonly what: string;
}

interface Reading {
  readonly code: ErrorCode;
  readonly expected: string;
  readonly hint?: string;
}

/** The server's answer to a request says that there is nothing of that name. */
export const isMissing = (thrown: unknown): boolean => statusOf(thrown) === MISSING;

/** For what a request was answered with. */
export function answerFault(thrown: unknown, doing: Doing): GatewayError {
  const status = statusOf(thrown);
  return fault(thrown, doing, status === undefined ? readConnection(thrown) : readStatus(status));
}

/** For what the connection itself reports. */
export const connectionFault = (thrown: unknown, doing: Doing): GatewayError => fault(thrown, doing, readConnection(thrown));

/** The connection is gone without a word, or is no longer ours. */
export const connectionLost = ({ drop, what }: Doing, found: string): GatewayError =>
  new GatewayError('ERR_SFTP_UNREACHABLE', `${drop}: could not ${what}: expected a connection, found: ${found}`);

function fault(thrown: unknown, doing: Doing, reading: Reading): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { code, expected, hint } = reading;
  return new GatewayError(code, `${doing.drop}: could not ${doing.what}: expected ${expected}, found: ${messageOf(thrown).slice(0, 300)}`, {
    hint,
    cause: thrown,
  });
}

function readStatus(status: number): Reading {
  if (status === MISSING) return { code: 'ERR_SFTP_DIRECTORY', expected: 'it to exist', hint: 'relative paths start in the login directory' };
  if (status === PERMISSION) return { code: 'ERR_SFTP_PERMISSION', expected: 'permission' };
  return { code: 'ERR_SFTP_FAILURE', expected: 'success' };
}

function readConnection(thrown: unknown): Reading {
  const message = messageOf(thrown);
  const level = thrown instanceof Error && 'level' in thrown ? thrown.level : undefined;
  if (level === 'client-authentication' || /authentication failures/i.test(message))
    return { code: 'ERR_SFTP_AUTH', expected: 'the login to be accepted' };
  // Thrown before a byte is sent: the key is not a key, or its passphrase is wrong or missing.
  if (/privateKey|private key|passphrase/i.test(message)) return { code: 'ERR_SFTP_AUTH', expected: 'a private key that can be used' };
  if (level === 'client-timeout') return { code: 'ERR_SFTP_TIMEOUT', expected: 'a sign of life' };
  if (/no matching host key format/i.test(message))
    return { code: 'ERR_SFTP_HOST_KEY', expected: 'a host key of the pinned type', hint: 'the server has no key of that type' };
  if (/before handshake/i.test(message)) return { code: 'ERR_SFTP_UNREACHABLE', expected: 'an SSH server to answer' };
  if (level === 'handshake') return { code: 'ERR_SFTP_HANDSHAKE', expected: 'algorithms in common' };
  // A socket, a name look-up and a disconnection each have a level or a code of their own; what has neither, ssh2 threw while it read.
  const unreadable = level === undefined && !(thrown instanceof Error && 'code' in thrown) && !/no response from server/i.test(message);
  if (level === 'protocol' || unreadable) return { code: 'ERR_SFTP_HANDSHAKE', expected: 'an SSH server' };
  return { code: 'ERR_SFTP_UNREACHABLE', expected: 'a connection' };
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'number' ? thrown.code : undefined;
}
