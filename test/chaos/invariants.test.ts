/** The counting itself can fail: each figure is fed a record that breaks its promise. */
import { describe, expect, it } from 'vitest';
import { countFigures, type Facts, faultsOf } from './invariants.ts';
import type { Receipt } from './receipt.ts';

const HELD = {
  lost: 0,
  doubled: 0,
  outOfOrder: 0,
  overtaken: 0,
  unclaimed: 0,
  unfenced: 0,
  refused: 0,
  forged: 0,
  followed: 0,
  misplaced: 0,
  aged: 0,
};

/** Two documents of one order, received in turn and delivered to `erp` in one attempt each. */
function sound(): { receipts: Receipt[]; facts: Facts } {
  const documents = [1, 2].map((n) => ({
    partner: 'acme',
    control: `00000000${n}`,
    arrival: n,
    ordinal: 1,
    messageState: 'translated',
    documentState: 'translated',
    eventId: `event-${n}`,
  }));
  return {
    receipts: documents.map(({ eventId, control, arrival }) => receipt({ eventId, webhookId: `key-${arrival}`, control })),
    facts: {
      handedIn: documents.map(({ partner, control }) => ({ partner, control, acknowledged: true, endpoints: ['erp'] })),
      documents,
      deliveries: documents.map(({ eventId, arrival }) => ({
        id: `delivery-${arrival}`,
        endpoint: 'erp',
        eventId,
        state: 'succeeded',
        idempotencyKey: `key-${arrival}`,
        replayOf: null,
        parked: false,
        underWay: null,
      })),
      attempts: documents.map(({ arrival }) => ({ deliveryId: `delivery-${arrival}`, n: 1, startedMs: 10, endedMs: 20, class: 'delivered' })),
      misplaced: [],
      followed: 0,
      refusals: [],
      aged: [],
    },
  };
}

function receipt(over: Partial<Receipt> & { control?: string } = {}): Receipt {
  const { control = '000000001', ...rest } = over;
  return {
    time: '2026-11-24T00:00:00.000Z',
    atMs: 0,
    endpoint: 'erp',
    webhookId: 'key-1',
    eventId: 'event-1',
    type: 'x',
    orderKeys: ['acme/po/1'],
    sequence: '1',
    attempt: 1,
    replay: false,
    arrival: { partner: 'acme', control, messageId: 'm', receivedAt: '' },
    behaviour: 'healthy',
    answered: 200,
    taken: true,
    signature: 'valid',
    ...rest,
  };
}

const at = <T>(list: readonly T[], i: number): T => {
  const found = list[i];
  if (found === undefined) throw new RangeError(`there is no ${i}`);
  return found;
};

