/** `quayside lint`. */
import { hasErrors } from '../../core/problem.ts';
import { lint as lintFiles } from '../lint.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems } from '../terminal.ts';

/** All faults of partner, mapping and queue files at once; the same code that start and reload run. */
export async function lint({ terminal, application }: Commands, paths: readonly string[], options: { json?: boolean }): Promise<number> {
  const problems = lintFiles(await application(), paths);
  if (options.json) for (const problem of problems) terminal.out(JSON.stringify(problem));
  else printProblems(terminal, problems);
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  if (!options.json) terminal.out(errors === 0 ? 'no faults' : `${errors} ${errors === 1 ? 'fault' : 'faults'}`);
  return hasErrors(problems) ? EXIT.inputAtFault : EXIT.done;
}
