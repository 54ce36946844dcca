/** An ERP that records every receipt, verifies each signature with a library that is not ours, and answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { ERP_SECRET } from './home.ts';

export interface Delivered {
  readonly key: string;
  readonly eventId: string;
  readonly type: string;
  readonly subject: string;
  readonly attempt: number;
  readonly traceparent: string;
  readonly orderKeys: readonly string[];
  readonly body: Record<string, unknown>;
  /** What was answered. */
  readonly status: number;
}

export interface Erp {
  readonly url: string;
  /** Every request in the order of arrival, whatever was answered. */
  readonly receipts: Delivered[];
  /** First receipts of each event that were answered 2xx, in order. */
  accepted(): Delivered[];
  /** Requests whose signature did not verify on the raw bytes. */
  readonly forged: string[];
  close(): Promise<void>;
}

/** `answer` gives the status (and body) for a request; a promise holds the answer back. */
export function startErp(answer: (delivered: Omit<Delivered, 'status'>) => number | Promise<number> = () => 200): Promise<Erp> {
  const receipts: Delivered[] = [];
  const forged: string[] = [];
  const webhook = new Webhook(ERP_SECRET);
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString('utf8');
    try {
      webhook.verify(raw, request.headers as Record<string, string>);
    } catch (error) {
      forged.push(String(error));
    }
    const event = JSON.parse(raw) as Record<string, unknown>;
    const delivered = {
      key: String(request.headers['webhook-id']),
      eventId: String(event.id),
      type: String(event.type),
      subject: String(event.subject),
      attempt: Number(request.headers['quayside-attempt']),
      traceparent: String(request.headers.traceparent),
      orderKeys: String(event.orderkeys ?? event.partitionkey).split(','),
      body: event,
    };
    const status = await answer(delivered);
    receipts.push({ ...delivered, status });
    response.writeHead(status).end();
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
        receipts,
        forged,
        accepted() {
          const seen = new Set<string>();
          return receipts.filter((receipt) => receipt.status < 300 && !seen.has(receipt.eventId) && seen.add(receipt.eventId));
        },
        close: () =>
          new Promise((closed) => {
            server.closeAllConnections();
            server.close(() => closed());
          }),
      });
    });
  });
}
