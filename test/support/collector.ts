/** An OpenTelemetry collector that keeps the spans which it is sent: OTLP over HTTP with JSON, nothing of the SDK. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2: an error. */
  readonly status: number | undefined;
}

export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** Names of the headers of every request. */
  readonly headers: Record<string, string | string[] | undefined>[];
  close(): Promise<void>;
}

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: { traceId: string; spanId: string }[];
  readonly attributes?: { key: string; value: Record<string, unknown> }[];
  readonly status?: { code?: number };
}
interface OtlpRequest {
  readonly resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
}

export function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const headers: Collector['headers'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push(request.headers);
      if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as OtlpRequest;
      for (const span of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
        spans.push({
          name: span.name,
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId,
          links: span.links ?? [],
          attributes: Object.fromEntries((span.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]])),
          status: span.status?.code,
        });
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        spans,
        headers,
        close: () =>
          new Promise((closed) => {
            server.closeAllConnections();
            server.close(() => closed());
          }),
      });
    });
  });
}
