/**
 * One SFTP connection, whose every request either is answered, or fails, before its deadline.
 *
 * ssh2 alone leaves requests pending for ever when a peer falls silent, and some of its compound calls drop their callback when the
 * connection breaks: so only single requests are sent, each is also settled by this class when the connection ends, and a deadline
 * that passes cuts the connection (a half-dead session is of no further use). ssh2-sftp-client is not used: it drops the
 * `level` that tells faults apart and reports a general failure of `stat` as "no such file", on which an archive move must not rely.
 */
import { connect as connectSocket, type Socket } from 'node:net';
import ssh2, { type ClientErrorExtensions, type FileEntryWithStats, type SFTPWrapper, type Stats } from 'ssh2';
import type { Context } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { connectConfig } from './connect-config.ts';
import type { ConnectionSettings } from './connection.ts';
import { describeKey, parsePin } from './host-key.ts';
import { answerFault, connectionFault, connectionLost, isMissing } from './sftp-faults.ts';

/** How long a polite goodbye may take before the socket is cut. */
const GOODBYE_MS = 500;

type Done<T> = (error: Error | null | undefined, value: T) => void;

export class SftpSession {
  readonly #client = new ssh2.Client();
  readonly #settings: ConnectionSettings;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Set<(cause: unknown) => void>();
  readonly #abort = (): void => this.#break(this.#signal?.reason);
  /** Ours, because ssh2's own `destroy` does nothing to a socket that was told to end and whose peer is dead. */
  #socket: Socket | undefined;
  #sftp: SFTPWrapper | undefined;
  /** Why nothing can be asked any more. */
  #broken: { readonly cause: unknown } | undefined;

  private constructor(settings: ConnectionSettings, signal: AbortSignal | undefined) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Connects, checks the pinned host key, logs in, opens SFTP. Throws ERR_SFTP_*, ERR_CONFIG_SECRET, or the signal's reason. */
  static async open(settings: ConnectionSettings, context: Context, signal?: AbortSignal): Promise<SftpSession> {
    const session = new SftpSession(settings, signal);
    try {
      await session.#connect(context);
      return session;
    } catch (error) {
      session.#break(error);
      throw error;
    }
  }

