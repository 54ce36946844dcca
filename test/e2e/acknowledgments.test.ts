/** Acknowledgments on the whole road: a file comes in, what is true of it lies in the partner's outbox on a real OpenSSH server, once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../src/cli/application.ts';
import { listQuarantine, rejectQuarantined, releaseQuarantined } from '../../src/pipeline/quarantine.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { acknowledge, bill, interchange, make855 } from '../support/documents.ts';
import { type Drop, type DropServer, startDropServerForTests } from '../support/drop.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { handIn, startTestGateway, until } from '../support/gateway.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import type { Home } from '../support/home.ts';

let server: DropServer;
beforeAll(async () => {
  server = await startDropServerForTests();
});
afterAll(() => server.stop());

interface Scene {
  readonly drop: Drop;
  readonly erp: Erp;
  readonly home: Home;
  readonly site: TestDatabase;
  gateway(): RunningGateway['gateway'];
  hand(text: string): Promise<string>;
  /** Waits until so many answers lie there, and nothing else; the texts in the order of our numbers. */
  answers(count: number): Promise<string[]>;
  /** Everything that came is translated and everything that goes out is out. */
  settled(): Promise<void>;
}

const BY = { actor: 'a test', reason: 'the test says so' };
let scenes = 0;

async function scene(play: (scene: Scene) => Promise<void>, { answers = [] as readonly string[], running = true } = {}): Promise<void> {
  const drop = server.drop(`scene-${++scenes}`);
  const erp = await startErp();
  const home = drop.home(erp.url, answers);
  const site = await createTestDatabase();
  const started = running ? await startTestGateway({ home, databaseUrl: site.url, redisUrl: undefined }) : undefined;
  const gateway = () => {
    if (started === undefined) throw new Error('the scene has no gateway of its own');
    return started.gateway;
  };
  try {
    await play({
      drop,
      erp,
      home,
      site,
      gateway,
      hand: (text) => handIn({ gateway: gateway() }, 'acme', text),
      async answers(count) {
        const named = (file: string) => /^(TA1|997|999)-\d{9}-[0-9a-f]{8}\.edi$/.test(file);
        await until(`${count} answers and nothing else`, () => drop.outbox().filter(named).length >= count && drop.outbox().every(named), 30_000);
        const files = drop.outbox();
        expect(files).toHaveLength(count);
        return files.sort((a, b) => a.slice(4).localeCompare(b.slice(4))).map((file) => drop.answer(file));
      },
      async settled() {
        await until('all settled', async () => {
          const { rows } = await site.database.query<{ open: number }>(
            `select (select count(*) from message where state = 'received') + (select count(*) from delivery where state not in ('succeeded', 'dead')) as open`,
          );
          return rows[0]?.open === 0;
        });
      },
    });
  } finally {
    await started?.close();
    await erp.close();
    await site.drop();
    home.remove();
  }
}

/** Without its envelope, whose numbers and times are its own. */
const inside = (answer: string): string[] => answer.split(/~\n?/).filter((segment) => /^(TA1|AK\d|IK\d|CTX)/.test(segment));

const numbersOf = (answer: string) => ({
  isa13: /^ISA(?:\*[^*]*){12}\*(\d+)/.exec(answer)?.[1],
  gs06: /\nGS\*FA(?:\*[^*]*){4}\*(\d+)/.exec(answer)?.[1],
});

const BROKEN_BETWEEN_GOOD = interchange({ partner: 'acme', control: 7 }, 'PR', [
  acknowledge('PO-1', 'SO-1'),
  ['ST*855*0001', 'BAK*00*AD*PO-2*20261101****SO-2*20261102', 'PO1*1*1O*EA*12.50**BP*SKU-1', 'ACK*IA*10*EA*068*20261109', 'CTT*1'],
  acknowledge('PO-3', 'SO-3'),
]);

