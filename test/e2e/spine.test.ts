/** The whole road in one process: hand-over → T1 → T2 → queue → signed callback → dead letter → replay, on both queue backends. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import { closeDeadLetter, replay } from '../../src/pipeline/replay.ts';
import { listDeadLetters } from '../../src/store/dead-letters.ts';
import { findMessage } from '../../src/store/message-queries.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { createTestDatabase } from '../support/database.ts';
import { make855, make856 } from '../support/documents.ts';
import { type Delivered, type Erp, startErp } from '../support/erp.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { makeHome } from '../support/home.ts';
import { QUEUE_BACKENDS, testRedisUrl } from '../support/redis.ts';

const operator = { actor: 'test', reason: 'because' };

describe.each(QUEUE_BACKENDS)('the spine on %s', (backend) => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function setUp(answer?: (delivered: Omit<Delivered, 'status'>) => number): Promise<{ running: RunningGateway; erp: Erp }> {
    const erp = await startErp(answer);
    const home = makeHome({ partners: ['acme'], endpoints: { erp: erp.url } });
    const { url, drop } = await createTestDatabase();
    const running = await startTestGateway({ home, databaseUrl: url, redisUrl: backend === 'redis' ? await testRedisUrl() : undefined });
    closers.push(home.remove, () => erp.close(), drop, () => running.close());
    return { running, erp };
  }
  const messageOf = (running: RunningGateway, id: string) => findMessage(running.gateway.database, running.gateway.tenant, id);
  const statusOf = async (running: RunningGateway, id: string) => (await messageOf(running, id))?.status;

  it('delivers an 855 as a signed event and shows every step', async () => {
    const { running, erp } = await setUp();
    const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 1 }, '4711'));
    await until('delivered', async () => (await statusOf(running, id)) === 'delivered');
    expect(erp.forged).toEqual([]);
    expect(erp.receipts).toHaveLength(1);
    expect(erp.receipts[0]).toMatchObject({ type: 'dev.quayside.procurement.order_acknowledgment.received.v1', subject: '4711', attempt: 1 });
    const message = await messageOf(running, id);
    expect(message?.documentRows[0]).toMatchObject({ type: '855', state: 'translated', verdict: 'accepted' });
    expect(message?.documentRows[0]?.events[0]?.deliveries[0]?.attempts).toMatchObject([{ n: 1, class: 'delivered', status: 200 }]);
  });

  it('takes the same hand-over once, and equal bytes of a new hand-over as a visible duplicate', async () => {
    const { running, erp } = await setUp();
    const text = make855({ partner: 'acme', control: 2 }, '4711');
    const first = await handIn(running, 'acme', text, 'drop/a.edi');
    expect(await handIn(running, 'acme', text, 'drop/a.edi')).toBe(first);
    await until('delivered', async () => (await statusOf(running, first)) === 'delivered');
    const again = await handIn(running, 'acme', text, 'drop/b.edi');
    await until('duplicate', async () => (await statusOf(running, again)) === 'duplicate');
    expect(erp.receipts).toHaveLength(1);
  });

  it('repeats a 503 under the same key and then goes on', async () => {
    const { running, erp } = await setUp(({ attempt }) => (attempt === 1 ? 503 : 200));
    const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 3 }, '4712'));
    await until('delivered', async () => (await statusOf(running, id)) === 'delivered');
    expect(erp.receipts.map(({ status, attempt }) => ({ status, attempt }))).toEqual([
      { status: 503, attempt: 1 },
      { status: 200, attempt: 2 },
    ]);
    expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(1);
  });

  it('makes a dead letter of a rejection, holds back its order only, and sends all in order after a replay', async () => {
    let broken = true;
    const { running, erp } = await setUp(({ subject }) => (broken && subject === 'PO-1' ? 422 : 200));
    const { database, tenant } = running.gateway;
    await handIn(running, 'acme', make855({ partner: 'acme', control: 4 }, 'PO-1'));
    await handIn(running, 'acme', make855({ partner: 'acme', control: 5 }, 'PO-1'));
    const other = await handIn(running, 'acme', make855({ partner: 'acme', control: 6 }, 'PO-2'));
    await until('the other order is delivered', async () => (await statusOf(running, other)) === 'delivered');
    const [letter] = await until('a dead letter', async () => {
      const letters = await listDeadLetters(database, tenant);
      return letters.length > 0 && letters;
    });
    expect(letter).toMatchObject({ stage: 'deliver', orderNumbers: ['PO-1'], blocks: 1 });
    expect(erp.accepted().map((receipt) => receipt.subject)).toEqual(['PO-2']);
    broken = false;
    await replay(running.gateway, letter?.id ?? '', operator, { outOfOrder: false });
    await until('all three accepted', () => erp.accepted().length === 3);
    expect(await listDeadLetters(database, tenant)).toEqual([]);
    expect(await misplacedDeliveries(database, tenant)).toEqual([]);
    const keys = erp.receipts.filter((receipt) => receipt.eventId === erp.receipts[0]?.eventId).map((receipt) => receipt.key);
    expect(new Set(keys).size).toBe(1);
  });

  it('lets an order go on when its dead letter is skipped, and replays that one only out of order', async () => {
    const { running, erp } = await setUp(({ orderKeys }) => (orderKeys.length === 1 ? 422 : 200));
    const { gateway } = running;
    await handIn(running, 'acme', make855({ partner: 'acme', control: 7 }, 'PO-1'));
    const shipment = await handIn(running, 'acme', make856({ partner: 'acme', control: 8 }, 'SHP-1', ['PO-1', 'PO-2']));
    const [letter] = await until('a dead letter', async () => {
      const letters = await listDeadLetters(gateway.database, gateway.tenant);
      return letters.length > 0 && letters;
    });
    const id = letter?.id ?? '';
    expect(erp.accepted()).toEqual([]);
    await closeDeadLetter(gateway, id, 'skip', operator);
    await until('the shipment goes ahead', async () => (await statusOf(running, shipment)) === 'delivered');
    await expect(replay(gateway, id, operator, { outOfOrder: false })).rejects.toThrow(/was skipped/);
    await replay(gateway, id, operator, { outOfOrder: true });
    await until('sent once more', () => erp.receipts.filter((receipt) => receipt.eventId === erp.receipts[0]?.eventId).length === 2);
    expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(2);
  });
});
