/**
 * Gateways in processes of their own, kept running: one that ends is started again, whatever it died of, until the run is over.
 *
 * Each does everything (`quayside start`); which of them polls, translates or sends is settled among them, as in production.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Failpoint } from '../../src/core/failpoints.ts';

const BIN = fileURLToPath(new URL('../../bin/quayside.mjs', import.meta.url));
const CLOCK_SHIFT = new URL('clock-shift.mjs', import.meta.url).href;
const RESTART_MS = 500;

export interface GatewayEnvironment {
  readonly homeDirectory: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Where each gateway's log goes. */
  readonly logs: string;
  readonly logLevel: string;
}

/** How one start differs from the ordinary. */
export interface Start {
  readonly failpoint?: Failpoint;
  readonly clockShiftMs?: number;
}

export class GatewayCrew {
  readonly #environment: GatewayEnvironment;
  readonly #members: Member[] = [];

  constructor(environment: GatewayEnvironment, count: number) {
    this.#environment = environment;
    for (let i = 0; i < count; i++) this.#members.push(new Member(environment, i));
  }

  member(number: number): Member {
    const member = this.#members[number];
    if (member === undefined) throw new RangeError(`there is no gateway ${number}`);
    return member;
  }

  get size(): number {
    return this.#members.length;
  }

  start(): void {
    for (const member of this.#members) member.keep();
  }

  /** Everyone awake, unshifted and without a failpoint: whoever is not gets killed, and starts anew. */
  heal(): void {
    for (const member of this.#members) member.heal();
  }

  /** How often any of them was started: as often as there are gateways, unless one ended. */
  starts(): number {
    return this.#members.reduce((sum, member) => sum + member.starts, 0);
  }

  /** Lines of the logs about statements that a unique index refused. */
  refusals(): string[] {
    const logs = readdirSync(this.#environment.logs).filter((file) => /^gateway-\d+\.log$/.test(file));
    const lines = logs.flatMap((file) => readFileSync(join(this.#environment.logs, file), 'utf8').split('\n'));
    return lines.filter((line) => line.includes('duplicate key value'));
  }

  /** An orderly end, as SIGTERM brings it. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }
}

class Member {
  readonly #environment: GatewayEnvironment;
  readonly #number: number;
  starts = 0;
  #child: ChildProcess | undefined;
  #ended: Promise<NodeJS.Signals | number> = Promise.resolve(0);
  #next: Start = {};
  #current: Start = {};
  #notBefore = 0;
  /** Ended by us: whoever is not and ends by SIGKILL died at a failpoint. */
  readonly #killed = new Set<ChildProcess>();
  #wanted = false;
  #keeping: Promise<void> | undefined;

  constructor(environment: GatewayEnvironment, number: number) {
    this.#environment = environment;
    this.#number = number;
  }

  keep(): void {
    this.#wanted = true;
    this.#keeping ??= this.#keep();
  }

  async #keep(): Promise<void> {
    while (this.#wanted) {
      const waitMs = this.#notBefore - performance.now();
      if (waitMs > 0) {
        await sleep(Math.min(waitMs, 200));
        continue;
      }
      this.#launch();
      await this.#ended;
      this.#notBefore = Math.max(this.#notBefore, performance.now() + RESTART_MS);
    }
  }

  #launch(): void {
    this.starts++;
    this.#current = this.#next;
    this.#next = {};
    const log = openSync(join(this.#environment.logs, `gateway-${this.#number}.log`), 'a');
    const child = spawn(process.execPath, [BIN, 'start'], { env: environmentOf(this.#environment, this.#current), stdio: ['ignore', 'ignore', log] });
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
      child.once('error', () => resolve(-1));
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL; it comes back after `downMs`, started as `start` says. */
  kill(downMs = 0, start: Start = {}): void {
    this.#next = start;
    this.#notBefore = performance.now() + downMs;
    if (this.#child !== undefined) this.#killed.add(this.#child);
    this.signal('SIGKILL');
  }

  /** Killed and started with a failpoint: whether it died there within the time. Otherwise it stays armed until it is healed. */
  async dieAt(failpoint: Failpoint, withinMs: number): Promise<boolean> {
    this.kill(0, { failpoint });
    const deadline = performance.now() + withinMs;
    while (this.#current.failpoint !== failpoint && performance.now() < deadline) await sleep(50);
    const child = this.#child;
    if (child === undefined || this.#current.failpoint !== failpoint) return false;
    const died = this.#ended.then((how) => how === 'SIGKILL' && !this.#killed.has(child));
    return Promise.race([died, sleep(Math.max(0, deadline - performance.now()), false)]);
  }

  heal(): void {
    this.signal('SIGCONT');
    this.#notBefore = 0;
    this.#next = {};
    if (this.#current.failpoint !== undefined || this.#current.clockShiftMs !== undefined) this.kill();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const killing = setTimeout(() => this.signal('SIGKILL'), 20_000);
    await this.#ended;
    await this.#keeping;
    clearTimeout(killing);
  }
}

function environmentOf(environment: GatewayEnvironment, start: Start = {}): Record<string, string> {
  return {
    ...environment.secrets,
    QUAYSIDE_HOME: environment.homeDirectory,
    DATABASE_URL: environment.databaseUrl,
    REDIS_URL: environment.redisUrl,
    LOG_LEVEL: environment.logLevel,
    PORT: '0',
    PATH: process.env.PATH ?? '',
    ...(start.failpoint !== undefined && { QUAYSIDE_FAILPOINT: start.failpoint }),
    ...(start.clockShiftMs !== undefined && { NODE_OPTIONS: `--import=${CLOCK_SHIFT}`, CHAOS_CLOCK_SHIFT_MS: String(start.clockShiftMs) }),
  };
}
