/** The commands that README and CONTRIBUTING show exist, and those that need nothing but the checkout do what the text says. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fileAt } from './source-files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Shown {
  readonly line: string;
  readonly environment: Record<string, string>;
  readonly args: readonly string[];
}

/** `NAME=value npx quayside …` lines of the shell blocks. */
function shownCommands(page: string): Shown[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => (block[1] ?? '').split('\n'));
  return blocks.flatMap((text) => {
    const line = text.replace(/\s+#.*$/, '').trim();
    const match = /^((?:[A-Z_]+=\S+ )*)npx quayside (.+)$/.exec(line);
    if (match === null) return [];
    const environment = Object.fromEntries((match[1] ?? '').split(' ').flatMap((pair) => (pair === '' ? [] : [pair.split('=')])));
    return [{ line, environment, args: (match[2] ?? '').split(' ') }];
  });
}

const shown = ['README.md', 'CONTRIBUTING.md'].flatMap((page) => shownCommands(fileAt(page)));
/** The words before the first file, option or id. */
function verbs(args: readonly string[]): string {
  const end = args.findIndex((arg) => !/^[a-z]+[0-9]*$/.test(arg));
  return args.slice(0, end === -1 ? args.length : end).join(' ');
}

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

function quayside(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const options = { cwd: root, env: { ...process.env, ...environment } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['bin/quayside.mjs', ...args], options, (_failure, out, error) =>
      resolve({ status: child.exitCode, out, error }),
    );
  });
}

test('the README shows commands', () => {
  expect(shown.length).toBeGreaterThan(5);
});

test.each([...new Set(shown.map(({ args }) => verbs(args)))])('quayside %s explains itself, with an example', async (command) => {
  const { status, out } = await quayside([...command.split(' '), '--help']);
  expect(status).toBe(0);
  expect(out).toContain(`Usage: quayside ${command}`);
  expect(out).toContain('Example');
});

describe('the offline commands of the README', () => {
  const offline = shown.filter(({ line }) => line.includes('fixtures/demo/documents'));

  test('are there', () => {
    expect(offline.length).toBeGreaterThanOrEqual(3);
  });

  test.each(offline.filter(({ line }) => !line.includes('broken')))('$line', async ({ args, environment }) => {
    const { status, out, error } = await quayside(args, environment);
    expect(error).toMatch(/^(acme is a partner of the demo\n)?$/);
    expect(status).toBe(0);
    if (args[0] === 'translate')
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).specversion),
      ).toEqual(['1.0']);
  });

  test.each(offline.filter(({ line }) => line.includes('broken')))(
    '$line: the good sets go through, the faults have places',
    async ({ args, environment }) => {
      const { status, out, error } = await quayside(args, environment);
      expect(status).toBe(1);
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).subject),
      ).toEqual(['47110002', '47110004']);
      expect(error).toMatch(/segment \d+ \(PO1\) element PO102 offset \d+/);
    },
  );
});
