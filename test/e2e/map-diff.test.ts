/** `quayside map diff` over the archive: what this checkout's files would have made of what was delivered, and nothing is touched. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import { type CommandHome, openCommandHome } from '../support/command-home.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { acknowledge, bill, interchange, make855 } from '../support/documents.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { type Home, makeHome } from '../support/home.ts';

const PARTNERS = ['acme', 'bolt'] as const;
const partnerText = (name: string) =>
  `partner: ${name}\ntitle: ${name}\nstage: live\nidentities: { x12: [{ qualifier: "ZZ", id: ${name.toUpperCase()} }] }\ndocuments: { "855": ${name}/855, "810": std/x12-810 }\n`;
const mappingText = (name: string, version: string, lines = '') => `mapping: ${name}/855\nversion: ${version}\nextends: std/x12-855@1\n${lines}`;

let database: TestDatabase;
let live: Home;
let running: RunningGateway;
/** Another folder than the gateway's: an analyst's branch. */
let checkout: CommandHome;

beforeEach(async () => {
  database = await createTestDatabase();
  live = makeHome({ partners: PARTNERS, endpoints: { erp: 'http://127.0.0.1:9/events' } });
  checkout = openCommandHome({ DATABASE_URL: database.url });
  for (const write of [live.write, checkout.write])
    for (const name of PARTNERS) {
      write(`partners/${name}/partner.yaml`, partnerText(name));
      write(`mappings/${name}/855.yaml`, mappingText(name, '1.0.0'));
    }
  running = await startTestGateway({ home: live, databaseUrl: database.url, redisUrl: undefined, roles: ['translate'] });
  await handIn(running, 'acme', interchange({ partner: 'acme', control: 1 }, 'PR', [acknowledge('4711', 'SO-1'), acknowledge('4712', 'SO-2')]));
  await handIn(running, 'acme', interchange({ partner: 'acme', control: 2 }, 'IN', [bill('INV-1', '4711')]));
  await handIn(running, 'bolt', make855({ partner: 'bolt', control: 3 }, '4713'));
  await handIn(running, 'bolt', make855({ partner: 'bolt', control: 4 }, '4714').replace('*EA*12.50', '*QQ*12.50'));
  const waiting = () => database.database.query(`select from message where state = 'received'`);
  await until('all translated', async () => (await waiting()).rowCount === 0, 60_000);
});
afterEach(async () => {
  await running.close();
  await database.drop();
  live.remove();
  checkout.remove();
});

const tables = ['message', 'document', 'event', 'delivery', 'audit', 'business_document'];
async function contents(): Promise<unknown> {
  const rows = await Promise.all(
    tables.map((table) => database.database.query(`select md5(string_agg(t::text, ',' order by t::text)) as digest from ${table} t`)),
  );
  return rows.map((result) => result.rows[0]);
}

describe('map diff over the archive', { timeout: 120_000 }, () => {
  it('says that nothing changes while the files are those in force', async () => {
    const { status, out } = await checkout.run('map', 'diff');
    expect([status, out.at(-1)]).toEqual([0, '5 documents, nothing delivered, nothing written']);
    expect(out.filter((line) => /\d+ documents/.test(line)).sort()).toEqual([
      '5 documents, nothing delivered, nothing written',
      'acme/855 1.0.0 → 1.0.0: 2 documents, 0 change',
      'bolt/855 1.0.0 → 1.0.0: 2 documents, 0 change, 1 fail as before',
      'std/x12-810 1.1.0 → 1.1.0: 1 documents, 0 change',
    ]);
  });

  it('tells by target field in how many documents what changes, of one partner or of all, and touches nothing', async () => {
    checkout.write('mappings/acme/855.yaml', mappingText('acme', '1.1.0', 'set: { order.sellerOrderNumber: BAK03 }\n'));
    const before = await contents();
    const { out } = await checkout.run('map', 'diff', 'acme', '--json');
    const rows = out.map((line) => JSON.parse(line));
    expect(rows).toMatchObject([
      { mapping: 'std/x12-810', changed: 0, same: 1 },
      {
        mapping: 'acme/855',
        before: ['1.0.0'],
        after: '1.1.0',
        changed: 2,
        versionReused: false,
        fields: [{ field: 'order.sellerOrderNumber', documents: 2, before: 'SO-1', after: '4711' }],
      },
    ]);
    expect(rows[1].fields[0].where).toMatch(/^message [0-9a-f-]{36}, document 1$/);
    expect(await contents()).toEqual(before);
  });

  it('a changed base shows in every partner that extends it, and names them; a code that is known now mends what failed', async () => {
    for (const name of PARTNERS) checkout.write(`mappings/${name}/855.yaml`, mappingText(name, '1.0.0').replace('std/x12-855@1', 'house/855@1'));
    checkout.write(
      'mappings/house/855.yaml',
      `${mappingText('house', '1.0.0', 'set: { order.sellerOrderNumber: BAK03 }\ncodes: { uom: { QQ: EA } }\n')}`,
    );
    const { status, out } = await checkout.run('map', 'diff', '--since', '1h');
    expect(status).toBe(0);
    expect(out).toContain('bolt/855 1.0.0 → 1.0.0: 2 documents, 1 change, 1 would be translated now');
    expect(out).toContain('  bolt/855 1.0.0 says something else than it did under this version: raise the version');
    expect(out).toContain('house/855@1 has rules of these fields; it is extended by acme/855, bolt/855');
  });

  it('--limit reads the newest, --since leaves out what is older', async () => {
    const some = await checkout.run('map', 'diff', '--limit', '2');
    expect([some.out.at(-1), some.errors]).toEqual([
      '2 documents, nothing delivered, nothing written',
      ['the newest 2 documents; more with --limit'],
    ]);
    expect(some.out[0]).toContain('bolt/855');
    const none = await checkout.run('map', 'diff', '--since', '2999-01-01');
    expect([none.status, none.out]).toEqual([0, ['0 documents, nothing delivered, nothing written']]);
  });
});
