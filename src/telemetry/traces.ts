/**
 * Traces: OpenTelemetry spans, sent in batches by OTLP over HTTP.
 *
 * The trace of a document is named after its message (src/core/identity.ts), so that whatever process works on it, today or in a
 * replay, works on the same trace; where a span's own id follows from what it is about, others can point at it without having seen it.
 * What waits to be sent is bounded: a collector that is away costs spans, never a document. Everything is sampled: what to keep is
 * decided better by a collector, which sees how a trace ended.
 */
import { type Link, ROOT_CONTEXT, type SpanContext, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { Log } from '../core/context.ts';
import type { Span, SpanFields, Tracer } from '../core/telemetry.ts';

export interface TracingOptions {
  /** Where spans are posted to: …/v1/traces. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what waits, for a few seconds at most. */
  close(): Promise<void>;
}

const LIMITS = { maxQueueSize: 4_096, maxExportBatchSize: 512, scheduledDelayMillis: 1_000, exportTimeoutMillis: 10_000 } as const;
const CLOSE_MS = 3_000;
const KINDS = {
  receive: SpanKind.CONSUMER,
  translate: SpanKind.INTERNAL,
  publish: SpanKind.PRODUCER,
  dispatch: SpanKind.INTERNAL,
  deliver: SpanKind.CLIENT,
};

export function startTracing(options: TracingOptions, service: { readonly worker: string; readonly tenant: string }, log: Log): Tracing {
  const exporter = telling(new OTLPTraceExporter({ url: options.url, headers: { ...options.headers }, timeoutMillis: 5_000 }), log);
  const ids = new KnownIds();
  const provider = new BasicTracerProvider({
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    resource: resourceFromAttributes({ 'service.name': 'quayside', 'service.instance.id': service.worker, 'quayside.tenant': service.tenant }),
    spanProcessors: [new BatchSpanProcessor(exporter, LIMITS)],
  });
  const spans = provider.getTracer('quayside');

  const start: Tracer['start'] = (name, { parent, self, links = [], agoMs = 0, fields }) => {
    const under = parent === undefined ? undefined : contextOf(parent);
    ids.next = self === undefined ? undefined : contextOf(self);
    const span = spans.startSpan(
      name,
      {
        kind: KINDS[name],
        startTime: Date.now() - agoMs,
        attributes: attributesOf(fields),
        links: links.flatMap((link): Link[] => {
          const context = contextOf(link);
          return context === undefined ? [] : [{ context }];
        }),
      },
      under === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, under),
    );
    ids.next = undefined;
    const { traceId, spanId } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      end(more = {}, fault) {
        span.setAttributes(attributesOf(more));
        if (fault !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: fault });
        span.end();
      },
    } satisfies Span;
  };
  return {
    tracer: { on: true, start },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), enough]);
      clearTimeout(timer);
    },
  };
}

/** Random ids, unless the span that is begun next has one of its own. Spans are begun synchronously, so `next` is nobody else's. */
class KnownIds implements IdGenerator {
  next: SpanContext | undefined;
  readonly #random = new RandomIdGenerator();

  generateTraceId(): string {
    return this.next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId();
  }
}

function contextOf(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

const attributesOf = (fields: SpanFields): Record<string, string | number | boolean> =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[`quayside.${name}`, value]])));

/** Says once that the collector is away and once that it is back, not at every batch. */
function telling(exporter: SpanExporter, log: Log): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed && !failing) log.warn({ err: result.error?.message }, 'spans cannot be exported; what does not fit into the queue is dropped');
        if (!failed && failing) log.info({}, 'spans are exported again');
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
