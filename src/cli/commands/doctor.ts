/** `quayside doctor`. */
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';

/** Checks everything even when the first check fails; exit 75 when a dependency is at fault. */
export async function doctor({ terminal, application }: Commands, _args: readonly string[], options: { json?: boolean }): Promise<number> {
  const checks = await (await application()).doctor();
  const { green, red } = terminal.colours;
  for (const check of checks) {
    if (options.json) terminal.out(JSON.stringify(check));
    else
      terminal.out(
        `${check.ok ? green('ok    ') : red('FAULT ')} ${check.name}: ${check.detail}${check.hint === undefined ? '' : ` · hint: ${check.hint}`}`,
      );
  }
  return checks.every((check) => check.ok) ? EXIT.done : EXIT.dependencyUnavailable;
}
