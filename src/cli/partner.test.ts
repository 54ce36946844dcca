import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findSshd } from '../../test/support/acquire.ts';
import { type CommandHome, openCommandHome } from '../../test/support/command-home.ts';
import { startOpenSsh } from '../channels/sftp/harness.ts';

let home: string;
let commands: CommandHome;
beforeEach(() => {
  commands = openCommandHome();
  home = commands.directory;
});
afterEach(() => commands.remove());

const run = (...argv: string[]) => commands.run(...argv);
const read = (file: string) => commands.read(file);
const everyFile = () => readdirSync(home, { recursive: true, encoding: 'utf8' }).sort();

describe('partner new', () => {
  test('writes files that lint and whose tests pass, and no queue', async () => {
    const { status, out } = await run('partner', 'new', 'northwind', '--title', 'Northwind "Fasteners"', '--qualifier', '01', '--id', '123456789');
    expect([status, out.at(-1)]).toEqual([0, expect.stringContaining('quayside map draft')]);
    expect(await run('lint')).toEqual({ status: 0, out: ['no faults'], errors: [] });
    const tests = await run('map', 'test', 'northwind');
    expect(tests).toMatchObject({
      status: 0,
      errors: [],
      out: [...['810', '855', '856'].map((set) => `passed northwind/${set} example`), '3 passed, 0 failed'],
    });
    expect(existsSync(join(home, 'queues'))).toBe(false);
    expect(read('mappings/northwind/855.tests/example/in.edi')).toContain('*01*123456789      *');
  });

  test('every YAML file names the JSON schema of its kind in its first line, and the schema is there', async () => {
    await run('partner', 'new', 'northwind', '--channel', 'sftp');
    const files = everyFile().filter((file) => file.endsWith('.yaml'));
    expect(files).toEqual([
      'mappings/northwind/810.yaml',
      'mappings/northwind/855.yaml',
      'mappings/northwind/856.yaml',
      'partners/northwind/partner.yaml',
    ]);
    for (const file of files) {
      const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(read(file))?.[1];
      expect(existsSync(join(home, file, '..', schema ?? 'none')), `${file}: ${schema}`).toBe(true);
    }
    expect((await run('lint')).status).toBe(0);
  });

  test('has no document that was not asked for', async () => {
    const { out } = await run('partner', 'new', 'northwind', '--sets', '856', '--json');
    expect(JSON.parse(out[0] ?? '').files.filter((file: string) => /8(10|55)/.test(file))).toEqual([]);
    expect((await run('map', 'test', 'northwind')).out.at(-1)).toBe('1 passed, 0 failed');
  });

  test('refuses to write over anything, and then has written nothing', async () => {
    await run('partner', 'new', 'northwind', '--sets', '855');
    const before = everyFile();
    const again = await run('partner', 'new', 'northwind', '--id', 'OTHER', '--sets', '810');
    expect([again.status, again.errors[0]]).toEqual([1, expect.stringMatching(/^ERR_FILE_EXISTS .*partners\/northwind\/partner.yaml.* · hint: /)]);
    rmSync(join(home, 'partners/northwind/partner.yaml'));
    expect((await run('partner', 'new', 'northwind', '--id', 'OTHER', '--sets', '810')).status).toBe(1);
    expect(everyFile()).toEqual(before.filter((file) => file !== 'partners/northwind/partner.yaml'));
  });

  test.each([
    [['Northwind'], 2, 'lower-case'],
    [['northwind', '--qualifier', 'zz1'], 2, 'ISA05'],
    [['northwind', '--id', 'far-too-long-for-isa06'], 2, 'ISA06'],
    [['northwind', '--sets', '855,997'], 2, 'found "997"'],
  ])('%j is refused in words', async (args, expected, words) => {
    const { status, errors } = await run('partner', 'new', ...args);
    expect([status, errors.join()]).toEqual([expected, expect.stringContaining(words)]);
    expect(everyFile()).toEqual([]);
  });

  test('an identity that another partner has is refused before anything is written', async () => {
    await run('partner', 'new', 'northwind', '--id', 'NW', '--sets', '855');
    const { status, errors } = await run('partner', 'new', 'other', '--id', 'NW', '--sets', '855');
    expect([status, errors[0]]).toEqual([1, expect.stringContaining('ZZ/NW is the identity of northwind already')]);
    expect(existsSync(join(home, 'partners/other'))).toBe(false);
  });
});

