/** A mapping was mended after its documents were published: the same event while nobody can have it, else the next revision. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previewRetranslation, retranslate } from '../../src/pipeline/retranslate.ts';
import { inTransaction } from '../../src/store/database.ts';
import { claimDeliveries } from '../../src/store/deliveries.ts';
import { queueDueHeads } from '../../src/store/dispatch.ts';
import { readFeed } from '../../src/store/event-feed.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { acknowledge, bill, interchange } from '../support/documents.ts';
import { until } from '../support/gateway.ts';
import { startTranslation, type TranslationSite } from '../support/translation.ts';

const operator = { actor: 'test', reason: 'the date was wrong' };
const acme = (control: number) => ({ partner: 'acme', control });
const ack = (control: number, order = 'PO-1', options = {}) => interchange(acme(control), 'PR', [acknowledge(order, 'SO-1', options)]);

let site: TranslationSite;
beforeEach(async () => {
  site = await startTranslation();
});
afterEach(async () => {
  expect(await misplacedDeliveries(site.database, 'default')).toEqual([]);
  await site.close();
});

let versions = 0;

/** Lets acme's acknowledgments and invoices differ from the standard in this from now on. */
async function mend(set: string, type: '855' | '810' = '855'): Promise<void> {
  const version = ++versions;
  site.home.write(`mappings/acme/${type}.yaml`, `mapping: acme/${type}\nversion: 1.0.${version}\nextends: std/x12-${type}@1\nset: { ${set} }\n`);
  site.home.write(
    'partners/acme/partner.yaml',
    `partner: acme\ntitle: acme\nstage: live\nidentities:\n  x12: [{ qualifier: "ZZ", id: ACME }]\ndocuments: { "855": ${type === '855' ? 'acme/855' : 'std/x12-855'}, "810": ${type === '810' ? 'acme/810' : 'std/x12-810'} }\n`,
  );
  const inForce = () => site.gateway.catalog();
  await until(
    'the mapping is in force',
    () => inForce().partners.get('acme')?.documents[type] === `acme/${type}` && inForce().mappings.find(`acme/${type}`)?.version === `1.0.${version}`,
    60_000,
  );
}
const ISSUED = 'document.issuedDate: BAK04';
const DATE_CHANGE = { path: '/document/issuedDate', before: '2026-11-02', after: '2026-11-01' };

const publish = async (text: string): Promise<string> => (await site.translated(text)).documentRows[0]?.id ?? '';
const deliveries = async () =>
  (
    await site.database.query<{ id: string; event: string; state: string; key: string; waiting: number; note: string | null }>(
      'select id, event_id as event, state, idempotency_key as key, waiting, note from delivery order by position',
    )
  ).rows;
const attempted = (outcome: string, state: string) =>
  site.database.query(
    `with d as (update delivery set state = $2, attempt_count = 1, again = true returning id)
     insert into delivery_attempt (tenant, delivery_id, n, started_at, ended_at, class, worker) select 'default', id, 1, now(), now(), $1, 'test' from d`,
    [outcome, state],
  );
const succeeded = async () => {
  await attempted('delivered', 'succeeded');
  await site.database.query('update delivery_key set open = false, active = false');
};
const queueHeads = () => inTransaction(site.database, (db) => queueDueHeads(db, 'default', [{ endpoint: 'erp', window: 10, most: 10 }]));
const claim = async () => {
  const hints = await site.database.query<{ deliveryId: string; generation: number }>(
    `select id as "deliveryId", generation from delivery where state = 'queued'`,
  );
  return hints.rows.map((hint) => ({ ...hint, leaseMs: 60_000, worker: 'test' }));
};