describe('an 855 file with a broken set between good ones', () => {
  it('is answered once, by a 997 that accepts the good ones and names what is wrong with the other', async () => {
    await scene(async ({ hand, answers, erp, settled, drop, site }) => {
      const message = await hand(BROKEN_BETWEEN_GOOD);
      const [answer = ''] = await answers(1);
      expect(inside(answer)).toEqual([
        'AK1*PR*7',
        ...['AK2*855*0001', 'AK5*A'],
        ...['AK2*855*0002', 'AK3*PO1*3**8', 'AK4*2**6*1O', 'AK5*R*5'],
        ...['AK2*855*0003', 'AK5*A'],
        'AK9*P*3*3*2',
      ]);
      expect(answer).toMatch(/^ISA\*00\* {10}\*00\* {10}\*ZZ\*BUYER {10}\*ZZ\*ACME {11}\*\d{6}\*\d{4}\*U\*00401\*000000001\*0\*P\*>~\n/);
      expect(answer).toContain('\nGS*FA*BUYER*ACME*');
      await settled();
      expect(drop.outbox()).toHaveLength(1);
      expect(erp.accepted().filter(({ type }) => type.endsWith('order_acknowledgment.received.v1'))).toHaveLength(2);
      const { rows } = await site.database.query<{ direction: string; source: string }>(
        `select m.direction, i.message_id as source from acknowledgment a join interchange i on i.id = a.interchange_id
         join document d on d.id = a.document_id join message m on m.id = d.message_id`,
      );
      expect(rows).toEqual([{ direction: 'out', source: message }]);
    });
  });

  it('that asks for a TA1 gets one as well; test traffic is answered as test traffic', async () => {
    await scene(async ({ hand, answers }) => {
      await hand(BROKEN_BETWEEN_GOOD.replace('*0*P*>', '*1*T*>'));
      const [ta1 = '', answer = ''] = await answers(2);
      expect(inside(ta1)).toEqual(['TA1*000000007*261102*0930*A*000']);
      for (const text of [ta1, answer]) expect(text).toMatch(/\*0\*T\*>~/);
    });
  });
});

describe('a gateway that is killed', () => {
  it.each(['translate.uncommitted', 'translate.committed', 'dispatch.queued', 'upload.written', 'deliver.sent'] as const)(
    'at %s answers exactly once when it is started again',
    async (failpoint) => {
      await scene(
        async ({ drop, home, site, answers, settled }) => {
          drop.upload('po.edi', BROKEN_BETWEEN_GOOD);
          const run = (at?: typeof failpoint) => spawnGateway({ home, databaseUrl: site.url, redisUrl: undefined, failpoint: at });
          const first = run(failpoint);
          expect(await first.ended, first.log()).toBe('SIGKILL');
          await site.database.query(
            `update delivery set lease_until = now(), queued_until = now(), next_attempt_at = now() where state in ('queued', 'in_flight')`,
          );
          await site.database.query(`update partner_lane set lease_until = now(), hinted_until = now()`);
          await site.database.query('update drop_lease set lease_until = now()');
          const second = run();
          try {
            const hurry = () => site.database.query(`update delivery set next_attempt_at = now() where state = 'retry_wait'`);
            await until(
              'the answer lies there',
              async () => {
                await hurry();
                return drop.outbox().some((file) => /^997-/.test(file));
              },
              45_000,
            );
            await until('all is archived', () => drop.waiting().length === 0, 30_000);
            await until('all is delivered', async () => {
              await hurry();
              const { rows } = await site.database.query<{ n: number }>(`select count(*) as n from delivery where state <> 'succeeded'`);
              return rows[0]?.n === 0;
            });
            await settled();
            expect(inside((await answers(1))[0] ?? '').at(-1)).toBe('AK9*P*3*3*2');
            const { rows } = await site.database.query<{ n: number; last: number }>(
              `select (select count(*) from acknowledgment) as n, (select last from control_number) as last`,
            );
            expect(rows).toEqual([{ n: 1, last: 1 }]);
          } finally {
            await second.stop();
          }
        },
        { running: false },
      );
    },
    240_000,
  );
});

describe('the same interchange again', () => {
  it('is answered again, with the same words under a new number, and not processed', async () => {
    await scene(async ({ hand, answers, erp, settled, gateway, site }) => {
      await hand(BROKEN_BETWEEN_GOOD);
      await answers(1);
      await settled();
      const before = erp.accepted().length;
      const again = await hand(BROKEN_BETWEEN_GOOD);
      const [first = '', second = ''] = await answers(2);
      expect(inside(second)).toEqual(inside(first));
      expect([numbersOf(first), numbersOf(second)]).toEqual([
        { isa13: '000000001', gs06: '1' },
        { isa13: '000000002', gs06: '2' },
      ]);
      await settled();
      const { rows } = await site.database.query<{ state: string }>('select state from document where message_id = $1', [again]);
      expect(rows.map(({ state }) => state)).toEqual(['duplicate', 'duplicate', 'duplicate']);
      // Of the second answer an event, of the second delivery none.
      expect(erp.accepted().length).toBe(before + 1);
      expect(await listQuarantine(gateway())).toEqual([]);
    });
  });
});