describe('partner list', () => {
  test('shows who they are, by which way they send, and which mapping reads what', async () => {
    await run('partner', 'new', 'northwind', '--sets', '855', '--channel', 'sftp', '--title', 'North Wind');
    const { status, out } = await run('partner', 'list');
    expect([status, out[1]?.split(/ {2,}/)]).toEqual([0, ['northwind', 'test', 'ZZ/NORTHWIND', 'drop: sftp', '855: northwind/855', 'North Wind']]);
    expect(JSON.parse((await run('partner', 'list', '--json')).out[0] ?? '')).toMatchObject({
      name: 'northwind',
      documents: { '855': 'northwind/855' },
    });
  });
});

describe('partner check', () => {
  const states = (out: readonly string[]) => out.map((line) => /^(ok|FAULT) +([^:]+(: *(?=file))?[^:]*):/.exec(line)?.slice(1, 3).join(' '));

  test('names each secret that is missing, never shows one, and does not try what needs it', async () => {
    await run('partner', 'new', 'northwind', '--sets', '855', '--channel', 'sftp');
    const { status, out } = await run('partner', 'check', 'northwind');
    expect([status, out.length]).toEqual([78, 4]);
    expect(out[2]).toMatch(/^FAULT {2}secret file:northwind-sftp-key: ERR_CONFIG_SECRET file:northwind-sftp-key: the file cannot be read/);
    expect(out[3]).toContain('not tried, because file:northwind-sftp-key cannot be read');
  });

  test('a golden that fails and a file with faults are status 1, whatever the network says', async () => {
    await run('partner', 'new', 'northwind', '--sets', '855,810');
    expect((await run('partner', 'check', 'northwind')).status).toBe(0);
    const golden = 'mappings/northwind/855.tests/example/out.json';
    writeFileSync(join(home, golden), read(golden).replace('"12.50"', '"12.5"'));
    const failing = await run('partner', 'check', 'northwind');
    expect([failing.status, failing.out.find((line) => line.startsWith('FAULT'))]).toEqual([
      1,
      expect.stringMatching(/price.amount: expected "12.5", found "12.50"/),
    ]);
    writeFileSync(join(home, 'mappings/northwind/855.yaml'), `${read('mappings/northwind/855.yaml')}set: { staus: BAK02 }\n`);
    const faulty = await run('partner', 'check', 'northwind');
    expect([faulty.status, faulty.out[0]]).toEqual([
      1,
      expect.stringMatching(/^FAULT {2}files: mappings\/northwind\/855.yaml:\d+:\d+.*did you mean "status"/),
    ]);
    expect(states(faulty.out)).toContain('ok tests of northwind/810');
  });

  test('really connects: a server that is away, and one with another host key, are told apart in words', async () => {
    const drops = join(home, 'drops');
    for (const folder of ['outbound', 'archive']) mkdirSync(join(drops, folder), { recursive: true });
    const peer = await startOpenSsh({ directory: drops, sshd: findSshd() ?? 'sshd, which is missing' });
    try {
      await run('partner', 'new', 'northwind', '--sets', '855', '--channel', 'sftp');
      mkdirSync(join(home, 'secrets'));
      writeFileSync(join(home, 'secrets/northwind-sftp-key'), peer.privateKeyPem);
      const file = join(home, 'partners/northwind/partner.yaml');
      const scaffolded = readFileSync(file, 'utf8');
      const real = scaffolded
        .replace(/host: \S+/, `host: ${peer.host}\n    port: ${peer.port}`)
        .replace('username: quayside', `username: ${peer.username}`);
      writeFileSync(file, real.replace(/(host: \S+\n {4}port:) \d+/, '$1 1'));
      const away = await run('partner', 'check', 'northwind');
      expect([away.status, away.out.at(-1)]).toEqual([
        75,
        expect.stringMatching(/^FAULT {2}channel northwind\/drop: ERR_SFTP_UNREACHABLE .*ECONNREFUSED.* · hint: /),
      ]);
      writeFileSync(file, real);
      const stranger = await run('partner', 'check', 'northwind');
      expect([stranger.status, stranger.out.at(-1)]).toEqual([75, expect.stringMatching(/ERR_SFTP_HOST_KEY/)]);
      expect([...away.out, ...stranger.out].join('\n')).not.toContain('PRIVATE KEY');
      writeFileSync(file, real.replace(/SHA256:0+/, peer.hostKey));
      expect(await run('partner', 'check', 'northwind')).toMatchObject({
        status: 0,
        out: [expect.anything(), expect.anything(), expect.anything(), 'ok     channel northwind/drop: connected'],
      });
    } finally {
      await peer.stop();
    }
  }, 60_000);
});
