/**
 * The demo's ERP: what a buyer writes to take Quayside's callbacks, in one file on Node's builtins.
 *
 * It verifies the signature on the raw bytes by itself (standardwebhooks.com, nothing of Quayside's), recognises a repeat by its key, books the rest,
 * and keeps every callback that it got, whatever it answered: the story's verdict is computed from that.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Acknowledgment, acknowledgmentFacts, type Invoice, invoiceFacts, type ShipNotice, shipNoticeFacts } from './facts.ts';

/** One callback as the ERP saw it. */
export interface Callback {
  readonly key: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly orderKeys: readonly string[];
  /** The event's place in its order, as text that sorts. */
  readonly sequence: string;
  /** Undefined: the signature is good. */
  readonly signatureFault: string | undefined;
  readonly status: number;
  readonly answer: string;
  readonly booked: boolean;
  /** What the event says, in words. */
  readonly facts: readonly string[];
}

export interface DemoErp {
  readonly url: string;
  /** In the order in which they came. */
  readonly callbacks: readonly Callback[];
  /** The next callback is answered 503. */
  beBusyOnce(): void;
  addCarrier(scac: string): void;
  close(): Promise<void>;
}

interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly partitionkey: string;
  readonly orderkeys?: string;
  readonly sequence?: string;
  readonly data: Acknowledgment | ShipNotice | Invoice;
}

/** What was ordered, by order and line: the ERP knows its own prices. */
const ORDERED_PRICES = new Map([
  ['47110001/3', '14.90'],
  ['47120034/20', '398.00'],
]);
const MOST_CLOCK_SKEW_S = 300;

export async function startDemoErp(secret: string): Promise<DemoErp> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const callbacks: Callback[] = [];
  const booked = new Set<string>();
  const carriers = new Set(['PRLX']);
  let busy = false;

  const decide = (event: CloudEvent, webhookId: string, headers: IncomingHttpHeaders): Pick<Callback, 'status' | 'answer' | 'booked'> => {
    const no = (status: number, answer: string) => ({ status, answer, booked: false });
    if (headers['idempotency-key'] !== webhookId) return no(400, 'Idempotency-Key and webhook-id differ');
    if (busy) {
      busy = false;
      return no(503, 'the ERP is busy');
    }
    if (booked.has(webhookId)) return no(200, 'booked before, nothing was done');
    const carrier = 'shipment' in event.data ? event.data.shipment.carrier?.scac : undefined;
    if (carrier !== undefined && !carriers.has(carrier)) return no(422, `carrier ${carrier} is not set up in this ERP`);
    booked.add(webhookId);
    return { status: 200, answer: 'booked', booked: true };
  };

  const take = async (request: IncomingMessage): Promise<Callback> => {
    const raw = await bodyOf(request);
    const { headers } = request;
    const event = JSON.parse(raw.toString('utf8')) as CloudEvent;
    const webhookId = String(headers['webhook-id']);
    const signatureFault = faultOfSignature(headers, raw, key, Date.now() / 1000);
    const decision = signatureFault === undefined ? decide(event, webhookId, headers) : { status: 401, answer: signatureFault, booked: false };
    return {
      ...decision,
      key: webhookId,
      eventId: event.id,
      attempt: Number(headers['quayside-attempt']),
      orderKeys: (event.orderkeys ?? event.partitionkey).split(','),
      sequence: event.sequence ?? '',
      signatureFault,
      facts: factsOf(event),
    };
  };

  const server = createServer((request, response) => {
    take(request).then(
      (callback) => {
        callbacks.push(callback);
        response.writeHead(callback.status, { 'content-type': 'text/plain' }).end(callback.answer);
      },
      (fault: unknown) => response.writeHead(400, { 'content-type': 'text/plain' }).end(String(fault)),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    callbacks,
    beBusyOnce: () => {
      busy = true;
    },
    addCarrier: (scac) => void carriers.add(scac),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Why the callback is not to be believed; undefined when it is. */
function faultOfSignature(headers: IncomingHttpHeaders, raw: Buffer, key: Buffer, nowSeconds: number): string | undefined {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return 'a webhook header is missing';
  if (!(Math.abs(nowSeconds - Number(timestamp)) <= MOST_CLOCK_SKEW_S)) return 'the timestamp is more than five minutes off';
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(raw).digest();
  const isGood = signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isGood ? undefined : 'no signature fits the raw bytes';
}

function factsOf({ data }: CloudEvent): string[] {
  if ('shipment' in data) return shipNoticeFacts(data);
  if ('totals' in data) return invoiceFacts(data);
  return acknowledgmentFacts(data, (order, line) => ORDERED_PRICES.get(`${order}/${line}`));
}