  async #connect(context: Context): Promise<void> {
    const { drop, connectTimeoutMs, legacyAlgorithms } = this.#settings;
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener('abort', this.#abort, { once: true });
    const pin = parsePin(this.#settings.hostKey, legacyAlgorithms);
    let denied: GatewayError | undefined;
    const verifyHost = (presented: Buffer): boolean => {
      if (pin.matches(presented)) return true;
      denied = new GatewayError('ERR_SFTP_HOST_KEY', `${drop}: expected the pinned host key ${pin.expected}, found ${describeKey(presented)}`);
      return false;
    };
    this.#client.on('error', (error: Error & ClientErrorExtensions) => this.#break(denied ?? connectionFault(error, { drop, what: 'connect' })));
    this.#client.on('close', () => this.#break(connectionLost({ drop, what: 'go on' }, 'it was closed')));
    const config = connectConfig(this.#settings, pin, verifyHost, context);
    // Requests are small and each waits for its answer: without noDelay every one of them costs 40 ms (Nagle and delayed ACK).
    const socket = connectSocket({ host: this.#settings.host, port: this.#settings.port, noDelay: true });
    // ssh2 listens too, but only once it has accepted the configuration.
    socket.on('error', () => {});
    this.#socket = socket;
    this.#sftp = await this.#within<SFTPWrapper>(connectTimeoutMs, 'connect', (done) => {
      this.#client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => answer(prompts.map(() => config.password ?? '')));
      this.#client.on('ready', () => this.#client.sftp(done));
      this.#client.connect({ ...config, sock: socket });
    });
  }

  /** Undefined when there is nothing of that name. Links are not followed. */
  lstat(path: string): Promise<Stats | undefined> {
    return this.#orMissing(this.#ask<Stats>(`look at ${path}`, (sftp, done) => sftp.lstat(path, done)));
  }

  /** As `lstat`, but follows links. */
  stat(path: string): Promise<Stats | undefined> {
    return this.#orMissing(this.#ask<Stats>(`look at ${path}`, (sftp, done) => sftp.stat(path, done)));
  }

  fstat(handle: Buffer): Promise<Stats> {
    return this.#ask('look at an open file', (sftp, done) => sftp.fstat(handle, done));
  }

  open(path: string, mode: 'r' | 'wx'): Promise<Buffer> {
    return this.#ask(`open ${path}`, (sftp, done) => sftp.open(path, mode, done));
  }

  openDirectory(path: string): Promise<Buffer> {
    return this.#ask(`list ${path}`, (sftp, done) => sftp.opendir(path, done));
  }

  /** The next entries of an open directory; undefined at its end. */
  async readDirectory(handle: Buffer): Promise<FileEntryWithStats[] | undefined> {
    return this.#ask<FileEntryWithStats[] | undefined>('go on listing', (sftp, done) =>
      sftp.readdir(handle, (error, entries) => (isEndOfFile(error) ? done(undefined, undefined) : done(error, entries))),
    );
  }

  /** As many bytes as there are at that place, at most `length`; a server may answer with fewer than asked (so it is asked again). */
  async read(handle: Buffer, position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = await this.#ask<number>('read', (sftp, done) => sftp.read(handle, buffer, filled, length - filled, position + filled, done));
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }

  /** All of it, at that place. */
  async write(handle: Buffer, position: number, bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    await this.#ask<undefined>('write', (sftp, done) => sftp.write(handle, buffer, 0, buffer.length, position, (error) => done(error, undefined)));
  }

  async closeHandle(handle: Buffer): Promise<void> {
    await this.#ask<undefined>('close a file', (sftp, done) => sftp.close(handle, (error) => done(error, undefined)));
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#ask<undefined>(`create directory ${path}`, (sftp, done) => sftp.mkdir(path, (error) => done(error, undefined)));
  }

  /** OpenSSH refuses an existing target; other servers overwrite it: look first. */
  async rename(from: string, to: string): Promise<void> {
    await this.#ask<undefined>(`move ${from} to ${to}`, (sftp, done) => sftp.rename(from, to, (error) => done(error, undefined)));
  }

  async remove(path: string): Promise<void> {
    await this.#ask<undefined>(`remove ${path}`, (sftp, done) => sftp.unlink(path, (error) => done(error, undefined)));
  }

  /** Never throws and never hangs; whatever is asked afterwards fails. */
  async close(): Promise<void> {
    if (this.#broken !== undefined) return;
    const closed = new Promise<void>((resolve) => this.#client.once('close', resolve));
    this.#broken = { cause: connectionLost({ drop: this.#settings.drop, what: 'go on' }, 'it was closed at the end of the poll') };
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#client.end();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closed, new Promise<void>((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)))]);
    clearTimeout(timer);
    this.#socket?.destroy();
  }

  async #ask<T>(what: string, send: (sftp: SFTPWrapper, done: Done<T>) => void): Promise<T> {
    const { drop, operationTimeoutMs } = this.#settings;
    return this.#within<T>(operationTimeoutMs, what, (done) => {
      if (this.#sftp === undefined) throw connectionLost({ drop, what }, 'none yet');
      send(this.#sftp, done);
    });
  }

  async #orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof GatewayError && isMissing(error.cause) && error.code === 'ERR_SFTP_DIRECTORY') return undefined;
      throw error;
    }
  }

  async #within<T>(limitMs: number, what: string, start: (done: Done<T>) => void): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken.cause;
    const { drop } = this.#settings;
    let settle: (cause: unknown) => void = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        settle = reject;
        this.#waiting.add(settle);
        timer = setTimeout(
          () =>
            this.#break(new GatewayError('ERR_SFTP_TIMEOUT', `${drop}: could not ${what}: expected an answer within ${limitMs} ms, found silence`)),
          limitMs,
        );
        start((error, value) => (error ? reject(answerFault(error, { drop, what })) : resolve(value)));
      });
    } catch (error) {
      if (this.#signal?.aborted) throw this.#signal.reason;
      throw answerFault(error, { drop, what });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(settle);
    }
  }

  #break(cause: unknown): void {
    if (this.#broken === undefined) {
      this.#broken = { cause };
      this.#signal?.removeEventListener('abort', this.#abort);
      for (const fail of this.#waiting) fail(cause);
    }
    this.#socket?.destroy();
  }
}

/** SSH_FX_EOF. */
const isEndOfFile = (error: Error | undefined): boolean => error !== undefined && 'code' in error && error.code === 1;
