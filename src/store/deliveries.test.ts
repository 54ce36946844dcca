/** The fences of delivery, each against the database itself: generation, lease token, window, order. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { type Database, inTransaction, sqlStateOf } from './database.ts';
import { type ClaimRequest, claimDeliveries, type Settlement, settleDeliveries } from './deliveries.ts';
import { type DeliveryHint, lockEndpoints, queueDueHeads, queueProbe, takeOverExpired } from './dispatch.ts';
import { listEndpoints, parkEndpoint, registerEndpoints, resumeEndpoint } from './endpoints.ts';
import { insertMessages } from './messages.ts';
import { allocateSequences, misplacedDeliveries } from './order-keys.ts';
import { insertDocuments, insertEvents } from './publish.ts';
import { closeDead, replayDead } from './replays.ts';
import { unqueueLost, unqueueUntaken } from './unqueue.ts';

const TENANT = 'default';
const operator = { actor: 'test', reason: 'test' };
const policy = {
  endpoint: 'erp',
  breakerFailures: 3,
  breakerRatio: 0.5,
  breakerMinimum: 6,
  breakerWindowMs: 60_000,
  probesMs: [60_000, 120_000],
  rejectionsBeforeParking: 2,
};

describe('a delivery', () => {
  let site: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    site = await createTestDatabase();
    database = site.database;
    await registerEndpoints(database, TENANT, ['erp']);
  });
  afterEach(() => site.drop());

  /** One event over these order keys with one delivery to `erp`; returns the delivery's id. */
  const publish = (...keys: string[]) => publishEvent(keys);
  async function publishEvent(keys: readonly string[], { name = 'x', supersedes = false } = {}): Promise<string> {
    const bytes = Buffer.from('x');
    const raw = { blobId: randomUUID(), size: 1, sha256: 'x', inline: bytes };
    const door = { tenant: TENANT, partner: 'acme', channel: 'drop', channelType: 'sftp' };
    const [message] = await insertMessages(database, [{ ...door, receiptKey: randomUUID(), filename: 'x', raw }]);
    const messageId = message?.id ?? '';
    const documentId = randomUUID();
    const id = randomUUID();
    const party = { qualifier: 'ZZ', id: 'X' };
    const envelope = {
      sender: party,
      receiver: party,
      interchangeControl: '1',
      groupControl: '1',
      transactionControl: '1',
      version: '004010',
      test: false,
    };
    await inTransaction(database, async (db) => {
      const document = {
        id: documentId,
        messageId,
        ordinal: 1,
        type: '855',
        state: 'translated',
        verdict: 'accepted',
        envelope,
        offset: 0,
        segments: 1,
      } as const;
      await insertDocuments(db, TENANT, 'acme', [{ ...document, problems: [], fingerprint: undefined, mapping: undefined }]);
      const places = await allocateSequences(db, TENANT, new Map(keys.map((key) => [key, 1])));
      const deliveries = [{ id, endpoint: 'erp', idempotencyKey: randomUUID(), supersedes }];
      const event = { id: randomUUID(), documentId, name, documentNumber: 'x', orderNumbers: [...keys], test: false, body: '{}', lineage: [] };
      await insertEvents(db, TENANT, 'acme', [{ ...event, places, deliveries }]);
    });
    return id;
  }

  const dispatch = (window = 8): Promise<DeliveryHint[]> =>
    inTransaction(database, async (db) =>
      (await lockEndpoints(db, TENANT, ['erp'])).length > 0 ? queueDueHeads(db, TENANT, [{ endpoint: 'erp', window, most: window }]) : [],
    );
  const request = (hint: DeliveryHint): ClaimRequest => ({ ...hint, leaseMs: 60_000, worker: 'test' });
  const settlement = (deliveryId: string, leaseToken: string, event: Settlement['event'], attemptCount = 1): Settlement => ({
    deliveryId,
    leaseToken,
    attemptCount,
    event,
    charged: true,
    delayMs: 0,
    class: event === 'succeed' ? 'delivered' : 'rejected',
    status: 200,
    detail: '',
    responseBody: undefined,
    deadReason: undefined,
    fingerprint: undefined,
    yields: false,
    health: event === 'succeed' ? 'well' : 'indifferent',
    probe: false,
    park: undefined,
    policy,
  });
  const settle = async (settlements: Settlement[]) => (await settleDeliveries(database, TENANT, settlements)).map(({ counted }) => counted);
  /** Dispatches, claims and settles what is due; returns the ids. */
  async function settleDue(event: Settlement['event']): Promise<string[]> {
    const claimed = await claimDeliveries(database, (await dispatch()).map(request));
    const settlements = claimed.flatMap((c) => (c === undefined ? [] : [settlement(c.id, c.leaseToken, event, c.attemptCount)]));
    expect(await settle(settlements)).toEqual(settlements.map(() => true));
    expect(await misplacedDeliveries(database, TENANT)).toEqual([]);
    return settlements.map((s) => s.deliveryId).sort();
  }

  it('is claimed by one of two workers that hold the same hint, and by none with a stale one', async () => {
    await publish('a');
    const [hint] = await dispatch();
    if (hint === undefined) throw new Error('nothing was due');
    const both = await Promise.all([claimDeliveries(database, [request(hint)]), claimDeliveries(database, [request(hint)])]);
    expect(both.flat().filter((claimed) => claimed !== undefined)).toHaveLength(1);
    expect(await claimDeliveries(database, [request({ ...hint, generation: hint.generation - 1 })])).toEqual([undefined]);
  });

  it('is claimed once when a batch holds its hint twice', async () => {
    await publish('a');
    const [hint] = await dispatch();
    if (hint === undefined) throw new Error('nothing was due');
    const claimed = await claimDeliveries(database, [request(hint), request(hint)]);
    expect(claimed.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('does not take the outcome of a worker whose lease was taken over', async () => {
    await publish('a');
    const [claimed] = await claimDeliveries(database, (await dispatch()).map(request));
    await database.query('update delivery set lease_until = now()');
    const [taken] = await takeOverExpired(database, TENANT, 10);
    expect(await settle([settlement(claimed?.id ?? '', claimed?.leaseToken ?? '', 'succeed')])).toEqual([false]);
    expect(await settle([settlement(taken?.id ?? '', taken?.leaseToken ?? '', 'retry')])).toEqual([true]);
  });

  it('gets a new hint when the old one was lost, and the old one is stale from then on', async () => {
    await publish('a');
    const [lost] = await dispatch();
    expect(await unqueueLost(database, TENANT, 'expired')).toBe(0);
    expect(await unqueueLost(database, TENANT, 'all')).toBe(1);
    const [again] = await dispatch();
    expect(again?.generation).toBe((lost?.generation ?? 0) + 1);
    expect(await claimDeliveries(database, lost === undefined ? [] : [request(lost)])).toEqual([undefined]);
  });

  it('is pending again when its hint lay untaken, unless it moved on meanwhile', async () => {
    await publish('a');
    const first = await dispatch();
    expect(await unqueueUntaken(database, TENANT, ['erp'], 60_000)).toBe(0);
    expect(await unqueueUntaken(database, TENANT, ['other'], -1)).toBe(0);
    expect(await unqueueUntaken(database, TENANT, ['erp'], -1)).toBe(1);
    const second = await dispatch();
    expect(second.map((hint) => hint.generation)).toEqual([2]);
    expect(await claimDeliveries(database, first.map(request))).toEqual([undefined]);
    expect(await claimDeliveries(database, second.map(request))).not.toContain(undefined);
    expect(await unqueueUntaken(database, TENANT, ['erp'], -1)).toBe(0);
    const { rows } = await database.query('select state from delivery');
    expect(rows).toEqual([{ state: 'in_flight' }]);
  });

  it('waits for its predecessors in each of its orders', async () => {
    const a = await publish('a');
    const b = await publish('b');
    const both = await publish('a', 'b');
    const after = await publish('b');
    expect(await settleDue('succeed')).toEqual([a, b].sort());
    expect(await settleDue('succeed')).toEqual([both]);
    expect(await settleDue('succeed')).toEqual([after]);
  });

  it('waits until the one retry of two predecessors has come', async () => {
    const first = await publish('a');
    const second = await publish('a');
    expect(await settleDue('retry')).toEqual([first]);
    expect(await settleDue('succeed')).toEqual([first]);
    expect(await settleDue('succeed')).toEqual([second]);
  });

  it('that is dead holds back its own orders only, until it is replayed or closed', async () => {
    const dead = await publish('a');
    await settleDue('die');
    const blocked = await publish('a', 'b');
    const free = await publish('c');
    expect(await settleDue('succeed')).toEqual([free]);
    expect(await replayDead(database, TENANT, dead, operator)).toBe(true);
    expect(await settleDue('die')).toEqual([dead]);
    expect(await closeDead(database, TENANT, dead, 'skip', operator)).toBe(true);
    expect(await settleDue('succeed')).toEqual([blocked]);
    expect(await closeDead(database, TENANT, dead, 'skip', operator)).toBe(false);
  });

  it('is not dispatched beyond the window of its endpoint, nor by two dispatchers at once', async () => {
    for (let i = 0; i < 6; i++) await publish(`order-${i}`);
    const rounds = await Promise.all([dispatch(4), dispatch(4), dispatch(4)]);
    expect(rounds.flat()).toHaveLength(4);
    expect(await dispatch(4)).toEqual([]);
  });

  it('cannot be claimed beside another of its order, even when the dispatcher is wrong: only the head holds the active place', async () => {
    const head = await publish('a');
    await publish('a');
    await database.query('update delivery set waiting = 0'); // a dispatcher that forgot the order
    const claimed = await claimDeliveries(database, (await dispatch()).map(request));
    expect(claimed.flatMap((one) => one?.id ?? [])).toEqual([head]);
  });

  it('cannot become a second head of its order: the index refuses it', async () => {
    await publish('a');
    await publish('a');
    const refused = await database.query('update delivery_key set active = true').catch((error: unknown) => sqlStateOf(error));
    expect(refused).toBe('23505');
  });

  it('keeps its place while the one before it is published and closed at the same time', async () => {
    for (let round = 0; round < 20; round++) {
      const first = await publish('race');
      const [claimed] = await claimDeliveries(database, (await dispatch()).map(request));
      expect(claimed?.id).toBe(first);
      const [second] = await Promise.all([publish('race'), settle([settlement(first, claimed?.leaseToken ?? '', 'succeed')])]);
      expect(await misplacedDeliveries(database, TENANT)).toEqual([]);
      expect(await settleDue('succeed')).toEqual([second]);
    }
  });

  it('that is dead where the order skips dead letters gives its place up', async () => {
    const dead = await publish('a');
    const next = await publish('a');
    const [claimed] = await claimDeliveries(database, (await dispatch()).map(request));
    expect(await settle([{ ...settlement(dead, claimed?.leaseToken ?? '', 'die'), yields: true }])).toEqual([true]);
    expect(await misplacedDeliveries(database, TENANT)).toEqual([]);
    expect(await settleDue('succeed')).toEqual([next]);
  });

  it('retires older ones that it wholly covers and that were not sent, where the order supersedes', async () => {
    const sent = await publish('a');
    const [claimed] = await claimDeliveries(database, (await dispatch()).map(request));
    const covered = await publish('a');
    const wider = await publish('a', 'b');
    const other = await publishEvent(['a'], { name: 'y' });
    const newest = await publishEvent(['a'], { supersedes: true });
    const { rows } = await database.query<{ id: string }>(`select id from delivery where state = 'superseded'`);
    expect(rows.map((row) => row.id)).toEqual([covered]);
    expect(await misplacedDeliveries(database, TENANT)).toEqual([]);
    expect(await settle([settlement(sent, claimed?.leaseToken ?? '', 'succeed')])).toEqual([true]);
    expect(await settleDue('succeed')).toEqual([wider]);
    expect(await settleDue('succeed')).toEqual([other]);
    expect(await settleDue('succeed')).toEqual([newest]);
  });

  it('that retires the head of its order becomes the head', async () => {
    const old = await publish('a');
    const newest = await publishEvent(['a'], { supersedes: true });
    expect(await misplacedDeliveries(database, TENANT)).toEqual([]);
    expect(await settleDue('succeed')).toEqual([newest]);
    expect(old).not.toBe(newest);
  });

  it('gets at most half of the window when it is a retry or a replay, and one place at least', async () => {
    for (let i = 0; i < 6; i++) await publish(`old-${i}`);
    await database.query('update delivery set again = true');
    expect(await dispatch(4)).toHaveLength(2);
    for (let i = 0; i < 6; i++) await publish(`new-${i}`);
    expect(await dispatch(4)).toHaveLength(2);
    const { rows } = await database.query<{ again: boolean; n: number }>(
      `select again, count(*)::int as n from delivery where state = 'queued' group by again order by again`,
    );
    expect(rows).toEqual([
      { again: false, n: 2 },
      { again: true, n: 2 },
    ]);
    await database.query(`update delivery set state = 'pending' where state = 'queued'`);
    await database.query(`delete from delivery_key`);
    await database.query(`delete from delivery where not again`);
    expect(await dispatch(1)).toHaveLength(1);
  });

  describe("whose endpoint's breaker", () => {
    const endpoint = async () => (await listEndpoints(database, TENANT))[0];
    const gate = () => inTransaction(database, async (db) => (await lockEndpoints(db, TENANT, ['erp']))[0]);
    const probe = () =>
      inTransaction(database, async (db) => ((await lockEndpoints(db, TENANT, ['erp'])).length > 0 ? queueProbe(db, TENANT, 'erp', 120_000) : []));
    /** Claims these hints and settles them all alike; the order keys stay with their deliveries. */
    async function answer(hints: DeliveryHint[], event: Settlement['event'], health: Settlement['health']): Promise<void> {
      const claimed = await claimDeliveries(database, hints.map(request));
      await settle(
        claimed.flatMap((c) =>
          c ? [{ ...settlement(c.id, c.leaseToken, event, c.attemptCount), health, probe: c.probe, detail: 'it failed' }] : [],
        ),
      );
    }

    it('counts failures in a row opens, lets one probe through an interval, and starts slowly once it is answered', async () => {
      for (let i = 0; i < 5; i++) await publish(`order-${i}`);
      await answer(await dispatch(2), 'retry', 'failed');
      expect(await endpoint()).toMatchObject({ breaker: 'closed' });
      await answer(await dispatch(1), 'retry', 'failed');
      expect(await endpoint()).toMatchObject({ breaker: 'open', openedBy: 'it failed' });
      expect(await gate()).toMatchObject({ breaker: 'open', probeDue: false });

      await database.query('update endpoint set probe_at = now()');
      const [asked, ...more] = await probe();
      expect(more).toEqual([]);
      expect(await endpoint()).toMatchObject({ breaker: 'half_open' });
      expect(await gate()).toMatchObject({ probeDue: false });
      await answer(asked ? [asked] : [], 'release', 'failed');
      expect(await endpoint()).toMatchObject({ breaker: 'open' });
      expect(await gate()).toMatchObject({ breaker: 'open', probeDue: false, probes: 1 });

      await database.query('update endpoint set probe_at = now()');
      await answer(await probe(), 'succeed', 'well');
      expect(await gate()).toMatchObject({ breaker: 'closed', slowStart: 1, probes: 0 });
      await answer(await dispatch(1), 'succeed', 'well');
      expect(await gate()).toMatchObject({ slowStart: 2 });
    });

    it('opens when half of enough attempts fail, though some succeed', async () => {
      for (let i = 0; i < 12; i++) await publish(`order-${i}`);
      for (let round = 0; round < 3; round++) {
        await answer(await dispatch(1), 'retry', 'failed');
        expect(await endpoint()).toMatchObject({ breaker: 'closed' });
        await answer(await dispatch(1), 'succeed', 'well');
      }
      await answer(await dispatch(1), 'retry', 'failed');
      expect(await endpoint()).toMatchObject({ breaker: 'open' });
    });

    it('asks again when the probe itself was lost, but not before the interval is over', async () => {
      await publish('a');
      await database.query(`update endpoint set breaker = 'open', probe_at = now()`);
      const [lost] = await probe();
      await unqueueLost(database, TENANT, 'all');
      expect(await gate()).toMatchObject({ breaker: 'half_open', probeDue: false });
      await database.query('update endpoint set probe_at = now()');
      expect((await probe()).map((hint) => hint.deliveryId)).toEqual([lost?.deliveryId]);
      expect(await probe()).toEqual([]);
    });

    it('does not count what the endpoint refused: that parks it, after so many in a row', async () => {
      for (let i = 0; i < 3; i++) await publish(`order-${i}`);
      await answer(await dispatch(1), 'die', 'rejected');
      expect(await endpoint()).toMatchObject({ state: 'active', breaker: 'closed' });
      await answer(await dispatch(1), 'die', 'rejected');
      expect(await endpoint()).toMatchObject({ state: 'parked', parkReason: expect.stringContaining('2 documents in a row were rejected') });
    });

    it('opens takes back what no worker has taken yet: only its probe may reach it', async () => {
      for (let i = 0; i < 6; i++) await publish(`order-${i}`);
      const hints = await dispatch(6);
      await answer(hints.slice(0, 3), 'retry', 'failed');
      expect(await endpoint()).toMatchObject({ breaker: 'open' });
      expect(await claimDeliveries(database, hints.slice(3).map(request))).toEqual([undefined, undefined, undefined]);
    });
  });

  describe('whose endpoint is resumed while attempts of before are under way', () => {
    const endpoint = async () => (await listEndpoints(database, TENANT))[0];
    async function claimAll(): Promise<Settlement[]> {
      const claimed = await claimDeliveries(database, (await dispatch(9)).map(request));
      return claimed.flatMap((c) => (c ? [settlement(c.id, c.leaseToken, 'release', c.attemptCount)] : []));
    }

    it('does not park it again by their outcomes, but by those of attempts made since', async () => {
      for (const order of ['a', 'b']) await publish(order);
      const [first, second] = await claimAll();
      const refused = (settled: Settlement | undefined) => (settled ? [{ ...settled, health: 'indifferent' as const, park: 'it said 401' }] : []);
      await settle(refused(first));
      expect(await endpoint()).toMatchObject({ state: 'parked', parkReason: 'it said 401' });
      await resumeEndpoint(database, TENANT, 'erp');
      await settle(refused(second));
      expect(await endpoint()).toMatchObject({ state: 'active' });
      await settle(refused((await claimAll())[0]));
      expect(await endpoint()).toMatchObject({ state: 'parked' });
    });

    it('does not open its breaker by their failures', async () => {
      for (const order of ['a', 'b', 'c']) await publish(order);
      const before = await claimAll();
      await parkEndpoint(database, TENANT, 'erp', 'paused');
      await resumeEndpoint(database, TENANT, 'erp');
      await settle(before.map((settled) => ({ ...settled, event: 'retry', health: 'failed' })));
      expect(await endpoint()).toMatchObject({ state: 'active', breaker: 'closed' });
    });
  });
});
