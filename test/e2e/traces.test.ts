/** One trace from receipt to callback, through the queue and through processes, seen by a collector that is not ours. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import type { Log } from '../../src/core/context.ts';
import { silentLog } from '../../src/core/context.ts';
import { traceparentOf } from '../../src/core/identity.ts';
import { replay } from '../../src/pipeline/replay.ts';
import { listDeadLetters } from '../../src/store/dead-letters.ts';
import { type CollectedSpan, type Collector, startCollector } from '../support/collector.ts';
import { createTestDatabase } from '../support/database.ts';
import { make855 } from '../support/documents.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { makeHome } from '../support/home.ts';
import { testRedisUrl } from '../support/redis.ts';

// A busy machine is no fault.
const eventually: typeof until = (what, look, within = 60_000) => until(what, look, within);
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Scene {
  readonly running: RunningGateway;
  readonly erp: Erp;
  /** A second gateway on the same stores. */
  join(): Promise<RunningGateway>;
}

async function setUp(endpoint: string | undefined, options: { answer?: Parameters<typeof startErp>[0]; log?: Log } = {}): Promise<Scene> {
  const erp = await startErp(options.answer);
  stops.push(erp.close);
  const home = makeHome({ partners: ['acme'], endpoints: { erp: erp.url } });
  stops.push(home.remove);
  const { url, drop } = await createTestDatabase();
  stops.push(drop);
  const secrets = {
    ...home.secrets,
    ...(endpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=edi' }),
  };
  const join = async () => {
    const running = await startTestGateway({
      home: { ...home, secrets },
      databaseUrl: url,
      redisUrl: await testRedisUrl(),
      ...(options.log && { log: options.log }),
    });
    stops.push(running.close);
    return running;
  };
  return { running: await join(), erp, join };
}

async function collector(): Promise<Collector> {
  const started = await startCollector();
  stops.push(started.close);
  return started;
}

const traceOf = (messageId: string) => messageId.replaceAll('-', '');
const named = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

describe('a trace', () => {
  it('begins with the receipt, ends with the callback, and carries ids and names but nothing of the document', async () => {
    const { url, spans, headers } = await collector();
    const { running, erp } = await setUp(url);
    const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 1 }, 'PO-HIDDEN'));
    await eventually('a span of the attempt', () => named(spans, 'deliver').length === 1);
    await eventually('five spans', () => spans.length === 5);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceOf(id)]));
    const [receive] = named(spans, 'receive');
    const [dispatch] = named(spans, 'dispatch');
    const [deliver] = named(spans, 'deliver');
    expect(traceparentOf(id)).toBe(`00-${receive?.traceId}-${receive?.spanId}-01`);
    expect(receive?.parentSpanId).toBeUndefined();
    for (const name of ['translate', 'publish', 'dispatch']) expect(named(spans, name)[0]?.parentSpanId, name).toBe(receive?.spanId);
    expect(deliver?.parentSpanId).toBe(dispatch?.spanId);
    expect(deliver?.attributes).toMatchObject({
      'quayside.message': id,
      'quayside.partner': 'acme',
      'quayside.endpoint': 'erp',
      'quayside.type': 'dev.quayside.procurement.order_acknowledgment.received.v1',
      'quayside.class': 'delivered',
    });
    expect(named(spans, 'publish')[0]?.attributes).toMatchObject({ 'quayside.documents': 1, 'quayside.events': 1, 'quayside.types': '855' });
    expect(erp.receipts[0]?.traceparent).toBe(`00-${deliver?.traceId}-${deliver?.spanId}-01`);
    expect(headers[0]).toMatchObject({ 'x-team': 'edi' });
    expect(JSON.stringify(spans)).not.toMatch(/HIDDEN|SKU-1|12\.50/);
  });

  it('has a span for each attempt, which points at the one that it repeats', async () => {
    const { url, spans } = await collector();
    const { running } = await setUp(url, { answer: ({ attempt }) => (attempt === 1 ? 503 : 200) });
    await handIn(running, 'acme', make855({ partner: 'acme', control: 2 }, '4712'));
    await eventually('two attempts', () => named(spans, 'deliver').length === 2);
    const [first, second] = named(spans, 'deliver').sort(
      (a, b) => Number(a.attributes['quayside.attempt']) - Number(b.attributes['quayside.attempt']),
    );
    expect(first).toMatchObject({ status: 2, attributes: { 'quayside.class': 'throttled' }, links: [] });
    expect(second?.links).toMatchObject([{ traceId: first?.traceId, spanId: first?.spanId }]);
  });

  it('goes on when another process replays the dead letter later, and points at the original', async () => {
    const { url, spans } = await collector();
    let broken = true;
    const { running, join } = await setUp(url, { answer: () => (broken ? 422 : 200) });
    const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 3 }, '4713'));
    const { database, tenant } = running.gateway;
    const [letter] = await eventually('a dead letter', async () => {
      const found = await listDeadLetters(database, tenant);
      return found.length === 1 && found;
    });
    await eventually('its span', () => named(spans, 'deliver').length === 1);
    await running.close();
    broken = false;
    const other = await join();
    await replay(other.gateway, letter?.id ?? '', { actor: 'test', reason: 'mended' }, { outOfOrder: false });
    await eventually('the span of the replay', () => named(spans, 'deliver').length === 2);
    const [original, replayed] = named(spans, 'deliver');
    expect(replayed?.traceId).toBe(traceOf(id));
    expect(replayed?.links).toMatchObject([{ traceId: traceOf(id), spanId: original?.spanId }]);
    // And once more, of what has succeeded: a new delivery, which points at the first attempt of the old one.
    await replay(other.gateway, letter?.id ?? '', { actor: 'test', reason: 'once more' }, { outOfOrder: false });
    await eventually('the span of the second replay', () => named(spans, 'deliver').length === 3);
    const again = named(spans, 'deliver')[2];
    expect(again?.attributes).toMatchObject({ 'quayside.replay': true });
    expect(again?.links).toMatchObject([{ spanId: original?.spanId }]);
  });
});

describe('a collector that is away', () => {
  it('is said once, and documents are delivered all the same', async () => {
    const gone = await startCollector();
    await gone.close();
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message), child: () => log };
    const { running, erp } = await setUp(gone.url, { log });
    for (let control = 10; control < 20; control++) await handIn(running, 'acme', make855({ partner: 'acme', control }, `PO-${control}`));
    await eventually('ten callbacks', () => erp.accepted().length === 10);
    await eventually('the warning', () => warnings.some((line) => line.startsWith('spans cannot be exported')), 30_000);
    // Its spans are a batch of their own, which is given up after five seconds.
    await handIn(running, 'acme', make855({ partner: 'acme', control: 20 }, 'PO-20'));
    await eventually('one more callback', () => erp.accepted().length === 11);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    await running.close();
    expect(warnings.filter((line) => line.startsWith('spans cannot be exported'))).toHaveLength(1);
  }, 60_000);
});

it('without a collector the callback carries the trace of its message', async () => {
  const { running, erp } = await setUp(undefined);
  const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 4 }, '4714'));
  await eventually('the callback', () => erp.receipts.length === 1);
  expect(erp.receipts[0]?.traceparent).toBe(traceparentOf(id));
});
