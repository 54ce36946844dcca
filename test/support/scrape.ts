/** Reads Prometheus' text format: what a scraper would have seen. */
import type { RunningGateway } from '../../src/cli/application.ts';
import { until } from './gateway.ts';

export interface Scrape {
  /** Names of metrics (of a histogram its base name), whether or not they have a sample yet. */
  readonly names: ReadonlySet<string>;
  /** The sample with exactly these labels, or undefined. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** Every sample of one name. */
  samples(name: string): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Scrapes until PostgreSQL has answered: on a busy machine the first question may take longer than a scrape waits. */
export async function scrapeAll({ renderMetrics }: Pick<RunningGateway, 'renderMetrics'>): Promise<Scrape> {
  return until(
    'a scrape with the figures of PostgreSQL',
    async () => {
      const scrape = parseScrape((await renderMetrics()).body);
      return scrape.value('quayside_store_up') === 1 && scrape;
    },
    60_000,
  );
}

export function parseScrape(body: string): Scrape {
  const names = new Set<string>();
  const samples: { name: string; labels: Record<string, string>; value: number }[] = [];
  for (const line of body.split('\n')) {
    const type = /^# TYPE (\S+) \w+$/.exec(line)?.[1];
    if (type !== undefined) names.add(type);
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]);
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  const same = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>) =>
    JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  return {
    names,
    value: (name, labels = {}) => samples.find((sample) => sample.name === name && same(sample.labels, labels))?.value,
    samples: (name) => samples.filter((sample) => sample.name === name),
  };
}
