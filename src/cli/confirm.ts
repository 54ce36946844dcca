/** Asks before something large is done. */
import { createInterface } from 'node:readline/promises';
import { GatewayError } from '../core/errors/errors.ts';

/** Throws ERR_USAGE, with `what` would be done, where nobody can be asked. */
export async function confirmed(question: string, what: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new GatewayError('ERR_USAGE', `${what} and nobody can be asked`, { hint: 'add --yes, or look first with --dry-run' });
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
