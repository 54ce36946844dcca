/** Node-RED as it comes from npm is an orchestration endpoint: what it takes, verifies and recognises is up to its own flow, not to us. */
import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import { createTestDatabase } from '../support/database.ts';
import { make855 } from '../support/documents.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { ERP_SECRET, makeHome } from '../support/home.ts';
import { type NodeRed, startNodeRed } from '../support/node-red/start-node-red.ts';

const INSTALLED_WITHIN_MS = 900_000;
const EVENTS = 12;
const TEST_MS = 120_000;

let nodeRed: NodeRed;
beforeAll(async () => {
  nodeRed = await startNodeRed(ERP_SECRET);
}, INSTALLED_WITHIN_MS);
afterAll(() => nodeRed?.close());

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A gateway that delivers each event to the flow twice: as a structured CloudEvent and as a binary one. */
async function startGateway(): Promise<RunningGateway> {
  const home = makeHome({ partners: ['acme'], endpoints: { flow: nodeRed.url, 'flow-binary': `${nodeRed.url}\n  mode: binary` } });
  const { url, drop } = await createTestDatabase();
  const running = await startTestGateway({ home, databaseUrl: url, redisUrl: undefined });
  closing.push(
    async () => home.remove(),
    async () => void (await drop()),
    () => running.close(),
  );
  return running;
}

interface Delivered {
  readonly key: string;
  readonly endpoint: string;
  readonly state: string;
  readonly body: string;
}
const deliveriesOf = async ({ gateway }: RunningGateway): Promise<Delivered[]> => {
  const sql = `select d.idempotency_key::text as key, d.endpoint, d.state, e.body from delivery d join event e on e.id = d.event_id`;
  return (await gateway.database.query<Delivered & object>(sql)).rows;
};
const allSucceeded = (running: RunningGateway, count: number) =>
  until(
    `${count} deliveries succeeded`,
    async () => {
      const deliveries = await deliveriesOf(running);
      return deliveries.length === count && deliveries.every((delivery) => delivery.state === 'succeeded') && deliveries;
    },
    60_000,
  );
/** From control number `first` on: the same bytes would be the same events, which the flow has seen. */
const handInAll = async (running: RunningGateway, first: number) => {
  for (let n = first; n < first + EVENTS; n++) await handIn(running, 'acme', make855({ partner: 'acme', control: n }, `PO-${n % 3}`));
};

describe('a Node-RED flow', () => {
  it(
    'receives every event in both modes, each verified on its raw bytes, each byte as we stored it',
    async () => {
      const running = await startGateway();
      await handInAll(running, 1);
      const deliveries = await allSucceeded(running, 2 * EVENTS);
      const { accepted, repeated, refused } = await nodeRed.seen();
      expect({ repeated, refused }).toEqual({ repeated: [], refused: [] });
      const found = accepted.map(({ id, mode, sha256, status }) => ({ id, mode, sha256, status }));
      const wanted = deliveries.map(({ key, endpoint, body }) => {
        const binary = endpoint === 'flow-binary';
        const bytes = binary ? body.slice(body.indexOf('"data":') + '"data":'.length, -1) : body;
        return { id: key, mode: binary ? 'binary' : 'structured', sha256: createHash('sha256').update(bytes).digest('hex'), status: 200 };
      });
      expect(found.sort(byId)).toEqual(wanted.sort(byId));
    },
    TEST_MS,
  );

  it(
    'that takes an event and answers 500 all the same recognises the repeat by its webhook-id',
    async () => {
      const before = await nodeRed.seen();
      await nodeRed.failNext(5);
      const running = await startGateway();
      await handInAll(running, 101);
      const deliveries = await allSucceeded(running, 2 * EVENTS);
      const { accepted, repeated } = await nodeRed.seen();
      const taken = accepted.slice(before.accepted.length);
      expect(taken.map((event) => event.id).sort()).toEqual(deliveries.map((delivery) => delivery.key).sort());
      const failed = taken.filter((event) => event.status === 500).map((event) => event.id);
      expect(failed).toHaveLength(5);
      expect(repeated.map((event) => event.id).sort()).toEqual([...failed].sort());
      expect(repeated.every((event) => Number(event.attempt) > 1)).toBe(true);
    },
    TEST_MS,
  );

  it('refuses a body that was tampered with, an id that was, a timestamp that is stale, and takes the same when it is right', async () => {
    await nodeRed.failNext(0);
    const webhook = new Webhook(ERP_SECRET);
    const body = '{"specversion":"1.0","data":{"quantity":"10.0"}}';
    const send = async (change: { body?: string; id?: string; signedAt?: Date; timestamp?: Date }) => {
      const id = `by-hand-${crypto.randomUUID()}`;
      const signedAt = change.signedAt ?? new Date();
      const answer = await fetch(nodeRed.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents+json',
          'webhook-id': change.id ?? id,
          'webhook-timestamp': String(Math.floor((change.timestamp ?? signedAt).getTime() / 1000)),
          'webhook-signature': webhook.sign(id, signedAt, body),
        },
        body: change.body ?? body,
      });
      return `${answer.status} ${await answer.text()}`;
    };
    const old = new Date(Date.now() - 600_000);
    expect(await send({ body: body.replace('10.0', '100') })).toBe('401 forged');
    // The same JSON in other bytes: whoever parses before verifying would take it.
    expect(await send({ body: body.replace(',', ', ') })).toBe('401 forged');
    expect(await send({ id: 'another' })).toBe('401 forged');
    expect(await send({ signedAt: old })).toBe('401 stale');
    expect(await send({ signedAt: old, timestamp: new Date() })).toBe('401 forged');
    expect(await send({})).toBe('200 accepted');
  });
});

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
