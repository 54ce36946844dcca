/** kill -9 at each named failpoint, then a restart: every document reaches the ERP, which sees one idempotency key for an event. */
import { mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpenSsh } from '../../src/channels/sftp/harness.ts';
import type { SftpPeer } from '../../src/channels/sftp/peer.ts';
import { FAILPOINTS, type Failpoint } from '../../src/core/failpoints.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import { findSshd } from '../support/acquire.ts';
import { createTestDatabase } from '../support/database.ts';
import { make855 } from '../support/documents.ts';
import { startErp } from '../support/erp.ts';
import { until } from '../support/gateway.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { type Home, makeHome } from '../support/home.ts';
import { QUEUE_BACKENDS, testRedisUrl } from '../support/redis.ts';

const DOCUMENTS = 6;

describe('a gateway that is killed', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'quayside-drop-')));
  let peer: SftpPeer;
  beforeAll(async () => {
    const sshd = findSshd();
    if (sshd === undefined) throw new Error('sshd is missing: apt-get install openssh-server');
    peer = await startOpenSsh({ directory: root, sshd });
  });
  afterAll(async () => {
    await peer.stop();
    rmSync(root, { recursive: true, force: true });
  });

  for (const backend of QUEUE_BACKENDS) {
    for (const failpoint of FAILPOINTS) {
      it(`at ${failpoint} (queue on ${backend}) loses and doubles nothing once it is started again`, async () => {
        const folder = `${backend}-${failpoint}`;
        const drop = join(root, folder);
        await mkdir(join(drop, 'archive'), { recursive: true });
        const erp = await startErp();
        const home = homeFor(peer, folder, erp.url);
        const { url, database, drop: dropDatabase } = await createTestDatabase();
        const options = {
          home,
          databaseUrl: url,
          redisUrl: backend === 'redis' ? await testRedisUrl() : undefined,
          environment: { QUAYSIDE_SECRETS_DIR: home.directory },
        };
        const processes: GatewayProcess[] = [];
        const run = (failpoint?: Failpoint): GatewayProcess => {
          const gateway = spawnGateway({ ...options, failpoint });
          processes.push(gateway);
          return gateway;
        };
        try {
          for (let i = 0; i < DOCUMENTS; i++) upload(drop, `po-${i}.edi`, make855({ partner: 'acme', control: i + 1 }, `PO-${i % 3}`));
          const first = run(failpoint);
          expect(await first.ended, first.log()).toBe('SIGKILL');
          // A lease that the dead process held runs out by itself; waiting for it in a test would prove nothing more.
          await database.query(`update delivery set lease_until = now(), queued_until = now() where state in ('queued', 'in_flight')`);
          await database.query(`update partner_lane set lease_until = now(), hinted_until = now()`);
          await database.query('update drop_lease set lease_until = now()');

          const second = run();
          await until(`all delivered\n${second.log()}`, () => erp.accepted().length === DOCUMENTS, 30_000);
          await until('all archived', () => readdirSync(drop).filter((name) => name.endsWith('.edi')).length === 0);
          const succeeded = () => database.query<{ n: number }>(`select count(*) as n from delivery where state = 'succeeded'`);
          await until('all settled', async () => (await succeeded()).rows[0]?.n === DOCUMENTS);
          await second.stop();

          expect(erp.forged).toEqual([]);
          for (const { eventId } of erp.accepted()) {
            expect(new Set(erp.receipts.filter((receipt) => receipt.eventId === eventId).map((receipt) => receipt.key)).size).toBe(1);
          }
          expect(new Set(erp.receipts.map((receipt) => receipt.key)).size).toBe(DOCUMENTS);
          expect(readdirSync(join(drop, 'archive'))).toHaveLength(DOCUMENTS);
          expect(await misplacedDeliveries(database, 'default')).toEqual([]);
        } finally {
          for (const gateway of processes) gateway.kill();
          await erp.close();
          await dropDatabase();
          home.remove();
        }
      }, 90_000);
    }
  }
});

function homeFor(peer: SftpPeer, folder: string, erpUrl: string): Home {
  const home = makeHome({
    partners: ['acme'],
    endpoints: { erp: erpUrl },
    channels: () => `channels:
  drop:
    type: sftp
    host: ${peer.host}
    port: ${peer.port}
    username: ${peer.username}
    auth: { privateKey: "file:sftp-key" }
    hostKey: "${peer.hostKey}"
    directory: "${folder}"
    archive: "${folder}/archive"
    poll: 150ms
    minimumAge: 0s`,
  });
  home.write('sftp-key', peer.privateKeyPem);
  return home;
}

function upload(drop: string, name: string, text: string): void {
  writeFileSync(join(drop, `.${name}.part`), text);
  renameSync(join(drop, `.${name}.part`), join(drop, name));
}
