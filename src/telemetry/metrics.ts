/** /metrics: what this process counts, what PostgreSQL says of the installation, and how the process itself is. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { StoreFigures } from '../core/store-figures.ts';
import type { Meter } from '../core/telemetry.ts';
import { createMeter } from './meter.ts';
import { createStoreGauges } from './store-gauges.ts';

export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics {
  readonly meter: Meter;
  /** Never throws, and answers within seconds whatever is away. `figures` of the installation: only where a gateway has its stores. */
  render(): Promise<RenderedMetrics>;
}

export function createMetrics(figures: () => Promise<StoreFigures>, patienceMs?: number): Metrics {
  const registry = new Registry();
  const meter = createMeter(registry);
  const store = createStoreGauges(figures, patienceMs);
  return {
    meter,
    async render() {
      const parts = await Promise.all([registry.metrics(), store.render(), ofThisProcess().metrics()]);
      return {
        contentType: registry.contentType,
        body: parts
          .map((part) => part.trimEnd())
          .join('\n')
          .concat('\n'),
      };
    },
  };
}

let process: Registry | undefined;

/** Event loop, garbage collection, memory, CPU, under the names that every Node dashboard knows: one for all gateways in a process. */
function ofThisProcess(): Registry {
  if (process === undefined) {
    process = new Registry();
    collectDefaultMetrics({ register: process });
  }
  return process;
}
