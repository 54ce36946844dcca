/**
 * One request and its answer, with the one fact that undici's promise API hides: whether a byte may have been written.
 *
 * Always settles, at the latest at the deadline. Once the status is known it decides; the body is for people, so it is
 * waited for only briefly and kept only up to its limit.
 */
import type { Dispatcher } from 'undici';
import { onAbort } from './stop-signal.ts';

/** An unread rest up to this size is read away, so that the connection can be used again; beyond it the connection is dropped. */
const DISCARD_LIMIT_BYTES = 64 * 1024;
const BODY_GRACE_MS = 2_000;

export interface ExchangeRequest {
  readonly method: 'POST' | 'GET' | 'OPTIONS';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | undefined;
}

/** Within what a request must have its answer: those of the attempt that it belongs to. */
export interface Limits {
  /** Monotonic, `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The start of the body. */
  readonly kept: Buffer;
  /** How long the body was, or had been when we stopped reading. */
  readonly size: number;
}

export type Exchange = { readonly answer: Answer } | { readonly failure: Error; readonly sent: boolean };

export function exchange(dispatcher: Dispatcher, request: ExchangeRequest, { deadline, signal }: Limits, keepBytes: number): Promise<Exchange> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let sent = false;
    let settled = false;
    let head: Pick<Answer, 'status' | 'headers'> | undefined;
    const kept: Buffer[] = [];
    let size = 0;

    const settle = (failure?: Error) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      ignoreAbort();
      if (head !== undefined) resolve({ answer: { ...head, kept: Buffer.concat(kept), size } });
      else resolve({ failure: failure ?? new Error('the connection ended without an answer'), sent });
    };
    const giveUp = (reason: string) => {
      const failure = new Error(reason);
      settle(failure);
      controller?.abort(failure);
    };
    const late = () => giveUp('the deadline of the attempt passed');
    let timer = setTimeout(late, Math.max(0, deadline - performance.now()));
    const stop = () => giveUp('the attempt was stopped');
    const ignoreAbort = onAbort(signal, stop);
    if (signal.aborted) return stop();

    const handler: Dispatcher.DispatchHandler = {
      // Called with a connection in hand, right before the first byte is written: the last moment to hold back.
      onRequestStart(begun) {
        controller = begun;
        if (!settled && performance.now() >= deadline) late();
        if (settled) return begun.abort(new Error('the attempt had ended before its connection was made'));
        sent = true;
      },
      onResponseStart(_controller, status, headers) {
        if (status < 200) return;
        head = { status, headers };
        clearTimeout(timer);
        timer = setTimeout(late, Math.max(0, Math.min(BODY_GRACE_MS, deadline - performance.now())));
      },
      onResponseData(_controller, chunk) {
        const room = keepBytes - size;
        if (room > 0) kept.push(Buffer.from(chunk.subarray(0, room)));
        size += chunk.length;
        if (size > keepBytes + DISCARD_LIMIT_BYTES) giveUp('the rest of the answer was not read');
      },
      onResponseEnd: () => settle(),
      onResponseError: (_controller, error) => settle(error),
    };
    const { method, path, headers, body = null } = request;
    dispatcher.dispatch({ method, path, headers, body }, handler);
  });
}

export function headerOf({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined {
  const header = headers[name];
  return Array.isArray(header) ? header[0] : header;
}

/** What an answer said, fit for a terminal and a database: no control characters (an answer must not steer either). */
export function readable(answer: Answer): string {
  const { kept, size } = answer;
  if (size === 0) return '';
  const encoding = headerOf(answer, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') return `(${size} bytes in ${encoding.slice(0, 20)}, which was not asked for)`;
  return new TextDecoder().decode(kept).replace(CONTROLS, '\uFFFD');
}

const CONTROLS = /(?![\t\n\r])\p{Cc}/gu;