describe('other bytes under a number that was used', () => {
  const first = make855({ partner: 'acme', control: 9 }, 'PO-1');
  const second = make855({ partner: 'acme', control: 9 }, 'PO-2');

  it('wait for a person; refused, they are refused by a TA1 that says duplicate', async () => {
    await scene(async ({ hand, answers, gateway, settled, drop }) => {
      await hand(first);
      await answers(1);
      await hand(second);
      await settled();
      const [waiting] = await listQuarantine(gateway());
      expect(waiting).toMatchObject({ cause: 'interchange', partner: 'acme', reason: expect.stringContaining('interchange 000000009') });
      expect(drop.outbox()).toHaveLength(1);
      await rejectQuarantined(gateway(), waiting?.id ?? '', BY);
      const [, refusal = ''] = await answers(2);
      expect(inside(refusal)).toEqual(['TA1*000000009*261102*0930*R*025']);
      // What was refused does not stand in the way of the next one; what was taken does.
      await hand(make855({ partner: 'acme', control: 9 }, 'PO-3'));
      await until('it waits too', async () => (await listQuarantine(gateway())).length === 1);
    });
  });

  it('are processed and acknowledged once a person has released them', async () => {
    await scene(async ({ hand, answers, gateway, settled, erp }) => {
      await hand(first);
      await hand(second);
      await settled();
      const [waiting] = await listQuarantine(gateway());
      await releaseQuarantined(gateway(), waiting?.id ?? '', BY);
      const [, late = ''] = await answers(2);
      expect(inside(late)).toEqual(['AK1*PR*9', 'AK2*855*0001', 'AK5*A', 'AK9*A*1*1*1']);
      await settled();
      expect(erp.accepted().filter(({ type }) => type.endsWith('order_acknowledgment.received.v1'))).toHaveLength(2);
    });
  });

  it('pass when nothing of the first was taken: a corrected resend', async () => {
    await scene(async ({ hand, answers, gateway, erp, settled }) => {
      await hand(first.replace('PO1*1*10', 'PO1*1*1O'));
      const [refusal = ''] = await answers(1);
      expect(inside(refusal).at(-1)).toBe('AK9*R*1*1*0');
      await hand(first);
      const [, answer = ''] = await answers(2);
      expect(inside(answer).at(-1)).toBe('AK9*A*1*1*1');
      await settled();
      expect(await listQuarantine(gateway())).toEqual([]);
      expect(erp.accepted().filter(({ type }) => type.endsWith('order_acknowledgment.received.v1'))).toHaveLength(1);
    });
  });
});

describe('a set that a person must decide on', () => {
  const invoice = interchange({ partner: 'acme', control: 1 }, 'IN', [bill('INV-1', 'PO-1')]);
  const other = bill('INV-1', 'PO-1').map((segment) => segment.replace('SKU-1', 'SKU-2'));
  const contradiction = interchange({ partner: 'acme', control: 2 }, 'IN', [other, bill('INV-2', 'PO-1')]);

  it.each([
    ['released', releaseQuarantined, ['AK2*810*0001', 'AK5*A', 'AK2*810*0002', 'AK5*A', 'AK9*A*2*2*2']],
    ['rejected', rejectQuarantined, ['AK2*810*0001', 'AK5*R', 'AK2*810*0002', 'AK5*A', 'AK9*P*2*2*1']],
  ] as const)('withholds the 997 of its group until it is %s', async (_way, decide, expected) => {
    await scene(async ({ hand, answers, gateway, settled, drop, site }) => {
      await hand(invoice);
      await answers(1);
      await hand(contradiction);
      await settled();
      const [waiting] = await listQuarantine(gateway());
      expect(drop.outbox()).toHaveLength(1);
      const { rows } = await site.database.query<{ state: string; reason: string }>(`select state, reason from acknowledgment where state <> 'sent'`);
      expect(rows).toEqual([{ state: 'withheld', reason: '1 of its transaction sets waits for a person' }]);
      await decide(gateway(), waiting?.id ?? '', BY);
      const [, answer = ''] = await answers(2);
      expect(inside(answer)).toEqual(['AK1*IN*2', ...expected]);
    });
  });
});

describe('an acknowledgment', () => {
  it('is never acknowledged: not a 997, not a TA1, not with a TA1 asked for', async () => {
    await scene(
      async ({ hand, settled, drop, site }) => {
        const ours = interchange({ partner: 'acme', control: 3 }, 'FA', [['ST*997*0001', 'AK1*PO*17', 'AK9*A*1*1*1']]).replace('*0*P*>', '*1*P*>');
        const message = await hand(ours);
        const alone = await hand(
          `${ours.slice(0, ours.indexOf('GS*')).replace('000000003', '000000004')}TA1*000000099*261101*0900*R*025~\nIEA*0*000000004~\n`,
        );
        await settled();
        expect(drop.outbox()).toEqual([]);
        const { rows } = await site.database.query(
          'select message_id as "messageId", kind, acknowledged, verdict, code, matched from acknowledgment_received order by kind',
        );
        expect(rows).toEqual([
          { messageId: message, kind: '997', acknowledged: '17', verdict: 'A', code: '', matched: null },
          { messageId: alone, kind: 'TA1', acknowledged: '000000099', verdict: 'R', code: '025', matched: null },
        ]);
        const { rows: states } = await site.database.query('select distinct state from message');
        expect(states).toEqual([{ state: 'translated' }]);
      },
      { answers: ['interchange: always'] },
    );
  });
});