describe('a retranslation', { timeout: 90_000 }, () => {
  it('of equal content changes nothing at all', async () => {
    const id = await publish(ack(1));
    const before = await site.events();
    expect(await retranslate(site.gateway, id, operator)).toEqual({ outcome: 'unchanged', eventId: before[0]?.id, changes: [], problems: [] });
    expect(await site.events()).toEqual(before);
    expect(await site.audited()).toEqual([]);
  });

  it('is shown field by field before anything is done', async () => {
    const id = await publish(ack(1));
    await mend(ISSUED);
    const before = await site.events();
    expect(await previewRetranslation(site.gateway, id)).toEqual({ documentId: id, eventId: before[0]?.id, changes: [DATE_CHANGE], problems: [] });
    expect(await site.events()).toEqual(before);
  });

  it.each(['pending', 'queued', 'retry_wait', 'dead'])(
    'while its delivery is %s and never arrived keeps id, key and place, and is sent as it says now',
    async (state) => {
      const id = await publish(ack(1));
      await publish(ack(2, 'PO-1', { price: '13.00' }));
      const [first] = await site.events();
      const [delivery] = await deliveries();
      if (state === 'queued') await queueHeads();
      if (state === 'retry_wait' || state === 'dead')
        await site.database.query(`update delivery set state = $1, last_class = 'not_sent' where id = $2`, [state, delivery?.id]);
      await mend(ISSUED);
      expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'replaced', eventId: first?.id, changes: [DATE_CHANGE] });
      expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'unchanged' });
      const [now, second] = await site.events();
      expect(now).toMatchObject({
        id: first?.id,
        revision: 1,
        body: { sequence: first?.body.sequence, data: { document: { issuedDate: '2026-11-01' } } },
      });
      expect(second?.body.causationid).toBe(first?.id);
      expect((await deliveries())[0]).toMatchObject({
        id: delivery?.id,
        key: delivery?.key,
        state: state === 'retry_wait' ? 'retry_wait' : 'pending',
        waiting: 0,
      });
      expect(await site.audited()).toMatchObject([
        { action: 'document.retranslated', subject: id, before: { eventId: first?.id }, after: { eventId: first?.id, mapping: 'acme/855' } },
      ]);
      // What the partner says next is held against what is said now.
      await site.translated(ack(3, 'PO-1', { price: '13.00' }));
      expect((await site.events()).map(({ revision }) => revision)).toEqual([1, 2, 3]);
    },
  );

  it('after the feed has handed the event out is a new event, although no attempt was made', async () => {
    const id = await publish(ack(1));
    const [first] = await site.events();
    await until('the event is in the feed', async () => (await readFeed(site.database, 'default', undefined, {}, 10)).events.length === 1, 60_000);
    await mend(ISSUED);
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'revised', changes: [DATE_CHANGE] });
    const [still, second] = await site.events();
    expect(still).toEqual(first);
    expect(second).toMatchObject({ revision: 2, body: { causationid: first?.id } });
  });

  it.each([
    ['delivered', 'succeeded'],
    ['ambiguous', 'retry_wait'],
    ['ambiguous', 'dead'],
  ])('after an attempt that was %s (%s) is a new event: the next revision, behind the old one', async (outcome, state) => {
    const id = await publish(ack(1));
    const [first] = await site.events();
    if (state === 'succeeded') await succeeded();
    else await attempted(outcome, state);
    await mend(ISSUED);
    const done = await retranslate(site.gateway, id, operator);
    expect(done).toMatchObject({ outcome: 'revised', changes: [DATE_CHANGE] });
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'unchanged', eventId: done.eventId });
    const [old, next, ...more] = await site.events();
    expect(more).toEqual([]);
    expect(old).toEqual(first);
    expect(next).toMatchObject({ id: done.eventId, documentId: id, revision: 2, basis: 'retranslated', supersedes: first?.id });
    expect(next?.body).toMatchObject({ causationid: first?.id, data: { document: { revision: '2', issuedDate: '2026-11-01' } } });
    const [was, is] = await deliveries();
    expect(is?.key).not.toBe(was?.key);
    expect(is).toMatchObject({ event: done.eventId, state: 'pending', waiting: state === 'retry_wait' ? 1 : 0 });
    expect(was?.state).toBe(state === 'dead' ? 'discarded' : state);
    await mend('document.issuedDate: BAK04, statusCode: { const: "XX" }');
    await site.database.query(`update delivery set state = 'retry_wait' where state = 'pending'`);
    await site.database.query(
      `insert into delivery_attempt (tenant, delivery_id, n, started_at, ended_at, class, worker) values ('default', $1, 1, now(), now(), 'ambiguous', 'test')`,
      [is?.id],
    );
    await retranslate(site.gateway, id, operator);
    expect((await site.events()).map(({ revision, supersedes }) => [revision, supersedes])).toEqual([
      [1, null],
      [2, first?.id],
      [3, done.eventId],
    ]);
  });

  it('waits while it is being sent, and then goes by how that ended', async () => {
    const id = await publish(ack(1));
    await queueHeads();
    const [claimed] = await claimDeliveries(site.database, await claim());
    expect(claimed).toBeDefined();
    await mend(ISSUED);
    const working = retranslate(site.gateway, id, operator);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await site.audited()).toEqual([]);
    await site.database.query(`update delivery set state = 'retry_wait', lease_token = null, lease_until = null, last_class = 'not_sent'`);
    expect(await working).toMatchObject({ outcome: 'replaced' });
  });

  it('is refused, with the reason, while it is being sent for longer', async () => {
    const id = await publish(ack(1));
    await queueHeads();
    await claimDeliveries(site.database, await claim());
    await mend(ISSUED);
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'failed', problems: [{ code: 'ERR_DELIVERY_STATE' }] });
    expect(await site.audited()).toEqual([]);
  });

  it('and a claim that waits for it never send two bodies under one id', async () => {
    const id = await publish(ack(1));
    await queueHeads();
    const requests = await claim();
    await mend(ISSUED);
    // The retranslation has the delivery's lock and waits for the event's; the claim waits for the delivery.
    const { working, claiming } = await inTransaction(site.database, async (db) => {
      await db.query('select 1 from event for update');
      const locked = retranslate(site.gateway, id, operator);
      await until('it waits for the event', () => waitingFor('update event'));
      const taken = claimDeliveries(site.database, requests);
      await until('the claim waits for it', () => waitingFor('with claim as'));
      return { working: locked, claiming: taken };
    });
    expect(await working).toMatchObject({ outcome: 'replaced' });
    expect(await claiming).toEqual([undefined]);
    await queueHeads();
    const [again] = await claimDeliveries(site.database, await claim());
    expect(JSON.parse(again?.body ?? '{}')).toMatchObject({ data: { document: { issuedDate: '2026-11-01' } } });
  });

  it('and a dispatcher that comes in between never send two bodies under one id', async () => {
    const id = await publish(ack(1));
    await mend(ISSUED);
    const { working, claiming } = await inTransaction(site.database, async (db) => {
      await db.query('select 1 from event for update');
      const replacing = retranslate(site.gateway, id, operator);
      await until('it waits for the event', () => waitingFor('update event'));
      const sent = queueHeads().then(async () => claimDeliveries(site.database, await claim()));
      await Promise.race([sent, until('the dispatcher waits for it', () => waitingFor('with under_way'))]);
      return { working: replacing, claiming: sent };
    });
    expect(await working).toMatchObject({ outcome: 'replaced' });
    const [claimed] = await claiming;
    expect(JSON.parse(claimed?.body ?? '{}')).toMatchObject({ data: { document: { issuedDate: '2026-11-01' } } });
  });

  it('of one document by many at once makes one new event', async () => {
    const id = await publish(ack(1));
    await succeeded();
    await mend(ISSUED);
    const done = await Promise.all(Array.from({ length: 5 }, () => retranslate(site.gateway, id, operator)));
    expect(done.map(({ outcome }) => outcome).sort()).toEqual(['revised', 'unchanged', 'unchanged', 'unchanged', 'unchanged']);
    expect(await site.events()).toHaveLength(2);
  });

  it('that finds another purchase order moves its delivery to the end of that order', async () => {
    const id = await publish(ack(1, 'PO-1'));
    await publish(ack(2, 'PO-1', { price: '13.00' }));
    await publish(interchange(acme(3), 'PR', [acknowledge('SO-1', 'SO-9')]));
    await mend('order.orderNumber: BAK08');
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'replaced' });
    expect((await deliveries()).map(({ waiting }) => waiting)).toEqual([1, 0, 0]);
    const { rows } = await site.database.query<{ orders: string[] }>(`select order_numbers as orders from event order by created_at`);
    expect(rows.map(({ orders }) => orders)).toEqual([['SO-1'], ['PO-1'], ['SO-1']]);
    expect((await site.events())[0]?.body).toMatchObject({ subject: 'SO-1', partitionkey: 'acme/po/SO-1', sequence: '2'.padStart(19, '0') });
  });

  it('never overwrites what came after it', async () => {
    const id = await publish(ack(1));
    await succeeded();
    await publish(ack(2, 'PO-1', { price: '13.00' }));
    await mend(ISSUED);
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'failed', problems: [{ code: 'ERR_DOCUMENT_STATE' }] });
    expect(await site.events()).toHaveLength(2);
  });

  it('that would take the number of another document, or cannot be mapped, changes nothing and says why', async () => {
    const id = await publish(interchange(acme(1), 'IN', [bill('INV-1', 'PO-1')]));
    await publish(interchange(acme(2), 'IN', [bill('PO-1', 'PO-7', { price: '9.00' })]));
    const before = await site.events();
    await mend('document.id: BIG04', '810');
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'failed', problems: [{ code: 'ERR_DOCUMENT_CONFLICT' }] });
    await mend('document.issuedDate: BIG02', '810');
    expect(await retranslate(site.gateway, id, operator)).toMatchObject({ outcome: 'failed', problems: [{ code: 'ERR_MAPPING_DATE' }] });
    expect(await site.events()).toEqual(before);
    expect(await site.audited()).toEqual([]);
  });

  it('is for documents that have an event; others are told what is for them', async () => {
    await publish(interchange(acme(1), 'IN', [bill('INV-1', 'PO-1')]));
    const duplicate = await publish(interchange(acme(2), 'IN', [bill('INV-1', 'PO-1')]));
    const held = await publish(interchange(acme(3), 'IN', [bill('INV-1', 'PO-1', { price: '1.00' })]));
    await expect(retranslate(site.gateway, duplicate, operator)).rejects.toMatchObject({
      code: 'ERR_DOCUMENT_STATE',
      hint: expect.stringContaining('repeats'),
    });
    await expect(previewRetranslation(site.gateway, held)).rejects.toMatchObject({
      code: 'ERR_DOCUMENT_STATE',
      hint: expect.stringContaining('quarantine'),
    });
    const nowhere = '6a1c7c6e-0f3f-4c7e-9d0e-2f8a4a5b6c7d';
    await expect(retranslate(site.gateway, nowhere, operator)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});

const waitingFor = async (statement: string): Promise<boolean> => {
  const { rows } = await site.database.query<{ n: number }>(
    `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%' || $1 || '%' and pid <> pg_backend_pid()`,
    [statement],
  );
  return (rows[0]?.n ?? 0) > 0;
};
