/**
 * The log: JSON lines on stderr, one object a line, so that stdout stays a command's own.
 *
 * Written synchronously: a line that was logged before a crash is there after it. Secrets are masked by the names of
 * their fields as a second fence; the first is that nobody logs them. A terminal gets readable lines instead of JSON.
 */
import { type DestinationStream, pino, type SerializedError, stdSerializers } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { formatPlace } from '../core/place.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** Readable lines for a person instead of JSON. */
  readonly pretty: boolean;
  /** Where lines go; stderr unless a test reads them. */
  readonly stream?: DestinationStream | undefined;
}

const SECRET_FIELDS = ['password', 'passphrase', 'privateKey', 'secret', 'secrets', 'token', 'authorization', '["webhook-signature"]'];
const MASK = '[secret]';

export function createLog(options: LogOptions): Log {
  const stream = options.stream ?? pino.destination({ fd: 2, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap(atAnyDepth), censor: MASK },
      serializers: { error: describeError, err: describeError },
    },
    options.pretty ? prettyStream(stream) : stream,
  );
}

/** A field on its own, one level down and two levels down: what `{ options: { auth: { password } } }` needs. */
function atAnyDepth(field: string): string[] {
  const dotted = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${dotted}`, `*.*${dotted}`];
}

/** An expected fault in the words of the error table; the stack only where the fault is our own. */
function describeError(thrown: unknown): object | string {
  if (thrown instanceof GatewayError && thrown.code !== 'ERR_INTERNAL') {
    const { code, message, at, hint } = thrown;
    return { code, message, ...(at && { at: formatPlace(at) }), ...(hint && { hint }) };
  }
  if (!(thrown instanceof Error)) return String(thrown);
  const { type, message, stack }: SerializedError = stdSerializers.err(thrown);
  return { type, message, stack };
}

function prettyStream(stream: DestinationStream): DestinationStream {
  const format = prettyFactory({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  return { write: (line) => stream.write(format(line)) };
}