describe('the invariants of a run', () => {
  it('hold for a sound record', () => {
    const { receipts, facts } = sound();
    const figures = countFigures(receipts, facts);
    expect(figures).toMatchObject({ committed: 2, delivered: 2, pending: 0, dead: 0, ...HELD });
    expect(faultsOf(figures)).toEqual([]);
  });

  it('hold when an ambiguous attempt is repeated under the same key', () => {
    const { receipts, facts } = sound();
    receipts.splice(0, 1, receipt({ answered: 0, taken: false }), receipt({ attempt: 2 }));
    const first = { ...at(facts.attempts, 0), class: 'ambiguous' };
    const attempts = [first, at(facts.attempts, 1), { deliveryId: 'delivery-1', n: 2, startedMs: 20, endedMs: 30, class: 'delivered' }];
    expect(countFigures(receipts, { ...facts, attempts })).toMatchObject(HELD);
  });

  it('count as lost what the source was told of and PostgreSQL does not have', () => {
    const { receipts, facts } = sound();
    const figures = countFigures(receipts, { ...facts, documents: facts.documents.slice(0, 1) });
    expect(figures).toMatchObject({ committed: 2, delivered: 1, lost: 1 });
    expect(faultsOf(figures)).toEqual(['lost is 1']);
  });

  it('do not count what the source was never told of', () => {
    const { receipts, facts } = sound();
    const handedIn = facts.handedIn.map((handed, i) => ({ ...handed, acknowledged: i === 0 }));
    expect(countFigures(receipts, { ...facts, handedIn, documents: facts.documents.slice(0, 1) })).toMatchObject({ committed: 1, lost: 0 });
  });

  it('count as lost a delivery that succeeded without the endpoint having taken it, and one that is not there', () => {
    const { receipts, facts } = sound();
    expect(countFigures([receipt(), { ...at(receipts, 1), taken: false, answered: 503 }], facts)).toMatchObject({ lost: 1 });
    expect(countFigures(receipts, { ...facts, deliveries: facts.deliveries.slice(0, 1) })).toMatchObject({ lost: 1 });
  });

  it.each(['duplicate', 'discarded'])('count as lost a document that ended as %s', (documentState) => {
    const { receipts, facts } = sound();
    const documents = [{ ...at(facts.documents, 0), eventId: null, documentState }, at(facts.documents, 1)];
    expect(countFigures(receipts.slice(1), { ...facts, documents })).toMatchObject({ lost: 1 });
  });

  it.each(['superseded', 'skipped', 'discarded'])('count as lost a delivery that is %s', (state) => {
    const { receipts, facts } = sound();
    const deliveries = [{ ...at(facts.deliveries, 0), state }, at(facts.deliveries, 1)];
    expect(countFigures(receipts, { ...facts, deliveries })).toMatchObject({ lost: 1 });
  });

  it('tell what is visible from what is lost', () => {
    const { receipts, facts } = sound();
    const fate = (state: string, parked = false) =>
      countFigures(receipts.slice(0, 1), { ...facts, deliveries: [at(facts.deliveries, 0), { ...at(facts.deliveries, 1), state, parked }] });
    expect(fate('retry_wait')).toMatchObject({ pending: 1, lost: 0 });
    expect(fate('pending', true)).toMatchObject({ parked: 1, pending: 0, lost: 0 });
    expect(fate('dead')).toMatchObject({ dead: 1, lost: 0 });
    expect(faultsOf(fate('retry_wait'))).toEqual(['pending is 1']);
  });

  it('count as doubled an event with two keys, at the endpoint or between the two ends', () => {
    const { receipts, facts } = sound();
    expect(countFigures([...receipts, receipt({ webhookId: 'another', attempt: 2 })], facts)).toMatchObject({ doubled: 1 });
    expect(countFigures([receipt({ webhookId: 'another' }), at(receipts, 1)], facts)).toMatchObject({ doubled: 1 });
  });

  it('count every inversion of first receipts against arrival', () => {
    const { receipts, facts } = sound();
    expect(countFigures([...receipts].reverse(), facts)).toMatchObject({ outOfOrder: 1, overtaken: 1 });
  });

  it('do not compare different orders or endpoints', () => {
    const { receipts, facts } = sound();
    expect(countFigures([at(receipts, 1), receipt({ orderKeys: ['acme/po/2'] })], facts)).toMatchObject({ outOfOrder: 0, overtaken: 0 });
  });

  it('see the one shared key of a shipment over several orders', () => {
    const { receipts, facts } = sound();
    const shipment = { ...at(receipts, 1), orderKeys: ['acme/po/1', 'acme/po/9'] };
    expect(countFigures([shipment, at(receipts, 0)], facts)).toMatchObject({ outOfOrder: 1 });
  });

  it('count one that is tried after its predecessor was tried but before it was taken', () => {
    const { receipts, facts } = sound();
    const record = [receipt({ taken: false, answered: 503 }), at(receipts, 1), receipt({ attempt: 2 })];
    expect(countFigures(record, facts)).toMatchObject({ outOfOrder: 0, overtaken: 1 });
  });

  it('count one that is sent although its predecessor never was taken', () => {
    const { receipts, facts } = sound();
    expect(countFigures([receipt({ taken: false, answered: 0 }), at(receipts, 1)], facts)).toMatchObject({ overtaken: 1 });
  });

  it('count a request that no attempt stands for: a hint that was trusted', () => {
    const { receipts, facts } = sound();
    expect(countFigures([...receipts, receipt()], facts)).toMatchObject({ unclaimed: 1, doubled: 0, outOfOrder: 0 });
    expect(countFigures(receipts, { ...facts, attempts: facts.attempts.slice(0, 1) })).toMatchObject({ unclaimed: 1 });
  });

  it('count an attempt at what was delivered already', () => {
    const { receipts, facts } = sound();
    const again = { deliveryId: 'delivery-1', n: 2, startedMs: 20, endedMs: 30, class: 'delivered' };
    const record = [...receipts, receipt({ attempt: 2 })];
    expect(countFigures(record, { ...facts, attempts: [...facts.attempts, again] })).toMatchObject({ ...HELD, repeated: 1 });
  });

  it('count an outcome that was committed after its lease was lost', () => {
    const { receipts, facts } = sound();
    const next = { deliveryId: 'delivery-1', n: 2, startedMs: 15, endedMs: 30, class: 'ambiguous' };
    expect(countFigures(receipts, { ...facts, attempts: [...facts.attempts, next] })).toMatchObject({ unfenced: 1 });
  });

  it('do not miss the row of an attempt that is still under way', () => {
    const { receipts, facts } = sound();
    const deliveries = [at(facts.deliveries, 0), { ...at(facts.deliveries, 1), state: 'in_flight', underWay: 1 }];
    expect(countFigures(receipts, { ...facts, deliveries, attempts: facts.attempts.slice(0, 1) })).toMatchObject({ unclaimed: 0, pending: 1 });
  });

  it('count statements that only an index stopped', () => {
    const { receipts, facts } = sound();
    expect(countFigures(receipts, { ...facts, refusals: ['duplicate key'] })).toMatchObject({ refused: 1 });
  });

  it('count forged signatures, followed redirects, misplaced deliveries and what a jumped clock made old', () => {
    const { receipts, facts } = sound();
    const figures = countFigures([receipt({ signature: 'forged' }), at(receipts, 1)], { ...facts, aged: ['a', 'b'], misplaced: ['x'], followed: 3 });
    expect(figures).toMatchObject({ forged: 1, followed: 3, misplaced: 1, aged: 2 });
    expect(faultsOf(figures)).toEqual(['forged is 1', 'followed is 3', 'misplaced is 1', 'aged is 2']);
  });

  it('are not held by a run in which nothing was committed', () => {
    const { facts } = sound();
    expect(faultsOf(countFigures([], { ...facts, handedIn: [] }))).toContain('nothing was committed');
  });
});
