/** What the world gives to a piece of the gateway: handed in, never imported, so that tests can hand in their own. */
import type { Failpoint } from './failpoints.ts';
import type { Telemetry } from './telemetry.ts';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/**
 * Resolves `env:QUAYSIDE_SECRET_<NAME>` and `file:<name>`; throws ERR_CONFIG_SECRET for a secret that is missing or
 * shorter than `minimumLength` characters (8 if none is given). Values are never logged.
 */
export interface Secrets {
  resolve(reference: string, minimumLength?: number): string;
}

export interface Context {
  readonly log: Log;
  readonly secrets: Secrets;
  /** Figures and traces: tells, never decides. */
  readonly telemetry: Telemetry;
  /** Wall clock. Leases and due times are stamped by PostgreSQL's clock, never by this one. */
  now(): Date;
  /** Dies here when the process was told to (tests of crash recovery only). */
  failpoint(name: Failpoint): void;
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
