/** Every command that docs/operations.md and docs/runbook.md show is run, section by section, and prints what the page says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { fileAt } from '../rules/source-files.ts';
import { type DropServer, startDropServerForTests } from '../support/drop.ts';
import { openStage, SCENES, type Stage } from '../support/operations-stage.ts';
import { testRedisUrl } from '../support/redis.ts';
import { consoleLines, matchesOutput, type Names, type ShownCommand, shownCommands, withNames } from '../support/shown-commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['docs/operations.md', 'docs/runbook.md'];
const text = PAGES.map((page) => fileAt(page)).join('\n');
const sections = PAGES.flatMap((page) => shownCommands(fileAt(page)).map((section) => ({ page, ...section })));

/** Commands that change nothing: the page shows what they say in the end, so they are asked again until they say it. */
const LOOKS = /^(quayside ((messages|dead|quarantine|endpoint|replays|keys|audit) (list|show|verify)|doctor)|curl -s )/;
const WITHIN_MS = 120_000;

describe('the pages', () => {
  test('shows commands, and every scene between them is known and used', () => {
    expect(sections.length).toBeGreaterThan(8);
    const named = sections.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'scene' ? [step.name] : [])));
    expect(named.filter((name) => !Object.hasOwn(SCENES, name))).toEqual([]);
    expect(Object.keys(SCENES).filter((name) => !named.includes(name))).toEqual([]);
  });

  test('names no command in its text that is run in none of its blocks', () => {
    const verbs = (command: string) => /^quayside( [a-z]+)*/.exec(command)?.[0] ?? '';
    const run = sections.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'command' ? [verbs(step.command)] : [])));
    const named = [...text.matchAll(/`(quayside [^`]+)`/g)].map(([, command = '']) => verbs(command));
    // Every scene begins with a running gateway.
    const others = named.filter((command) => command !== 'quayside start' && !run.some((known) => known.startsWith(command)));
    expect(others).toEqual([]);
  });

  test('shows few commands that no test can run, and the files that they name are there', () => {
    const lines = consoleLines(text);
    expect(lines.length).toBeLessThan(20);
    const files = lines.flatMap((line) => line.match(/\b(deploy|docs|scripts)\/[\w./-]+/g) ?? []);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect(files).toContain('deploy/compose.yaml');
  });
});

describe('their commands', () => {
  let server: DropServer;
  let redisUrl: string;
  beforeAll(async () => {
    server = await startDropServerForTests();
    redisUrl = await testRedisUrl();
  }, 60_000);
  afterAll(() => server.stop());

  it.each(sections)(
    '$title',
    async ({ page, steps }) => {
      const stage = await openStage(server, `operations${++stages}`, redisUrl);
      const names: Names = new Map();
      try {
        for (const step of steps) {
          if (step.kind === 'scene') await SCENES[step.name]?.(stage);
          else if (step.kind === 'command') await runShown(stage, page, step, names);
        }
      } finally {
        await stage.close();
      }
    },
    600_000,
  );
});

let stages = 0;

async function runShown(stage: Stage, page: string, { line, command, status, output }: ShownCommand, names: Names): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const ended = await stage.run(withNames(command, names));
    if (ended.status === status && matchesOutput(output, ended.printed, names)) return;
    if (!LOOKS.test(command) || performance.now() > deadline)
      throw new Error(
        `${page}:${line}: ${command}\nexpected exit ${status} and\n${output.join('\n')}\nfound exit ${ended.status} and\n${ended.printed}`,
      );
  }
}
