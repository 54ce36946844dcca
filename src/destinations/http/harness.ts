/** Real servers on 127.0.0.1 for the tests of this folder, and what a delivery needs to reach them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { type Context, silentLog } from '../../core/context.ts';
import type { Outgoing } from '../../core/contracts.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { silentTelemetry } from '../../core/telemetry.ts';
import { openHttpDestination } from './destination.ts';
import type { HttpOptions } from './options.ts';

export interface Erp {
  readonly url: string;
  readonly port: number;
  readonly requests: {
    readonly method: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: Buffer;
    readonly path: string;
    readonly remotePort: number;
  }[];
  close(): Promise<void>;
}

/** Servers of one test file, closed together after each test. */
export function keepServers(): { opened<T extends { close(): Promise<void> }>(server: Promise<T>): Promise<T>; closeAll(): Promise<void> } {
  const closing: { close(): Promise<void> }[] = [];
  return {
    async opened(server) {
      const it = await server;
      closing.push(it);
      return it;
    },
    async closeAll() {
      await Promise.all(closing.splice(0).map((server) => server.close()));
    },
  };
}

/** With them the destination that delivers to them: another one after each `closeAll`, which knows nothing of the servers before. */
export function keepPeers() {
  const { opened, closeAll } = keepServers();
  let current = openHttpDestination();
  const destination: Pick<typeof current, 'deliver' | 'probe' | 'check'> = {
    deliver: (...given) => current.deliver(...given),
    probe: (...given) => current.probe(...given),
    check: (...given) => current.check(...given),
  };
  return {
    opened,
    destination,
    async closeAll() {
      await current.close();
      current = openHttpDestination();
      await closeAll();
    },
  };
}

export async function startErp(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void): Promise<Erp> {
  const requests: Erp['requests'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({
        method: request.method ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
        path: request.url ?? '',
        remotePort: request.socket.remotePort ?? 0,
      });
      answer(request, response, requests.length);
    });
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/events`, port, requests, close: () => stop(server, () => server.closeAllConnections()) };
}

/** Below HTTP: what a broken or hostile endpoint does with the socket itself. */
export async function startSocketServer(onSocket: (socket: Socket) => void): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  const port = await listen(server);
  const close = () =>
    stop(server, () => {
      for (const socket of sockets) socket.destroy();
    });
  return { url: `http://127.0.0.1:${port}/events`, port, close };
}

export const SECRETS: Record<string, string> = {
  'file:old': `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
  'file:new': `whsec_${Buffer.alloc(32, 2).toString('base64')}`,
  'file:raw': 'a raw signing secret, long enough',
  'file:token': 'token-0123456789',
  'file:broken-token': 'token\r\nx-evil: 1',
  'file:password': 'pässword-1',
  'file:client-secret': 'client secret: +&=%ü',
};

export const context: Context = {
  log: silentLog,
  secrets: {
    resolve(reference) {
      const secret = SECRETS[reference];
      if (secret === undefined) throw new GatewayError('ERR_CONFIG_SECRET', `${reference} is not set`);
      return secret;
    },
  },
  now: () => new Date(),
  telemetry: silentTelemetry,
  failpoint() {},
};

export const localOptions = (url: string, more: Partial<HttpOptions> = {}): HttpOptions => ({
  url,
  signing: { secrets: ['file:new'] },
  allow: ['127.0.0.0/8'],
  ...more,
});

export const outgoing = (timeoutMs: number, more: Partial<Outgoing> = {}): Outgoing => ({
  body: Buffer.from('{"specversion":"1.0","data":{"name":"Müller"}}'),
  contentType: 'application/cloudevents+json; charset=utf-8',
  idempotencyKey: '0b7c1c52-6f0e-5a39-9a53-7a6d1f0d3c11',
  attempt: 1,
  replay: false,
  traceparent: undefined,
  deadline: performance.now() + timeoutMs,
  ...more,
});

export const never = new AbortController().signal;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

const stop = (server: Server, cut: () => void): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    cut();
  });
