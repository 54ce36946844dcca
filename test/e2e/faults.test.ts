/** What is wrong becomes visible where it is, and nothing else: good neighbours pass, other orders and other endpoints go on. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/core/context.ts';
import { unpauseEndpoint } from '../../src/pipeline/pause-endpoint.ts';
import { closeDeadLetter, replay } from '../../src/pipeline/replay.ts';
import { listEndpoints } from '../../src/store/endpoints.ts';
import { interchange, make855 } from '../support/documents.ts';
import { handIn, until } from '../support/gateway.ts';
import { type Spine, type SpineOptions, startSpine } from '../support/spine.ts';

const operator = { actor: 'test', reason: 'mended' };
const acme = (control: number) => ({ partner: 'acme', control });
const line = ['PO1*1*10*EA*12.50**BP*SKU-1', 'ACK*IA*10*EA*068*20261109', 'CTT*1'];
const good = (order: string) => ['ST*855*0001', `BAK*00*AD*${order}*20261101*****20261102`, ...line];

describe('a fault', () => {
  let spine: Spine;
  afterEach(() => spine.close());
  const start = async (options?: SpineOptions): Promise<Spine> => {
    spine = await startSpine(options);
    return spine;
  };

  it('in one transaction set leaves its neighbours alone and becomes a dead letter with its place', async () => {
    const { running, erp, reaches, deadLetters } = await start();
    const broken = ['ST*855*0001', 'BAK*00*AD**20261101', ...line]; // BAK03, the order, is missing
    const id = await handIn(running, 'acme', interchange(acme(1), 'PR', [good('PO-1'), broken, good('PO-3')]));
    await until('both good ones', () => erp.accepted().length === 2);
    const message = await reaches(id, 'dead');
    expect(
      erp
        .accepted()
        .map((delivered) => delivered.subject)
        .sort(),
    ).toEqual(['PO-1', 'PO-3']);
    expect(message.documentRows.map((document) => document.state)).toEqual(['translated', 'rejected', 'translated']);
    expect(message.documentRows[1]?.problems[0]).toMatchObject({ severity: 'error', at: { segmentId: 'BAK', element: 3 } });
    expect(await deadLetters(1)).toMatchObject([{ stage: 'translate', partner: 'acme', messageId: id }]);
  });

  it('in the code of one line fails that document by name, and a mended mapping lets it through on replay', async () => {
    const { running, erp, home, reaches, deadLetters } = await start();
    const text = make855(acme(2), 'PO-1').replace('ACK*IA*10*EA', 'ACK*IA*10*ZZ');
    const id = await handIn(running, 'acme', text);
    const [letter] = await deadLetters(1);
    expect(letter?.reason).toContain('ZZ');
    const later = await handIn(running, 'acme', make855(acme(3), 'PO-1'));
    await reaches(later, 'delivered');

    home.write('mappings/acme/855.yaml', 'mapping: acme/855\nversion: 1.0.0\nextends: std/x12-855@1\ncodes: { uom: { ZZ: EA } }\n');
    home.write('partners/acme/partner.yaml', partnerWith('{ "855": acme/855 }'));
    await until('the files are in force', () => running.gateway.catalog().partners.get('acme')?.documents['855'] === 'acme/855');
    await replay(running.gateway, letter?.id ?? '', operator, { outOfOrder: false });
    await reaches(id, 'delivered');
    expect(erp.accepted()).toHaveLength(2);
  });

  it('in a mapping file that is saved while the gateway runs is refused by name, and its last good version goes on translating', async () => {
    const refused: string[] = [];
    const note = (_fields: object, message: string) => void refused.push(message);
    const log: Log = { debug() {}, info() {}, warn() {}, error: note, child: () => log };
    const { running, home, reaches } = await start({ log });
    home.write('mappings/acme/855.yaml', 'mapping: acme/855\nversion: 1.0.0\nextends: std/x12-855@1\ncodes: { uom: { ZZ: EA } }\n');
    home.write('partners/acme/partner.yaml', partnerWith('{ "855": acme/855 }'));
    await until('the files are in force', () => running.gateway.catalog().partners.get('acme')?.documents['855'] === 'acme/855');
    home.write('mappings/acme/855.yaml', 'mapping: acme/855\nversion: 2.0.0\nextends: std/x12-855@1\nset: { order.ordrNumber: BAK03 }\n');
    const [said] = await until('the file is refused', () => refused.length > 0 && refused);
    expect(said).toMatch(/mappings\/acme\/855\.yaml:4:\d+: error ERR_MAPPING_TARGET .*did you mean "order\.orderNumber"\?/);
    const id = await handIn(running, 'acme', make855(acme(60), 'PO-1').replace('ACK*IA*10*EA', 'ACK*IA*10*ZZ'));
    expect((await reaches(id, 'delivered')).documentRows[0]).toMatchObject({ mapping: 'acme/855', mappingVersion: '1.0.0' });
  });

  it('of the sender quarantines the document', async () => {
    const { running, erp, reaches } = await start({ home: { partners: ['acme', 'borealis'] } });
    const id = await handIn(running, 'acme', make855({ partner: 'borealis', control: 4 }, 'PO-1'));
    const message = await reaches(id, 'quarantined');
    expect(message.documentRows[0]?.problems[0]).toMatchObject({ code: 'ERR_PARTNER_IDENTITY', found: 'ZZ/BOREALIS' });
    expect(erp.receipts).toEqual([]);
  });

  it('of the whole message is a dead letter, and the partner goes on', async () => {
    const { running, reaches, deadLetters } = await start();
    const id = await handIn(running, 'acme', 'Dear all, please find attached');
    const next = await handIn(running, 'acme', make855(acme(5), 'PO-1'));
    await reaches(next, 'delivered');
    expect(await deadLetters(1)).toMatchObject([{ id, stage: 'receive', fingerprint: 'ERR_FORMAT_UNKNOWN' }]);
  });

  it('of an envelope is a dead letter beside the good sets, with the two ways out', async () => {
    const { running, reaches, deadLetters } = await start();
    const cut = make855(acme(50), 'PO-1').replace(/GE\*1\*50~\n/, 'GE*2*50~\n'); // GE01 counts a set that is not there
    const id = await handIn(running, 'acme', cut);
    await until('the set is delivered', () => spine.erp.accepted().length === 1);
    expect(await deadLetters(1)).toMatchObject([{ id, stage: 'receive', reason: expect.stringMatching(/^read in part: /) }]);
    await reaches(id, 'dead');
    await replay(running.gateway, id, operator, { outOfOrder: false });
    await until('read again', async () => (await spine.message(id)).problems.length > 0 && (await deadLetters(1)).length === 1);
    await closeDeadLetter(running.gateway, id, 'discard', operator);
    await reaches(id, 'delivered');
    expect(await deadLetters(0)).toEqual([]);
    expect(spine.erp.receipts).toHaveLength(1);
  });

  it('that our own store refuses puts off that message alone: those before it pass, those behind it wait their turn', async () => {
    const { running, erp } = await start({ home: { partners: ['acme'] } });
    // No column takes a NUL, and the reader looks for them only inside transaction sets.
    const poison = make855(acme(41), 'PO-2').replaceAll('*41*X', '*41\0*X').replace('GE*1*41', 'GE*1*41\0');
    for (const text of [make855(acme(40), 'PO-1'), poison, make855(acme(42), 'PO-3')]) await handIn(running, 'acme', text);
    const { database } = running.gateway;
    const states = async () =>
      (await database.query<{ state: string; attempts: number }>('select state, attempts from message order by arrival')).rows;
    await until('put off', async () => (await states())[1]?.attempts === 1);
    await until('the first is delivered', () => erp.accepted().length === 1);
    expect((await states()).map((row) => row.state)).toEqual(['translated', 'received', 'received']);
    // As if its attempts were used up: it is a dead letter, and the partner goes on.
    await database.query(`update message set attempts = 7, next_attempt_at = now() where attempts > 0`);
    await until('the third is delivered', () => erp.accepted().length === 2);
    expect((await states()).map((row) => row.state)).toEqual(['translated', 'failed', 'translated']);
  });

  it('of our credentials parks the endpoint, charges nothing, and all is delivered once it is resumed', async () => {
    let locked = true;
    const { running, erp, reaches } = await start({ answer: () => (locked ? 401 : 200) });
    const { gateway } = running;
    const ids = [await handIn(running, 'acme', make855(acme(6), 'PO-1')), await handIn(running, 'acme', make855(acme(7), 'PO-2'))];
    await until('parked', async () => (await listEndpoints(gateway.database, gateway.tenant))[0]?.state === 'parked');
    const tried = erp.receipts.length;
    expect((await listEndpoints(gateway.database, gateway.tenant))[0]?.parkReason).toContain('ERR_DELIVERY_AUTH');
    const { rows } = await gateway.database.query<{ attempts: number }>('select max(attempts) as attempts from delivery');
    expect(rows[0]?.attempts).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(erp.receipts.length).toBe(tried);
    locked = false;
    await unpauseEndpoint(gateway, 'erp', operator);
    for (const id of ids) await reaches(id, 'delivered');
  });

  it('of an endpoint that rejects one document after another parks it before all are dead', async () => {
    const { running, deadLetters } = await start({ answer: () => 404, home: { endpoint: { rejectionsBeforeParking: '3', maxInFlight: '1' } } });
    const { gateway } = running;
    for (let i = 0; i < 8; i++) await handIn(running, 'acme', make855(acme(10 + i), `PO-${i}`));
    await until('parked', async () => (await listEndpoints(gateway.database, gateway.tenant))[0]?.state === 'parked');
    expect((await deadLetters(3)).every((letter) => letter.reason.startsWith('ERR_DELIVERY_REJECTED'))).toBe(true);
  });

  it('of nobody wanting an event leaves it visible as unrouted', async () => {
    const { running, reaches } = await start({ home: { endpoint: { events: '["invoice.received"]' } } });
    await reaches(await handIn(running, 'acme', make855(acme(30), 'PO-1')), 'unrouted');
  });

  it('of test traffic reaching production cannot happen: ISA15 = T goes to no live endpoint', async () => {
    const { running, erp, reaches } = await start();
    const live = make855(acme(31), 'PO-1');
    expect(live).toContain('*0*P*>');
    await reaches(await handIn(running, 'acme', live.replace('*0*P*>', '*0*T*>')), 'unrouted');
    expect(erp.receipts).toEqual([]);
  });

  it('of a worker that died is an ambiguous attempt, repeated under the same key', async () => {
    const { running, erp, reaches } = await start({
      answer: async ({ attempt }) => {
        if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 2500));
        return 200;
      },
    });
    const { database } = running.gateway;
    const id = await handIn(running, 'acme', make855(acme(32), 'PO-1'));
    await until('under way', async () => (await database.query(`update delivery set lease_until = now() where state = 'in_flight'`)).rowCount === 1);
    const message = await reaches(id, 'delivered');
    expect(erp.receipts.map((receipt) => receipt.key)).toEqual([erp.receipts[0]?.key, erp.receipts[0]?.key].slice(0, erp.receipts.length));
    const attempts = message.documentRows[0]?.events[0]?.deliveries[0]?.attempts;
    expect(attempts?.map((attempt) => attempt.class)).toEqual(['ambiguous', 'delivered']);
  });
});

const partnerWith = (documents: string) => `partner: acme
title: acme
stage: live
identities:
  x12: [{ qualifier: "ZZ", id: ACME }]
documents: ${documents}
`;
