/** docs/x12.md: its commands are run, its files are read by the very code that reads a partner's. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compileSchema } from '../../src/core/schema-check.ts';
import { parseYamlFile } from '../../src/core/yaml-file.ts';
import { readGuide } from '../../src/formats/x12/guide.ts';
import { x12Options } from '../../src/formats/x12/options.ts';
import { matchesOutput, type Names, shownCommands } from '../support/shown-commands.ts';
import { fileAt } from './source-files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = fileAt('docs/x12.md');
const commands = shownCommands(page).flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'command' ? [step] : [])));

function run(command: string): Promise<{ status: number | null; out: string }> {
  const line = command.replace('npx quayside', `${process.execPath} bin/quayside.mjs`);
  return new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-c', line], { cwd: root }, (_failure, out) => resolve({ status: child.exitCode, out }));
  });
}

describe('docs/x12.md', () => {
  test('shows commands', () => {
    expect(commands.length).toBeGreaterThanOrEqual(3);
  });

  test.each(commands)('$command prints what is shown', async ({ command, status, output }) => {
    const ran = await run(command);
    expect(ran.status).toBe(status);
    const names: Names = new Map();
    expect(matchesOutput(output, ran.out, names), ran.out).toBe(true);
  });

  const [partner = '', guide = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text);

  test('shows a guide that the reader takes', () => {
    const { file } = parseYamlFile('x12-guide.yaml', guide);
    expect(file === undefined ? ['unreadable'] : readGuide(file).problems).toEqual([]);
  });

  test('shows options that a partner file may have', () => {
    const said = parseYamlFile('partner.yaml', partner).file?.value as { leniencies: string[]; formats: { x12: object } };
    expect(compileSchema(x12Options)({ leniencies: said.leniencies, ...said.formats.x12 })).toEqual([]);
  });
});
