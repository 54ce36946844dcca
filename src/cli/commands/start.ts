/** `quayside start`. */
import type { RoleName } from '../application.ts';
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';

/** Runs until SIGINT or SIGTERM, then ends in order: what is under way is finished, nothing new is begun. */
export async function start({ terminal, application }: Commands, _args: readonly string[], options: { role: RoleName[] }): Promise<number> {
  const running = await (await application()).start(options.role);
  for (const store of running.stores) terminal.error(store);
  if (running.address !== undefined) terminal.error(`listening on ${running.address}`);
  terminal.error('quayside is running; stop it with Ctrl-C');
  await untilStopped();
  await running.close();
  return EXIT.done;
}

/** Resolves at the first signal; a second one ends the process at once. */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
