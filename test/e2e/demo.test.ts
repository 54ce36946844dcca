/** The demo as a newcomer runs it, in a process of its own: it succeeds, shows what it promises, and leaves nothing behind however it ends. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/gateway.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIMIT_MS = 180_000;

let folder: string;
let running: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quayside-demo-'));
  // Root's PostgreSQL runs as somebody else; without the tools that are on PATH that one must be able to come here.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'empty'));
});
afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) running.kill('SIGKILL');
  await nothingIsLeft();
  rmSync(folder, { recursive: true, force: true });
});

interface Demo {
  output(): string;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

function startDemo(args: readonly string[], path = process.env.PATH ?? ''): Demo {
  const env = { PATH: path, TMPDIR: folder, QUAYSIDE_DATA: join(folder, 'data'), DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/not-for-the-demo' };
  const child = spawn(process.execPath, ['bin/quayside.mjs', 'demo', ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return {
    output: () => output,
    signal: (name) => void child.kill(name),
    ended: new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code))),
  };
}

/** Of the demo of this test: its folder stands in their environment, arguments or working directory. */
function processes(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const seen = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join(' ');
      return `${seen} ${readlinkSync(`/proc/${pid}/cwd`)}`.includes(folder);
    } catch {
      return false;
    }
  });
}

const nothingIsLeft = () => until('no process of the demo is left', () => processes().length === 0, 15_000);

/** In the order in which a reader must see them. */
const STORY = [
  /acme 855 +dropped/,
  /acme 855 +received +as message [0-9a-f]{8}, sha256 [0-9a-f]{8}/,
  /acme 855 +translated +by acme\/855 1\.0\.0, accepted: order_acknowledgment\.received, order 47110001/,
  /acme 855 +delivered +ERP: 200 booked · signature verified on the raw bytes, key [0-9a-f]{8}/,
  /line 1 is split: 80 EA accepted, ships 2026-11-09, 40 EA backordered, ships 2026-12-07/,
  /line 2 is held back: 24 EA backordered/,
  /line 3 has a new price: 14\.90 → 15\.85 USD/,
  /borealis 855 +retried +ERP: 503/,
  /borealis 855 +delivered +ERP: 200 booked .* as before/,
  /acme 856 +dead letter +ERP: 422 carrier NLFT is not set up/,
  /acme 810 +waits/,
  /dead show [0-9a-f-]{36}/,
  /acme 856 +replayed/,
  /acme 856 +delivered +ERP: 200 booked .* as before/,
  /acme 810 +delivered/,
  /nothing lost: 6 files dropped, 6 documents booked/,
  /nothing doubled: 8 callbacks for 6 events under 6 keys/,
  /in order: 2 purchase orders/,
  /the ERP found 8 of 8 signatures good/,
  /6 originals in the archive/,
];

function expectStory(output: string): void {
  let rest = output;
  for (const part of STORY) {
    const found = part.exec(rest);
    expect(found, `${part} in its place in:\n${output}`).not.toBeNull();
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0));
  }
  expect(output).not.toContain('FAULT');
  expect(output).not.toContain('\u001b');
}

test('with nothing on PATH it sets everything up, shows the whole road, and ends well', { timeout: LIMIT_MS }, async () => {
  const demo = startDemo(['--once'], join(folder, 'empty'));
  expect(await demo.ended, demo.output()).toBe(0);
  expectStory(demo.output());
  expect(demo.output()).toContain('queue: PostgreSQL, no Redis or Valkey found');
  await nothingIsLeft();
});

test('it stays up, each command that it prints works, and Ctrl-C ends all of it', { timeout: LIMIT_MS }, async () => {
  const demo = startDemo([]);
  await until('the commands are printed', () => demo.output().includes('HTTP: '), LIMIT_MS);
  expectStory(demo.output());
  expect(demo.output()).toContain('queue: Redis');
  const printed = demo.output().slice(demo.output().indexOf('Look around'));
  const commands = [...printed.matchAll(/^ {5}((?:npx quayside|\.|cp) .*?) *(?:#.*)?$/gm)].map((match) => match[1]?.trim() ?? '');
  expect(commands.map((command) => command.split(' ').slice(0, 4).join(' '))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^\. /), 'npx quayside messages list', 'npx quayside doctor', 'npx quayside dead list']),
  );

  const setUp = commands.find((command) => command.startsWith('. '));
  const asTyped = commands
    .filter((command) => command !== setUp)
    .map((command) => command.replace('npx quayside', `'${process.execPath}' bin/quayside.mjs`));
  const script = ['set -e', setUp, ...asTyped].join('\n');
  // A shell where somebody works with a gateway of their own.
  const env = { PATH: process.env.PATH, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/not-the-demo', QUAYSIDE_DATA: '/nowhere' };
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script], { cwd: ROOT, env });
  expect(stdout).toContain('47110001');
  expect(stdout).not.toContain('FAULT');
  await until('the file that was dropped by hand is told', () => /acme 855-one-broken-set +dead letter +not translated/.test(demo.output()));
  await until('the repeat is told', () => demo.output().includes('booked before, nothing was done'));

  demo.signal('SIGINT');
  expect(await demo.ended, demo.output()).toBe(0);
  await nothingIsLeft();
});

test('a second one beside it is refused and harms nothing; killed in the middle, nothing is left and the next one succeeds', {
  timeout: LIMIT_MS,
}, async () => {
  const killed = startDemo(['--once']);
  await until('the story has begun', () => /acme 855 +dropped/.test(killed.output()), LIMIT_MS);
  const first = running;
  const second = startDemo(['--once']);
  expect(await second.ended).toBe(75);
  expect(second.output()).toContain(`in use by process ${first?.pid}`);
  expect(first?.exitCode).toBe(null);
  killed.signal('SIGKILL');
  expect(await killed.ended).toBe('SIGKILL');
  await nothingIsLeft();

  const next = startDemo(['--once']);
  expect(await next.ended, next.output()).toBe(0);
  expectStory(next.output());
  await nothingIsLeft();
});

test('Ctrl-C in the middle ends all of it, and that is no success', { timeout: LIMIT_MS }, async () => {
  const demo = startDemo(['--once']);
  await until('the story has begun', () => /acme 855 +dropped/.test(demo.output()), LIMIT_MS);
  demo.signal('SIGINT');
  expect(await demo.ended, demo.output()).toBe(1);
  expect(demo.output()).not.toContain('nothing lost');
  await nothingIsLeft();
});
