/**
 * `npm run chaos -- --planted [NAME]`: faults planted in copies of this checkout, one at a time; each must be noticed.
 *
 * A check that cannot fail proves nothing. Each edit must fit the code exactly once, so that a plant that the code has outgrown is noticed
 * too. Nothing is changed here: every copy lies in a temporary folder and is removed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

interface Plant {
  readonly name: string;
  readonly what: string;
  readonly edits: readonly Edit[];
  /** What must end with another status than 0: words for node, in the copy. */
  readonly command: readonly string[];
}

const DELIVERIES = 'src/store/deliveries.ts';
const ANY_STATE = `where d.id = r.id and $7::text[] is not null`;
const HEAD_ONLY = `
         and not exists (select from delivery_key k where k.delivery_id = d.id and k.open and not k.active)`;

const storm = (seed: number, seconds: number) => [
  'scripts/chaos.mjs',
  '--seed',
  String(seed),
  '--seconds',
  String(seconds),
  '--rate',
  '12',
  '--json',
];

const PLANTS: readonly Plant[] = [
  {
    name: 'no-fencing',
    what: 'a claim takes any generation, an outcome any lease',
    edits: [
      { file: DELIVERIES, find: 'd.id = r.id and d.generation = r.generation and', replace: 'd.id = r.id and' },
      { file: DELIVERIES, find: 'd.id = o.id and d.lease_token = o.token and', replace: 'd.id = o.id and' },
    ],
    command: storm(2, 45),
  },
  {
    name: 'hints-trusted',
    what: 'a worker sends whatever a hint names, in whatever state it is',
    edits: [
      { file: DELIVERIES, find: `where d.id = r.id and d.generation = r.generation and d.state = any($7::text[])${HEAD_ONLY}`, replace: ANY_STATE },
    ],
    command: storm(1, 30),
  },
  {
    name: 'key-per-attempt',
    what: 'each attempt has an idempotency key of its own',
    edits: [
      {
        file: 'src/pipeline/deliver.ts',
        find: 'idempotencyKey: claimed.idempotencyKey,',
        replace: `idempotencyKey: claimed.idempotencyKey.slice(0, -2) + String(claimed.attemptCount % 100).padStart(2, '0'),`,
      },
    ],
    command: storm(1, 30),
  },
  {
    name: 'order-ignored-in-dispatch',
    what: 'the dispatcher and the claim take what is due, head of its orders or not',
    edits: [
      { file: 'src/store/dispatch.ts', find: 'and waiting = 0 and again', replace: 'and again' },
      { file: 'src/store/dispatch.ts', find: 'd.state = any($6::text[]) and d.waiting = 0', replace: 'd.state = any($6::text[])' },
      { file: DELIVERIES, find: HEAD_ONLY, replace: '' },
    ],
    command: storm(1, 30),
  },
  {
    name: 'order-ignored-in-translate',
    what: 'a lane takes the newest message first',
    edits: [
      {
        file: 'src/store/messages.ts',
        find: `m.state = 'received' order by m.arrival limit`,
        replace: `m.state = 'received' order by m.arrival desc limit`,
      },
    ],
    command: storm(1, 30),
  },
  {
    name: 'no-partial-index',
    what: 'nothing keeps two places of one order from being active: a direct double claim',
    edits: [
      {
        file: 'src/store/migrations/0002-delivery.sql',
        find: 'create unique index delivery_key_active',
        replace: 'create index delivery_key_active',
      },
    ],
    command: ['node_modules/vitest/vitest.mjs', 'run', 'src/store/double-claim.test.ts'],
  },
];

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Noticed {
  readonly name: string;
  readonly what: string;
  readonly noticed: boolean;
  readonly exit: number;
  /** The last line of its output: the figures of a run. */
  readonly said: string;
}

export async function plantFaults(name: string | undefined, say: (line: string) => void): Promise<Noticed[]> {
  const chosen = PLANTS.filter((plant) => name === undefined || plant.name === name);
  if (chosen.length === 0) throw new TypeError(`--planted: expected one of ${PLANTS.map((plant) => plant.name).join(', ')}, found "${name}"`);
  const results: Noticed[] = [];
  for (const plant of chosen) {
    say(`${plant.name}: ${plant.what}`);
    const copy = mkdtempSync(join(tmpdir(), 'qs-planted-'));
    try {
      copyCheckout(copy);
      for (const edit of plant.edits) apply(copy, edit);
      const { exit, out } = await run(copy, plant.command, say);
      // Wrong usage or a copy that does not even start is no check that noticed something.
      results.push({ name: plant.name, what: plant.what, noticed: exit === 1, exit, said: out.trim().split('\n').at(-1) ?? '' });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
  return results;
}

function copyCheckout(copy: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of listed.split('\0').filter((path) => path !== '')) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
}

function apply(copy: string, { file, find, replace }: Edit): void {
  const text = readFileSync(join(copy, file), 'utf8');
  const found = text.split(find).length - 1;
  if (found !== 1) throw new Error(`${file}: expected one place to plant in, found ${found} of: ${find}`);
  writeFileSync(
    join(copy, file),
    text.replace(find, () => replace),
  );
}

function run(cwd: string, words: readonly string[], say: (line: string) => void): Promise<{ exit: number; out: string }> {
  const child = spawn(process.execPath, [...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n'))
      if (/^(broken|lost|doubled|out of order|overtaken|unclaimed|repeated|unfenced|refused)/.test(line)) say(`  ${line}`);
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ exit: code ?? -1, out })));
}
