/** 1,000 documents of 100 purchase orders while the ERP refuses one request in five: order per purchase order, one key per event, nothing lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { createTestDatabase } from '../support/database.ts';
import { make855, make856 } from '../support/documents.ts';
import { type Delivered, type Erp, startErp } from '../support/erp.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { makeHome } from '../support/home.ts';
import { QUEUE_BACKENDS, startTestRedis, testRedisUrl } from '../support/redis.ts';

const ORDERS = 100;
const DOCUMENTS = 1000;
const PARTNERS = ['acme', 'borealis', 'cobalt', 'delta'];

/** Reproducible: the same requests are refused in every run, whatever their order. */
function refusesOneInFive(): (delivered: Omit<Delivered, 'status'>) => number {
  const seen = new Map<string, number>();
  return ({ key }) => {
    const n = (seen.get(key) ?? 0) + 1;
    seen.set(key, n);
    return (Number.parseInt(key.slice(0, 6), 16) + n * 7919) % 5 === 0 ? 503 : 200;
  };
}

interface Arrival {
  /** Interchange control number: which document it is. */
  readonly control: string;
  /** Partner and order. */
  readonly orders: readonly string[];
}

/** Document n of a partner, in arrival order: every tenth is a shipment over three of its orders. */
function documentOf(n: number): { partner: string; text: string; arrival: Arrival } {
  const partner = PARTNERS[n % PARTNERS.length] ?? 'acme';
  const control = n + 1;
  // A partner's orders are those whose number has its remainder, so each order has documents of one partner.
  const order = (step: number) => `PO-${(n + step * PARTNERS.length * 7) % ORDERS}`;
  const orders = n % 10 === 9 ? [order(0), order(1), order(2)] : [order(0)];
  const envelope = { partner, control };
  const text = orders.length === 1 ? make855(envelope, orders[0] ?? '') : make856(envelope, `SHP-${n}`, orders);
  return { partner, text, arrival: { control: String(control).padStart(9, '0'), orders: orders.map((number) => `${partner}/${number}`) } };
}

const controlOf = (delivered: Delivered) =>
  (delivered.body as { data: { provenance: { interchangeControl: string } } }).data.provenance.interchangeControl;

/** Hands all in: partners side by side, each partner's documents one after another. */
async function handInAll(running: Parameters<typeof handIn>[0], meanwhile?: (handed: number) => Promise<void>): Promise<Arrival[]> {
  const documents = Array.from({ length: DOCUMENTS }, (_, n) => documentOf(n));
  let handed = 0;
  await Promise.all(
    PARTNERS.map(async (partner) => {
      for (const document of documents.filter((candidate) => candidate.partner === partner)) {
        await handIn(running, partner, document.text);
        await meanwhile?.(++handed);
      }
    }),
  );
  return documents.map((document) => document.arrival);
}

function checkOrder(erp: Erp, arrivals: readonly Arrival[]): void {
  expect(erp.forged).toEqual([]);
  // I2: one idempotency key for each event, ever.
  const keys = new Map<string, Set<string>>();
  for (const { eventId, key } of erp.receipts) keys.set(eventId, (keys.get(eventId) ?? new Set()).add(key));
  expect([...keys.values()].filter((set) => set.size !== 1)).toEqual([]);
  // I3: for each order, first receipts (whatever was answered) and accepted ones come in the order of arrival.
  const first = new Map<string, number>();
  erp.receipts.forEach((receipt, i) => {
    const control = controlOf(receipt);
    if (!first.has(control)) first.set(control, i);
  });
  const accepted = new Map(erp.accepted().map((delivered) => [controlOf(delivered), erp.receipts.indexOf(delivered)]));
  expect(accepted.size).toBe(arrivals.length);
  const inversions: string[] = [];
  const latest = new Map<string, { control: string; accepted: number }>();
  for (const { control, orders } of arrivals) {
    for (const order of orders) {
      const before = latest.get(order);
      // A document is not even tried before its predecessor in each of its orders was accepted.
      if (before !== undefined && (first.get(control) ?? 0) < before.accepted) inversions.push(`${order}: ${control} before ${before.control}`);
      latest.set(order, { control, accepted: accepted.get(control) ?? 0 });
    }
  }
  expect(inversions).toEqual([]);
}

describe.each(QUEUE_BACKENDS)('1,000 documents of 100 orders with the queue on %s', (backend) => {
  it('reach the ERP in the order of arrival per order, each under one key', async () => {
    const erp = await startErp(refusesOneInFive());
    const home = makeHome({ partners: PARTNERS, endpoints: { erp: erp.url } });
    const { url, database, drop } = await createTestDatabase();
    const running = await startTestGateway({ home, databaseUrl: url, redisUrl: backend === 'redis' ? await testRedisUrl() : undefined });
    try {
      const arrivals = await handInAll(running);
      await until('all accepted', () => erp.accepted().length === DOCUMENTS, 120_000);
      checkOrder(erp, arrivals);
      expect(erp.receipts.filter((receipt) => receipt.status === 503).length).toBeGreaterThan(DOCUMENTS / 10);
      expect(await misplacedDeliveries(database, 'default')).toEqual([]);
    } finally {
      await running.close();
      await erp.close();
      await drop();
      home.remove();
    }
  }, 180_000);
});

describe('FLUSHALL in the middle of 1,000 documents', () => {
  it('loses none, doubles none and keeps their order', async () => {
    const redis = await startTestRedis();
    const admin = new Redis(redis.url);
    const erp = await startErp(async () => {
      await sleep(5);
      return 200;
    });
    const home = makeHome({ partners: PARTNERS, endpoints: { erp: erp.url } });
    const { url, database, drop } = await createTestDatabase();
    const running = await startTestGateway({ home, databaseUrl: url, redisUrl: redis.url });
    try {
      const arrivals = await handInAll(running, async (handed) => {
        if (handed % 250 === 125) await admin.flushall();
      });
      // Well within the 60 s after which untaken hints expire by themselves: the emptied store must have been noticed.
      await until('all accepted', () => erp.accepted().length === DOCUMENTS, 45_000);
      checkOrder(erp, arrivals);
      expect(await misplacedDeliveries(database, 'default')).toEqual([]);
    } finally {
      admin.disconnect();
      await running.close();
      await erp.close();
      await drop();
      await redis.stop();
      home.remove();
    }
  }, 180_000);
});
