/** The whole road in one process: hand-over → T1 → T2 → queue → signed callback → dead letter → replay, on both queue backends. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeDeadLetter, replay } from '../../src/pipeline/replay.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { make855, make856 } from '../support/documents.ts';
import { handIn, until } from '../support/gateway.ts';
import { QUEUE_BACKENDS, testRedisUrl } from '../support/redis.ts';
import { type Spine, type SpineOptions, startSpine } from '../support/spine.ts';

const operator = { actor: 'test', reason: 'because' };

describe.each(QUEUE_BACKENDS)('the spine on %s', (backend) => {
  let spine: Spine | undefined;
  afterEach(() => spine?.close());

  const setUp = async (answer?: SpineOptions['answer']): Promise<Spine> => {
    spine = await startSpine({ redisUrl: backend === 'redis' ? await testRedisUrl() : undefined, ...(answer && { answer }) });
    return spine;
  };

  it('delivers an 855 as a signed event and shows every step', async () => {
    const { running, erp, reaches } = await setUp();
    const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 1 }, '4711'));
    const message = await reaches(id, 'delivered');
    expect(erp.forged).toEqual([]);
    expect(erp.receipts).toHaveLength(1);
    expect(erp.receipts[0]).toMatchObject({ type: 'dev.quayside.procurement.order_acknowledgment.received.v1', subject: '4711', attempt: 1 });
    expect(message.documentRows[0]).toMatchObject({ type: '855', state: 'translated', verdict: 'accepted' });
    expect(message.documentRows[0]?.events[0]?.deliveries[0]?.attempts).toMatchObject([{ n: 1, class: 'delivered', status: 200 }]);
  });

  it('takes the same hand-over once, and equal bytes of a new hand-over as a visible duplicate', async () => {
    const { running, erp, reaches } = await setUp();
    const text = make855({ partner: 'acme', control: 2 }, '4711');
    const first = await handIn(running, 'acme', text, 'drop/a.edi');
    expect(await handIn(running, 'acme', text, 'drop/a.edi')).toBe(first);
    await reaches(first, 'delivered');
    const again = await handIn(running, 'acme', text, 'drop/b.edi');
    await reaches(again, 'duplicate');
    expect(erp.receipts).toHaveLength(1);
  });

  it('repeats a 503 under the same key and then goes on', async () => {
    const { running, erp, reaches } = await setUp(({ attempt }) => (attempt === 1 ? 503 : 200));
    const id = await handIn(running, 'acme', make855({ partner: 'acme', control: 3 }, '4712'));
    await reaches(id, 'delivered');
    expect(erp.receipts.map(({ status, attempt }) => ({ status, attempt }))).toEqual([
      { status: 503, attempt: 1 },
      { status: 200, attempt: 2 },
    ]);
    expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(1);
  });

  it('makes a dead letter of a rejection, holds back its order only, and sends all in order after a replay', async () => {
    let broken = true;
    const { running, erp, reaches, deadLetters } = await setUp(({ subject }) => (broken && subject === 'PO-1' ? 422 : 200));
    const { database, tenant } = running.gateway;
    await handIn(running, 'acme', make855({ partner: 'acme', control: 4 }, 'PO-1'));
    await handIn(running, 'acme', make855({ partner: 'acme', control: 5 }, 'PO-1'));
    const other = await handIn(running, 'acme', make855({ partner: 'acme', control: 6 }, 'PO-2'));
    await reaches(other, 'delivered');
    const [letter] = await deadLetters(1);
    expect(letter).toMatchObject({ stage: 'deliver', orderNumbers: ['PO-1'], blocks: 1 });
    expect(erp.accepted().map((receipt) => receipt.subject)).toEqual(['PO-2']);
    broken = false;
    await replay(running.gateway, letter?.id ?? '', operator, { outOfOrder: false });
    await until('all three accepted', () => erp.accepted().length === 3);
    expect(await deadLetters(0)).toEqual([]);
    expect(await misplacedDeliveries(database, tenant)).toEqual([]);
    const keys = erp.receipts.filter((receipt) => receipt.eventId === erp.receipts[0]?.eventId).map((receipt) => receipt.key);
    expect(new Set(keys).size).toBe(1);
  });

  it('lets an order go on when its dead letter is skipped, and replays that one only out of order', async () => {
    const { running, erp, reaches, deadLetters } = await setUp(({ orderKeys }) => (orderKeys.length === 1 ? 422 : 200));
    const { gateway } = running;
    await handIn(running, 'acme', make855({ partner: 'acme', control: 7 }, 'PO-1'));
    const shipment = await handIn(running, 'acme', make856({ partner: 'acme', control: 8 }, 'SHP-1', ['PO-1', 'PO-2']));
    const [letter] = await deadLetters(1);
    const id = letter?.id ?? '';
    expect(erp.accepted()).toEqual([]);
    await closeDeadLetter(gateway, id, 'skip', operator);
    await reaches(shipment, 'delivered');
    await expect(replay(gateway, id, operator, { outOfOrder: false })).rejects.toThrow(/gave up its place/);
    await replay(gateway, id, operator, { outOfOrder: true });
    await until('sent once more', () => erp.receipts.filter((receipt) => receipt.eventId === erp.receipts[0]?.eventId).length === 2);
    expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(2);
  });
});
