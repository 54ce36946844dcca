/** A gateway in a process of its own, which may be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Failpoint } from '../../src/core/failpoints.ts';
import type { Home } from './home.ts';

export interface GatewayProcess {
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Log lines so far. */
  log(): string;
  stop(): Promise<void>;
  /** At once, whatever it does; for the end of a test that failed. */
  kill(): void;
}

export interface GatewayProcessOptions {
  readonly home: Home;
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  readonly failpoint?: Failpoint | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

const BIN = fileURLToPath(new URL('../../bin/quayside.mjs', import.meta.url));

export function spawnGateway(options: GatewayProcessOptions): GatewayProcess {
  const child: ChildProcess = spawn(process.execPath, [BIN, 'start'], {
    env: {
      ...options.home.secrets,
      ...options.environment,
      QUAYSIDE_HOME: options.home.directory,
      DATABASE_URL: options.databaseUrl,
      // Without REDIS_URL and with nothing on PATH, the queue is in PostgreSQL.
      ...(options.redisUrl === undefined ? { PATH: '/nonexistent' } : { REDIS_URL: options.redisUrl, PATH: process.env.PATH }),
      ...(options.failpoint && { QUAYSIDE_FAILPOINT: options.failpoint }),
      PORT: '0',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? 0)));
  return {
    ended,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
