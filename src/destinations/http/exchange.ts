/**
 * One request and its answer, with the one fact that undici's promise API hides: whether a byte may have been written.
 *
 * Always settles, at the latest at the deadline. Once the status is known it decides; the body is for people, so it is
 * waited for only briefly and kept only up to its limit.
 */
import type { Dispatcher } from 'undici';
import type { Answer } from './outcome.ts';

/** An unread rest up to this size is read away, so that the connection can be used again; beyond it the connection is dropped. */
const DISCARD_LIMIT_BYTES = 64 * 1024;
const BODY_GRACE_MS = 2_000;

export interface ExchangeRequest {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

export interface ExchangeLimits {
  /** Monotonic, `performance.now()`. */
  readonly deadline: number;
  readonly keepBytes: number;
}

export type Exchange = { readonly answer: Answer } | { readonly failure: Error; readonly sent: boolean };

export function exchange(dispatcher: Dispatcher, request: ExchangeRequest, limits: ExchangeLimits, signal: AbortSignal): Promise<Exchange> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let sent = false;
    let settled = false;
    let head: { status: number; retryAfter: string | undefined; encoding: string | undefined } | undefined;
    const kept: Buffer[] = [];
    let received = 0;

    const settle = (failure?: Error) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (head !== undefined)
        resolve({ answer: { status: head.status, retryAfter: head.retryAfter, body: readable(kept, received, head.encoding) } });
      else resolve({ failure: failure ?? new Error('the connection ended without an answer'), sent });
    };
    const giveUp = (reason: string) => {
      const failure = new Error(reason);
      settle(failure);
      controller?.abort(failure);
    };
    const stop = () => giveUp('the attempt was stopped');
    const late = () => giveUp('the deadline of the attempt passed');
    let timer = setTimeout(late, Math.max(0, limits.deadline - performance.now()));
    signal.addEventListener('abort', stop);
    if (signal.aborted) return stop();

    const handler: Dispatcher.DispatchHandler = {
      // Called with a connection in hand, right before the first byte is written: the last moment to hold back.
      onRequestStart(begun) {
        controller = begun;
        if (!settled && performance.now() >= limits.deadline) late();
        if (settled) return begun.abort(new Error('the attempt had ended before its connection was made'));
        sent = true;
      },
      onResponseStart(_controller, status, headers) {
        if (status < 200) return;
        head = { status, retryAfter: first(headers['retry-after']), encoding: first(headers['content-encoding']) };
        clearTimeout(timer);
        timer = setTimeout(late, Math.max(0, Math.min(BODY_GRACE_MS, limits.deadline - performance.now())));
      },
      onResponseData(_controller, chunk) {
        const room = limits.keepBytes - received;
        if (room > 0) kept.push(Buffer.from(chunk.subarray(0, room)));
        received += chunk.length;
        if (received > limits.keepBytes + DISCARD_LIMIT_BYTES) giveUp('the rest of the answer was not read');
      },
      onResponseEnd: () => settle(),
      onResponseError: (_controller, error) => settle(error),
    };
    dispatcher.dispatch({ method: 'POST', path: request.path, headers: request.headers, body: Buffer.from(request.body) }, handler);
  });
}

const first = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);

/** What an answer said, fit for a terminal and a database: no control characters (an answer must not steer either). */
function readable(kept: readonly Buffer[], received: number, encoding: string | undefined): string {
  if (received === 0) return '';
  if (encoding !== undefined && encoding !== 'identity') return `(${received} bytes in ${encoding.slice(0, 20)}, which was not asked for)`;
  return new TextDecoder().decode(Buffer.concat(kept)).replace(CONTROLS, '\uFFFD');
}

const CONTROLS = /(?![\t\n\r])\p{Cc}/gu;
