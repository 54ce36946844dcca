/** Sets the stage: a site made anew, an SFTP server, an ERP, and the gateway on embedded stores. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startSftpPeer } from '../../channels/sftp/harness.ts';
import type { Application } from '../application.ts';
import type { Stage } from './chapters.ts';
import { startDemoErp } from './demo-erp.ts';
import { type DemoHome, openDemoHome, writeEnvironment, writeSecret, writeSite } from './demo-home.ts';
import { hireSuppliers, PARTNERS } from './demo-supplier.ts';
import { LogTap } from './log-tap.ts';
import { createNarrator } from './narrator.ts';
import type { Story } from './story.ts';

/** What it opens is closed by `closers`, in reverse, even when it throws half-way. */
export async function setStage(app: Application, story: Story, closers: (() => Promise<void>)[]): Promise<{ stage: Stage; home: DemoHome }> {
  const home = await openDemoHome(join(app.data, 'demo'), PARTNERS);
  closers.push(home.close);
  story.chapter('Setting up, all of it on this machine and made anew at each start', `in ${home.directory}`);

  const peer = await startSftpPeer({ directory: home.drops });
  closers.push(peer.stop);
  const server = peer.kind === 'openssh' ? 'OpenSSH' : 'a server on ssh2';
  story.step({
    who: 'SFTP',
    verb: 'ready',
    text: `${server} at ${peer.host}:${peer.port}, a drop for each supplier, host key pinned`,
    details: peer.fallback === undefined ? [] : [`not OpenSSH: ${firstLine(peer.fallback)}`],
  });

  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const erp = await startDemoErp(secret);
  closers.push(erp.close);
  story.step({ who: 'ERP', verb: 'ready', text: `${erp.url}, knows the signing secret` });

  writeSite(home, app.demoHome, {
    SFTP_PORT: String(peer.port),
    SFTP_USER: peer.username,
    SFTP_HOST_KEY: peer.hostKey,
    SFTP_ROOT: '.',
    ERP_URL: erp.url,
  });
  writeSecret(home, 'demo-sftp-key', peer.privateKeyPem);
  writeSecret(home, 'demo-erp', secret);
  writeEnvironment(home, app.tenant);

  const tap = new LogTap(home.log);
  const site = { home: home.directory, data: home.data, secretsDirectory: home.secrets, log: tap.write };
  const running = await app.atSite(site).start(['all']);
  closers.push(running.close, async () => tap.tellBy(undefined));
  tap.tellBy(createNarrator(story, running.gateway, erp));
  story.step({ who: 'Quayside', verb: 'ready', text: `${running.address}, polls both drops`, details: running.stores });

  const suppliers = hireSuppliers(peer, join(app.demoHome, 'documents'));
  return { stage: { story, tap, erp, suppliers, running, program: programName() }, home };
}

const firstLine = (text: string): string => text.split('\n', 1)[0]?.slice(0, 100) ?? '';

/** Sources are run in a checkout only. */
const programName = (): string => (import.meta.url.endsWith('.ts') ? 'npx quayside' : 'quayside');
