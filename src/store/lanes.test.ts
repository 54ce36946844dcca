/** The leases of lanes and drops, against the database. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { inTransaction } from './database.ts';
import { claimLane, expireLeases, fenceLane, forgetLaneHints, hintDueLanes, leaseDrop, releaseDrop, releaseLane } from './lanes.ts';
import { insertMessages } from './messages.ts';

const TENANT = 'default';

describe('a lane', () => {
  let site: TestDatabase;
  beforeEach(async () => {
    site = await createTestDatabase();
    const message = { tenant: TENANT, partner: 'acme', channel: 'drop', channelType: 'sftp', receiptKey: randomUUID(), filename: 'x' };
    await insertMessages(site.database, [{ ...message, raw: { blobId: randomUUID(), size: 1, sha256: 'x', inline: Buffer.from('x') } }]);
  });
  afterEach(() => site.drop());
  const hint = (room = {}) => hintDueLanes(site.database, TENANT, { small: 10, large: 10, largeBytes: 1000, ...room });
  const runOut = () => site.database.query(`update partner_lane set lease_until = now(), hinted_until = now() - interval '1 second'`);

  it('with a due message is handed out once, and again only when its hint or its lease has run out', async () => {
    const [first] = await hint();
    expect(first).toEqual({ partner: 'acme', generation: 1, large: false });
    expect(await hint()).toEqual([]);
    await forgetLaneHints(site.database, TENANT);
    expect(await hint()).toEqual([{ partner: 'acme', generation: 2, large: false }]);
    expect(await claimLane(site.database, TENANT, { partner: 'acme', generation: 2 }, 60_000)).toBeDefined();
    await forgetLaneHints(site.database, TENANT);
    expect(await hint()).toEqual([]);
  });

  it('waits unhinted while there is no room for the size of its next message', async () => {
    for (let i = 0; i < 3; i++) expect(await hint({ small: 0 })).toEqual([]);
    for (let i = 0; i < 3; i++) expect(await hint({ large: 0, largeBytes: 0 })).toEqual([]);
    expect(await hint({ small: 0, largeBytes: 0 })).toEqual([{ partner: 'acme', generation: 1, large: true }]);
  });

  it('is claimed by one of many, and by nobody with a stale hint', async () => {
    const [first] = await hint();
    if (first === undefined) throw new Error('no lane was due');
    const claims = await Promise.all(Array.from({ length: 5 }, () => claimLane(site.database, TENANT, first, 60_000)));
    expect(claims.filter((token) => token !== undefined)).toHaveLength(1);
    await runOut();
    const [second] = await hint();
    expect(second?.generation).toBe(first.generation + 1);
    expect(await claimLane(site.database, TENANT, first, 60_000)).toBeUndefined();
  });

  it('fences the commit of a worker that lost it', async () => {
    const [first] = await hint();
    const lost = first && (await claimLane(site.database, TENANT, first, 60_000));
    await runOut();
    const [second] = await hint();
    const held = second && (await claimLane(site.database, TENANT, second, 60_000));
    const fence = (token = '') => inTransaction(site.database, (db) => fenceLane(db, TENANT, 'acme', token, 60_000));
    expect([await fence(lost), await fence(held)]).toEqual([false, true]);
    await releaseLane(site.database, TENANT, 'acme', lost ?? '');
    expect(await fence(held)).toBe(true);
  });

  it('is free at once for a gateway that has its database to itself', async () => {
    const [first] = await hint();
    expect(first && (await claimLane(site.database, TENANT, first, 60_000))).toBeDefined();
    expect(await leaseDrop(site.database, TENANT, 'sftp://drop', randomUUID(), 60_000)).toBe(true);
    await expireLeases(site.database, TENANT);
    expect(await hint()).toEqual([{ partner: 'acme', generation: 2, large: false }]);
    expect(await leaseDrop(site.database, TENANT, 'sftp://drop', randomUUID(), 60_000)).toBe(true);
  });

  it('of a drop belongs to one poller until it is released or runs out', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const lease = (token: string, ms = 60_000) => leaseDrop(site.database, TENANT, 'sftp://drop', token, ms);
    expect([await lease(one), await lease(two), await lease(one)]).toEqual([true, false, true]);
    await releaseDrop(site.database, TENANT, 'sftp://drop', two);
    expect(await lease(two)).toBe(false);
    await releaseDrop(site.database, TENANT, 'sftp://drop', one);
    expect(await lease(two, 0)).toBe(true);
    expect(await lease(one)).toBe(true);
  });
});
