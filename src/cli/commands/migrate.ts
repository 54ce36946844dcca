/** `quayside migrate`: forward only, safe to repeat, safe with several gateways at once. */
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';

export async function migrate({ terminal, application }: Commands, _args: readonly string[], options: { json?: boolean }): Promise<number> {
  const { applied } = await (await application()).migrate();
  if (options.json) terminal.out(JSON.stringify({ applied }));
  else if (applied.length === 0) terminal.out('the schema is up to date');
  else for (const name of applied) terminal.out(`applied ${name}`);
  return EXIT.done;
}
