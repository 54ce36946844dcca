/** What a version of a mapping means is fixed by the first live document; what mappings do to live documents can be asked. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/core/context.ts';
import { replay } from '../../src/pipeline/replay.ts';
import { retranslate } from '../../src/pipeline/retranslate.ts';
import { readFigures } from '../../src/store/figures.ts';
import { readLiveUse } from '../../src/store/mapping-use.ts';
import { make855 } from '../support/documents.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { type Spine, type SpineOptions, startSpine } from '../support/spine.ts';

const MAPPING = 'mappings/acme/855.yaml';
const text = (version: string, more: string) => `mapping: acme/855\nversion: ${version}\nextends: std/x12-855@1\n${more}`;
const partner = (stage: string) =>
  `partner: acme\ntitle: acme\nstage: ${stage}\nidentities:\n  x12: [{ qualifier: "ZZ", id: ACME }]\ndocuments: { "855": acme/855 }\n`;
const KNOWS_ZZ = 'codes: { uom: { ZZ: EA } }\n';
const KNOWS_YY = 'codes: { uom: { ZZ: EA, YY: EA } }\n';

describe('a mapping in use', () => {
  let spine: Spine;
  afterEach(() => spine.close());
  const start = async (stage: string, options: SpineOptions = {}) => {
    spine = await startSpine({ home: { partners: ['acme'] }, ...options });
    spine.home.write(MAPPING, text('1.0.0', KNOWS_ZZ));
    spine.home.write('partners/acme/partner.yaml', partner(stage));
    await until('the files are in force', () => spine.running.gateway.catalog().partners.get('acme')?.documents['855'] === 'acme/855');
    return spine;
  };
  const inForce = () => spine.running.gateway.catalog().mappings.find('acme/855');
  const arrive = (control: number, unit = 'EA') =>
    handIn(spine.running, 'acme', make855({ partner: 'acme', control }, `PO-${control}`).replace('ACK*IA*10*EA', `ACK*IA*10*${unit}`));

  it('keeps its rules: others under its version are refused by name, and taken under the next one', async () => {
    const refused: string[] = [];
    const log: Log = { debug() {}, info() {}, warn() {}, error: (_fields: object, message: string) => void refused.push(message), child: () => log };
    const { home, reaches } = await start('live', { log });
    await reaches(await arrive(1, 'ZZ'), 'delivered');
    const before = inForce()?.hash;
    home.write(MAPPING, text('1.0.0', KNOWS_YY));
    const said = await until('the file is refused', () => refused[0]);
    expect(said).toMatch(
      /mappings\/acme\/855\.yaml:2:\d+: error ERR_MAPPING_VERSION mapping acme\/855: expected the rules that version 1\.0\.0 was used/,
    );
    expect(inForce()?.hash).toBe(before);
    await reaches(await arrive(2, 'YY'), 'dead');
    home.write(MAPPING, text('1.0.1', KNOWS_YY));
    await until('the next version is in force', () => inForce()?.version === '1.0.1');
    expect((await reaches(await arrive(3, 'YY'), 'delivered')).documentRows[0]).toMatchObject({ mappingVersion: '1.0.1' });
  });

  it('is told from another one of the same rules: each version of each is fixed', async () => {
    await start('live', { home: { partners: ['acme', 'borealis'] } });
    const { running, home, reaches } = spine;
    home.write('mappings/borealis/855.yaml', text('1.0.0', KNOWS_ZZ).replace('acme/855', 'borealis/855'));
    home.write('partners/borealis/partner.yaml', partner('live').replaceAll('acme', 'borealis').replace('ACME', 'BOREALIS'));
    await until('both are in force', () => running.gateway.catalog().partners.get('borealis')?.documents['855'] === 'borealis/855');
    await reaches(await arrive(1), 'delivered');
    await reaches(await handIn(running, 'borealis', make855({ partner: 'borealis', control: 1 }, 'PO-1')), 'delivered');
    home.write(MAPPING, text('1.0.1', KNOWS_ZZ));
    await until('the next version is in force', () => inForce()?.version === '1.0.1');
    await reaches(await arrive(2), 'delivered');
    const { rows } = await running.gateway.database.query('select mapping, version from mapping_version order by 1, 2');
    expect(rows).toEqual([
      { mapping: 'acme/855', version: '1.0.0' },
      { mapping: 'acme/855', version: '1.0.1' },
      { mapping: 'borealis/855', version: '1.0.0' },
    ]);
  });

  it('of other rules under a version in use keeps a gateway from starting, with what to do', async () => {
    const { home, running } = await start('live');
    const { database, tenant } = running.gateway;
    await database.query(`insert into mapping_version (tenant, mapping, version, hash) values ($1, 'acme/855', '1.0.0', 'f00d')`, [tenant]);
    const starting = startTestGateway({ home, databaseUrl: spine.databaseUrl, redisUrl: undefined, roles: [] });
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILES',
      message: expect.stringContaining('ERR_MAPPING_VERSION'),
      hint: expect.stringContaining('raise "version"'),
    });
  });

  it('may be changed under its version as long as its partner is tried out', async () => {
    const { home, running } = await start('test');
    await arrive(1, 'ZZ');
    await until('it is translated', async () => (await running.gateway.database.query(`select 1 from document where state = 'translated'`)).rowCount);
    home.write(MAPPING, text('1.0.0', KNOWS_YY));
    await until('the change is in force', () => inForce()?.effective.codes.get('uom')?.has('YY'));
  });

  it('of other rules in another gateway makes dead letters, which a new version lets through', async () => {
    const { home, reaches, running } = await start('live');
    const { database, tenant } = running.gateway;
    // As another gateway with other files has used it.
    await database.query(`insert into mapping_version (tenant, mapping, version, hash) values ($1, 'acme/855', '1.0.0', 'f00d')`, [tenant]);
    const id = await arrive(1);
    expect((await reaches(id, 'dead')).documentRows[0]).toMatchObject({ state: 'failed', problems: [{ code: 'ERR_MAPPING_VERSION' }] });
    home.write(MAPPING, text('1.0.1', KNOWS_ZZ));
    await until('the next version is in force', () => inForce()?.version === '1.0.1');
    const { rows } = await database.query<{ id: string }>('select id from document');
    await replay(running.gateway, rows[0]?.id ?? '', { actor: 'test', reason: 'mended' }, { outOfOrder: false });
    const document = (await reaches(id, 'delivered')).documentRows[0];
    expect(document).toMatchObject({ mappingVersion: '1.0.1' });
    await database.query(`insert into mapping_version (tenant, mapping, version, hash) values ($1, 'acme/855', '1.0.2', 'f00d')`, [tenant]);
    home.write(MAPPING, text('1.0.3', KNOWS_YY));
    await until('one more is in force', () => inForce()?.version === '1.0.3');
    await database.query(`insert into mapping_version (tenant, mapping, version, hash) values ($1, 'acme/855', '1.0.3', 'f00d')`, [tenant]);
    expect(await retranslate(running.gateway, rows[0]?.id ?? '', { actor: 'test', reason: 'again' })).toMatchObject({
      outcome: 'failed',
      problems: expect.arrayContaining([expect.objectContaining({ code: 'ERR_MAPPING_VERSION' })]),
    });
  });

  it('is counted: its documents, its rules, and what the partner sends that none of them reads', async () => {
    const { reaches, running } = await start('live');
    const { database, tenant, tally } = running.gateway;
    const strange = make855({ partner: 'acme', control: 7 }, 'PO-7').replace('CTT*1', 'REF*Q9*NEW THING~\nCTT*1').replace('SE*6', 'SE*7');
    const id = await handIn(running, 'acme', strange);
    await reaches(id, 'delivered');
    await reaches(await arrive(8), 'delivered');
    await tally.close();
    const { mappings, rules, unread } = await readLiveUse(database, tenant, 'acme');
    expect(mappings).toMatchObject([{ partner: 'acme', mapping: 'acme/855', version: '1.0.0', documents: 2 }]);
    expect(mappings[0]?.mapped).toBeLessThan(mappings[0]?.elements ?? 0);
    expect(unread).toMatchObject([{ key: expect.stringContaining('REF(Q9)02'), count: 1, example: 'NEW THING', messageId: id }]);
    expect(rules.find(({ rule }) => rule.includes('x12-855.yaml'))?.sourced).toBeGreaterThan(0);
    expect((await readFigures(database, tenant)).unexplained).toEqual([
      { partner: 'acme', mapping: 'acme/855', kinds: 1, key: unread[0]?.key, example: 'NEW THING' },
    ]);
  });
});
