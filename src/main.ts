/** Entry: reads the environment, opens the terminal, runs the command, ends with its status. */
import { readFileSync } from 'node:fs';
import type { Application } from './cli/application.ts';
import { runProgram } from './cli/program.ts';
import { EXIT, openTerminal, printProblems } from './cli/terminal.ts';
import { readConfig } from './config.ts';
import { GatewayError } from './core/errors/errors.ts';
import { hasErrors } from './core/problem.ts';
import { createLog } from './telemetry/log.ts';

const terminal = openTerminal(process.stdout, process.stderr, process.stdout.isTTY === true);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

let application: Promise<Application> | undefined;

async function createOnce(): Promise<Application> {
  const { config, problems } = readConfig();
  printProblems(terminal, problems);
  if (hasErrors(problems)) throw new GatewayError('ERR_CONFIG_ENV', 'the environment has faults, nothing was started');
  const { createApplication } = await import('./app.ts');
  return createApplication(config, createLog({ level: config.logLevel, pretty: process.stderr.isTTY === true }));
}

// A reader that went away (quayside messages list | head) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.inputAtFault));

process.exitCode = await runProgram(process.argv.slice(2), version, {
  terminal,
  application: () => {
    application ??= createOnce();
    return application;
  },
});
