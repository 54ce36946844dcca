/**
 * The endpoints, in a process of their own that no fault reaches: each request is recorded before it is answered.
 *
 * Started by `startReceiver` (receiver-process.ts). Argument: the record's file and the endpoints' names, as JSON. How an endpoint behaves
 * comes by message and holds until the next one.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { ERP_SECRET } from '../support/home.ts';
import type { Conduct, Receipt } from './receipt.ts';

const { record, endpoints } = JSON.parse(process.argv[2] ?? '{}') as { record: string; endpoints: string[] };
const file = openSync(record, 'a');
const webhook = new Webhook(ERP_SECRET);
const METADATA = 'http://169.254.169.254/latest/meta-data/';
const TRAP = '/trap';
const TRICKLE_MS = 500;
const behaviours = new Map<string, Conduct>();
const servers = new Map<string, Server>();
const ports = new Map<string, number>();
/** Of requests that were redirected into the trap: must stay 0. */
let followed = 0;
let redirects = 0;

const now = () => performance.timeOrigin + performance.now();

async function handle(endpoint: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url?.startsWith(TRAP)) {
    followed++;
    response.writeHead(200).end();
    return;
  }
  const raw = Buffer.concat(chunks).toString('utf8');
  const behaviour = behaviours.get(endpoint) ?? 'healthy';
  const answer = ANSWERS[behaviour];
  writeSync(file, `${JSON.stringify(receiptOf(endpoint, request, raw, behaviour, answer))}\n`);
  answer.act(request, response);
}

interface Answer {
  readonly status: number;
  readonly taken: boolean;
  act(request: IncomingMessage, response: ServerResponse): void;
}

const says = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  taken: status < 300,
  act: (_request, response) => void response.writeHead(status, headers).end(),
});

const ANSWERS: Readonly<Record<Conduct, Answer>> = {
  healthy: says(200),
  reject: says(400),
  hang: { status: 0, taken: false, act() {} },
  unavailable: says(503),
  throttle: says(429, { 'retry-after': '1' }),
  reset: { status: 0, taken: false, act: (request) => void request.socket.destroy() },
  'taken-then-reset': {
    status: 200,
    taken: true,
    act: ({ socket }) => void socket.write('HTTP/1.1 200 O', () => socket.destroy()),
  },
  trickle: {
    status: 200,
    taken: true,
    act(_request, response) {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const timer = setInterval(() => response.write('.'), TRICKLE_MS);
      setTimeout(() => response.end(), 8 * TRICKLE_MS);
      response.once('close', () => clearInterval(timer));
    },
  },
  error: says(500),
  redirect: {
    status: 307,
    taken: false,
    act: ({ socket }, response) =>
      void response.writeHead(307, { location: redirects++ % 2 === 0 ? METADATA : `http://${socket.localAddress}:${socket.localPort}${TRAP}` }).end(),
  },
  drop: { status: 0, taken: false, act: (request) => void request.socket.destroy() },
  unauthorised: says(401),
};

function receiptOf(endpoint: string, request: IncomingMessage, raw: string, behaviour: Conduct, answer: Answer): Receipt {
  const event = JSON.parse(raw) as { [name: string]: unknown; data?: { provenance?: { [name: string]: unknown } } };
  const provenance = event.data?.provenance ?? {};
  const at = now();
  return {
    time: new Date(at).toISOString(),
    atMs: at,
    endpoint,
    webhookId: String(request.headers['webhook-id']),
    eventId: String(event.id),
    type: String(event.type),
    orderKeys: String(event.orderkeys ?? event.partitionkey).split(','),
    sequence: String(event.sequence),
    attempt: Number(request.headers['quayside-attempt']),
    replay: request.headers['quayside-replay'] !== undefined,
    arrival: {
      partner: String(event.source).split('/')[4] ?? '',
      control: String(provenance.interchangeControl),
      messageId: String(provenance.messageId),
      receivedAt: String(event.time),
    },
    behaviour,
    answered: answer.status,
    taken: answer.taken,
    signature: signatureOf(request, raw),
  };
}

/** The library refuses a time that is minutes away; whether the signature is right is another question, and its own `sign` answers it. */
function signatureOf(request: IncomingMessage, raw: string): Receipt['signature'] {
  const headers = request.headers as Record<string, string>;
  try {
    webhook.verify(raw, headers);
    return 'valid';
  } catch (error) {
    if (!/timestamp too (old|new)/i.test(String(error))) return 'forged';
    const at = new Date(Number(headers['webhook-timestamp']) * 1000);
    const expected = webhook.sign(headers['webhook-id'] ?? '', at, raw);
    return headers['webhook-signature']?.split(' ').includes(expected) ? 'skewed' : 'forged';
  }
}

function listen(endpoint: string): Promise<Server> {
  const server = createServer((request, response) => void handle(endpoint, request, response).catch(() => response.destroy()));
  server.keepAliveTimeout = 120_000;
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    if (behaviours.get(endpoint) === 'drop') socket.destroy();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Nobody listens any more: connections are refused, until it is up again on the same port. */
function setDown(endpoint: string, down: boolean): void {
  const server = servers.get(endpoint);
  if (server === undefined) return;
  if (!down) {
    server.listen(ports.get(endpoint), '127.0.0.1');
    return;
  }
  server.close();
  server.closeAllConnections();
}

process.on('message', (message: { endpoint?: string; behaviour?: Conduct; down?: boolean; ask?: boolean }) => {
  if (message.endpoint !== undefined && message.down !== undefined) return setDown(message.endpoint, message.down);
  if (message.endpoint !== undefined) behaviours.set(message.endpoint, message.behaviour ?? 'healthy');
  if (message.ask) process.send?.({ followed });
});
process.on('disconnect', () => process.exit());
for (const endpoint of endpoints) {
  const server = await listen(endpoint);
  servers.set(endpoint, server);
  ports.set(endpoint, (server.address() as AddressInfo).port);
}
process.send?.({ ports: [...ports] });
