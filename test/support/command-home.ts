/** A home of one's own for offline commands, run in this process as the terminal would run them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pc from 'picocolors';
import { createApplication } from '../../src/app.ts';
import { runProgram } from '../../src/cli/program.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/core/context.ts';

export interface Ran {
  readonly status: number;
  readonly out: string[];
  readonly errors: string[];
}

export interface CommandHome {
  readonly directory: string;
  run(...argv: string[]): Promise<Ran>;
  write(file: string, text: string): string;
  read(file: string): string;
  remove(): void;
}

export function openCommandHome(environment: Readonly<Record<string, string>> = {}): CommandHome {
  const directory = mkdtempSync(join(tmpdir(), 'quayside-commands-'));
  return {
    directory,
    async run(...argv) {
      const out: string[] = [];
      const errors: string[] = [];
      const terminal = {
        colours: pc.createColors(false),
        out: (line: string) => out.push(line),
        error: (line: string) => errors.push(line),
        write: async (chunk: string | Uint8Array) => {
          out.push(String(chunk));
        },
      };
      const { config } = readConfig({ QUAYSIDE_HOME: directory, QUAYSIDE_SECRETS_DIR: join(directory, 'secrets'), ...environment });
      const status = await runProgram(argv, '0', { terminal, application: async () => createApplication(config, silentLog) });
      return { status, out, errors };
    },
    write(file, text) {
      const path = join(directory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    read: (file) => readFileSync(join(directory, file), 'utf8'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
