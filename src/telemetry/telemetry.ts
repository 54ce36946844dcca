/** Metrics and, where a collector is named, traces of one running gateway. */
import type { Log } from '../core/context.ts';
import type { StoreFigures } from '../core/store-figures.ts';
import { silentTracer, type Telemetry } from '../core/telemetry.ts';
import { createMetrics, type RenderedMetrics } from './metrics.ts';
import type { TracingOptions } from './traces.ts';

export interface TelemetryOptions {
  /** Undefined: no traces, and OpenTelemetry is not even loaded. */
  readonly tracing: TracingOptions | undefined;
  /** Names this process. */
  readonly worker: string;
  readonly tenant: string;
  readonly log: Log;
  figures(): Promise<StoreFigures>;
}

export interface RunningTelemetry extends Telemetry {
  renderMetrics(): Promise<RenderedMetrics>;
  /** Sends the spans that wait, for a few seconds at most. */
  close(): Promise<void>;
}

export async function startTelemetry({ tracing, worker, tenant, log, figures }: TelemetryOptions): Promise<RunningTelemetry> {
  const metrics = createMetrics(figures);
  const traces = tracing === undefined ? undefined : (await import('./traces.ts')).startTracing(tracing, { worker, tenant }, log);
  return {
    meter: metrics.meter,
    tracer: traces?.tracer ?? silentTracer,
    renderMetrics: metrics.render,
    close: async () => traces?.close(),
  };
}
