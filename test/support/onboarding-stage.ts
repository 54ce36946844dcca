/** Where docs/onboarding.md is followed: a site with an ERP and no partner yet, a supplier's SFTP server, and a gateway once one is wanted. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApplication } from '../../src/app.ts';
import { startOpenSsh } from '../../src/channels/sftp/harness.ts';
import type { RunningGateway } from '../../src/cli/application.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/core/context.ts';
import { findSshd } from './acquire.ts';
import { createTestDatabase } from './database.ts';
import { type Erp, startErp } from './erp.ts';
import { endpointText, makeHome } from './home.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface OnboardingStage {
  readonly erp: Erp;
  /** As the page says, but for where the supplier's server is on this machine. */
  write(file: string, text: string): void;
  run(command: string): Promise<{ readonly status: number; readonly printed: string }>;
  readonly scenes: Readonly<Record<string, () => Promise<void>>>;
  close(): Promise<void>;
}

export async function openOnboardingStage(): Promise<OnboardingStage> {
  const sshd = findSshd();
  if (sshd === undefined) throw new Error('sshd is missing: apt-get install openssh-server');
  const drops = realpathSync(mkdtempSync(join(tmpdir(), 'quayside-northwind-')));
  for (const folder of ['outbound', 'archive']) mkdirSync(join(drops, folder));
  const peer = await startOpenSsh({ directory: drops, sshd });
  const erp = await startErp();
  const home = makeHome({ partners: [], endpoints: {} });
  home.write('queues/erp.yaml', endpointText('erp', erp.url, { events: '["*"]', idempotency: 'header' }));
  cpSync(join(ROOT, 'fixtures/onboarding'), join(home.directory, 'fixtures/onboarding'), { recursive: true });
  const database = await createTestDatabase();
  const bin = join(home.directory, '.bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'quayside'), `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin/quayside.mjs')}' "$@"\n`, { mode: 0o755 });
  const secrets = join(home.directory, '.secrets');
  mkdirSync(secrets);
  const environment = {
    ...home.secrets,
    QUAYSIDE_HOME: home.directory,
    QUAYSIDE_SECRETS_DIR: secrets,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    PORT: '0',
    PATH: [bin, process.env.PATH].join(delimiter),
    HOME: home.directory,
  };
  let running: RunningGateway | undefined;
  const send = (name: string) => {
    const text = readFileSync(join(home.directory, 'samples', name));
    writeFileSync(join(drops, `.${name}.part`), text);
    renameSync(join(drops, `.${name}.part`), join(drops, 'outbound', name));
  };
  return {
    erp,
    write(file, text) {
      const here = text
        .replace('host: sftp.northwind.example', `host: ${peer.host}\n    port: ${peer.port}\n    poll: 200ms\n    minimumAge: 0s`)
        .replace('username: quayside', `username: ${peer.username}`)
        .replace(/hostKey: ".*"/, `hostKey: "${peer.hostKey}"`);
      mkdirSync(dirname(join(home.directory, file)), { recursive: true });
      writeFileSync(join(home.directory, file), here);
    },
    run: (command) =>
      new Promise((resolve) => {
        execFile('/bin/bash', ['-c', `exec 2>&1\n${command}`], { env: environment, cwd: home.directory }, (error, printed) =>
          resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, printed }),
        );
      }),
    scenes: {
      'the key is put into QUAYSIDE_SECRETS_DIR': async () => writeFileSync(join(secrets, 'northwind-sftp-key'), peer.privateKeyPem, { mode: 0o600 }),
      async 'the gateway runs and Northwind sends 855-1.edi'() {
        Object.assign(process.env, home.secrets);
        running = await createApplication(readConfig(environment).config, silentLog).start(['all']);
        send('855-1.edi');
      },
      'Northwind sends 855-2.edi': async () => send('855-2.edi'),
    },
    async close() {
      await running?.close();
      await peer.stop();
      await erp.close();
      await database.drop();
      home.remove();
      rmSync(drops, { recursive: true, force: true });
    },
  };
}
