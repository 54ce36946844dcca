/** Events that no endpoint wanted stay visible, and go to an endpoint that wants them later only when a person says so. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previewRouting, routeEvents } from '../../src/pipeline/route-event.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { acknowledge, interchange } from '../support/documents.ts';
import { until } from '../support/gateway.ts';
import { startTranslation, type TranslationSite } from '../support/translation.ts';

const operator = { actor: 'test', reason: 'the warehouse is connected' };

let site: TranslationSite;
beforeEach(async () => {
  site = await startTranslation({ endpoint: { events: '["invoice.received"]' } });
});
afterEach(async () => {
  expect(await misplacedDeliveries(site.database, 'default')).toEqual([]);
  await site.close();
});

describe('unrouted events', { timeout: 90_000 }, () => {
  it('are routed on request, once, in their order, to whoever subscribes now', async () => {
    const price = (n: number) => ({ price: `${n}.00` });
    const first = await site.translated(
      interchange({ partner: 'acme', control: 1 }, 'PR', [acknowledge('PO-1', 'SO-1', price(1)), acknowledge('PO-1', 'SO-1', price(2))]),
    );
    await site.translated(interchange({ partner: 'acme', control: 2 }, 'PR', [acknowledge('PO-1', 'SO-1', price(3)), acknowledge('PO-2', 'SO-2')]));
    expect(first.status).toBe('unrouted');
    expect(await previewRouting(site.gateway, {})).toEqual({ events: 0, deliveries: 0, endpoints: {}, unwanted: 4 });
    expect(await routeEvents(site.gateway, {}, operator)).toMatchObject({ events: 0, unwanted: 4 });

    const destination =
      'destination: { type: http, url: "http://127.0.0.1:9/", signing: { secrets: ["env:QUAYSIDE_SECRET_ERP"] }, allow: [127.0.0.0/8] }';
    const file = (name: string) => `endpoint: ${name}\nstage: live\n${destination}\nevents: ["*"]\nidempotency: header\n`;
    site.home.write('queues/late.yaml', file('late'));
    await until('the endpoint is in force', () => site.gateway.catalog().endpoints.has('late'), 60_000);
    expect((await site.events()).map(({ deliveries }) => deliveries)).toEqual([0, 0, 0, 0]);
    const plan = { events: 4, deliveries: 4, endpoints: { late: 4 }, unwanted: 0 };
    expect(await previewRouting(site.gateway, {})).toEqual(plan);
    expect(await previewRouting(site.gateway, { partner: 'borealis' })).toMatchObject({ events: 0 });

    expect(await routeEvents(site.gateway, { ids: [first.id] }, operator)).toMatchObject({ events: 2, deliveries: 2 });
    const both = await Promise.all([routeEvents(site.gateway, {}, operator), routeEvents(site.gateway, {}, operator)]);
    expect(both.map(({ events }) => events).sort()).toEqual([0, 2]);
    expect(await routeEvents(site.gateway, {}, operator)).toMatchObject({ events: 0, unwanted: 0 });
    const { rows } = await site.database.query<{ price: string; waiting: number }>(
      `select e.body::json->'data'->'lines'->0->'price'->>'amount' as price, d.waiting from delivery d join event e on e.id = d.event_id join delivery_key k on k.delivery_id = d.id
       where e.order_numbers = '{PO-1}' order by k.seq`,
    );
    expect(rows).toEqual([
      { price: '1.00', waiting: 0 },
      { price: '2.00', waiting: 1 },
      { price: '3.00', waiting: 1 },
    ]);
    const audited = await site.audited();
    expect(audited).toHaveLength(4);
    expect(audited[0]).toMatchObject({ action: 'event.routed', before: { endpoints: [] }, after: { endpoints: ['late'] }, reason: operator.reason });
  });
});
