/** docs/onboarding.md is followed to the letter, as somebody new would: every command prints what the page says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileAt } from '../rules/source-files.ts';
import { openCommandHome } from '../support/command-home.ts';
import { until } from '../support/gateway.ts';
import { type OnboardingStage, openOnboardingStage } from '../support/onboarding-stage.ts';
import { matchesOutput, type Names, type ShownCommand, shownCommands, withNames } from '../support/shown-commands.ts';

const sections = shownCommands(fileAt('docs/onboarding.md'));
/** What happens in the gateway takes its time: the page shows what is said in the end. */
const LOOKS = /^quayside messages list/;
const WITHIN_MS = 60_000;

let stage: OnboardingStage;
const names: Names = new Map();
beforeAll(async () => {
  stage = await openOnboardingStage();
}, 60_000);
afterAll(() => stage.close());

async function runShown({ line, command, status, output }: ShownCommand): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const ended = await stage.run(withNames(command, names));
    if (ended.status === status && matchesOutput(output, ended.printed, names)) return;
    if (!LOOKS.test(command) || performance.now() > deadline)
      throw new Error(
        `line ${line}: ${command}\nexpected exit ${status} and\n${output.join('\n')}\nfound exit ${ended.status} and\n${ended.printed}`,
      );
  }
}

test('every command of its table explains itself, with an example, and speaks JSON', async () => {
  const commands = [...fileAt('docs/onboarding.md').matchAll(/^\| `quayside ((?:map|partner) [a-z]+)/gm)].map(([, command = '']) => command);
  expect(commands.length).toBe(11);
  const home = openCommandHome();
  for (const command of commands) {
    const { status, out } = await home.run(...command.split(' '), '--help');
    expect([command, status, out.join()]).toEqual([command, 0, expect.stringMatching(/Example:\n {2}\$ quayside/)]);
    expect(out.join(), command).toContain('--json');
  }
  home.remove();
});

// One after another: each section goes on where the one before it ended.
describe('the page', () => {
  test('has a section for every step, five answers, and no scene that is not known', () => {
    const steps = sections.flatMap((section) => section.steps);
    expect(steps.filter(({ kind }) => kind === 'command').length).toBeGreaterThan(20);
    const named = steps.flatMap((step) => (step.kind === 'scene' ? [step.name] : []));
    expect(named).toEqual(Object.keys(stage.scenes));
    const mapping = steps.find((step) => step.kind === 'file' && step.path === 'mappings/northwind/855.yaml');
    expect(mapping?.kind === 'file' ? mapping.text.match(/3\.[2-8]: /g)?.length : 0).toBe(5);
    for (const verb of ['partner new', 'map draft', 'map test', 'map coverage', 'map mutate', 'partner check', 'map diff'])
      expect(
        steps.some((step) => step.kind === 'command' && step.command.startsWith(`quayside ${verb}`)),
        verb,
      ).toBe(true);
  });

  test.each(sections)('$title', { timeout: 300_000 }, async ({ steps }) => {
    for (const step of steps) {
      if (step.kind === 'scene') await stage.scenes[step.name]?.();
      else if (step.kind === 'file') stage.write(step.path, step.text);
      else await runShown(step);
    }
  });

  test('ends with the event at the ERP: signed, and with what the five answers made of it', async () => {
    await until('it is delivered', () => stage.erp.accepted().length === 1, 60_000);
    const [delivered] = stage.erp.accepted();
    expect(stage.erp.forged).toEqual([]);
    expect(delivered?.subject).toBe('PO-4712');
    expect(delivered?.body.data).toMatchObject({
      order: { orderNumber: 'PO-4712', sellerOrderNumber: 'CO-5513' },
      lines: [
        {
          price: { amount: '12.5000' },
          extensions: { lot: 'L26-0043' },
          dispositions: [{ code: 'accepted', sourceCode: 'AX', shipDate: '2026-12-01' }],
        },
      ],
    });
  });
});
