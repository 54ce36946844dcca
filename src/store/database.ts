/**
 * The one place that opens connections to PostgreSQL.
 *
 * Query functions take a `Db` first and do not know whether it is the pool or a transaction. Guarantees: a lost connection is
 * ERR_STORE_UNAVAILABLE and never ends the process; a bigint that JavaScript cannot hold is an error, never a wrong number.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { GatewayError } from '../core/errors/errors.ts';

export interface Result<Row> {
  readonly rows: Row[];
  /** Of an INSERT, UPDATE or DELETE: how many rows it touched. */
  readonly rowCount: number;
}

/** What every query function takes first. int8 → number, numeric → string, timestamptz → Date, date → string, json → parsed. */
export interface Db {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Result<Row>>;
}

/** The pool: each query on any connection, committed by itself. */
export interface Database extends Db {
  readonly url: string;
  /** One connection for several queries, given back when `use` settles; one that broke is thrown away. */
  withConnection<T>(use: (db: Db) => Promise<T>): Promise<T>;
  /** Waits for queries under way. Safe to repeat. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most; 10 by default. */
  readonly max?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const CONNECT_WAIT_MS = 10_000;
/**
 * A process that is paused, or cut off, in the middle of a transaction holds its locks, and with them every other gateway, for as long as
 * it lives. PostgreSQL ends such a session after this time; the process finds its connection lost, which it survives.
 */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Opens nothing yet: the first query does. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({ ...connectionSettings(url, options.applicationName), max: options.max ?? 10, idleTimeoutMillis: 30_000 });
  // Without listeners a connection that breaks, idle or in use, would end the process. The query under way reports it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  let closing: Promise<void> | undefined;
  return {
    url,
    query: (text, values) => run(pool, text, values),
    async withConnection(use) {
      const client = await pool.connect().catch((error: unknown) => {
        throw storeFault(error);
      });
      let broken = false;
      try {
        return await use({
          query: (text, values) =>
            run<never>(client, text, values).catch((error: unknown) => {
              broken ||= error instanceof GatewayError;
              throw error;
            }),
        });
      } finally {
        client.release(broken);
      }
    },
    close() {
      closing ??= pool.end();
      return closing;
    },
  };
}

/** Settings for any connection of ours, the pool's or a listener's. */
export function connectionSettings(url: string, applicationName = 'quayside'): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_WAIT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser: parserOf } as pg.CustomTypesConfig,
  };
}

/** SQLSTATE of serialization_failure and deadlock_detected: nothing was done, doing it again helps. */
const TRY_AGAIN = new Set(['40001', '40P01']);
const TRIES = 6;

/**
 * All or nothing. `fn` may be called again after a deadlock, so it must have no effect outside the transaction. Never retried: a
 * connection lost at the COMMIT, of which nobody knows whether it happened.
 */
export async function inTransaction<T>(database: Database, fn: (db: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.withConnection((db) => once(db, fn));
    } catch (error) {
      if (attempt === TRIES || !TRY_AGAIN.has(sqlStateOf(error))) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

async function once<T>(db: Db, fn: (db: Db) => Promise<T>): Promise<T> {
  await db.query('BEGIN');
  let result: T;
  try {
    result = await fn(db);
  } catch (error) {
    // On a broken connection the rollback fails too; PostgreSQL has done it by then, and the first fault is the one to report.
    await db.query('ROLLBACK').catch(() => {});
    throw error;
  }
  await db.query('COMMIT');
  return result;
}

/** The SQLSTATE of a refusal by PostgreSQL, e.g. `23505` for a unique violation; empty for anything else. */
export function sqlStateOf(error: unknown): string {
  return error instanceof pg.DatabaseError ? (error.code ?? '') : '';
}

const statementNames = new Map<string, string>();

/**
 * Statements with values are prepared once on each connection: planning some of ours takes longer than running them.
 * Their texts are constants of the query functions, so there are few.
 */
function statementName(text: string): string {
  let name = statementNames.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('hex').slice(0, 32);
    statementNames.set(text, name);
  }
  return name;
}

async function run<Row>(on: pg.Pool | pg.PoolClient, text: string, values: readonly unknown[] | undefined): Promise<Result<Row>> {
  try {
    const result = await (values === undefined ? on.query(text) : on.query({ name: statementName(text), text, values: [...values] }));
    return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 };
  } catch (error) {
    throw storeFault(error);
  }
}

/** Connection exception, ended while idle in a transaction, too many connections, shutdown, crash shutdown, starting up. */
const UNAVAILABLE = /^(08...|25P03|53300|57P0[123])$/;
const NETWORK = /^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_|ENOTFOUND|EACCES)/;
const CONNECTION_LOST = /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error)/;

/** A lost or refused connection as ERR_STORE_UNAVAILABLE; what PostgreSQL says of a statement stays as it is. */
export function storeFault(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const lost = error instanceof pg.DatabaseError ? UNAVAILABLE.test(code) : NETWORK.test(code) || CONNECTION_LOST.test(error.message);
  if (!lost) return error;
  const what = error.message === '' ? code : error.message;
  return new GatewayError('ERR_STORE_UNAVAILABLE', `PostgreSQL does not answer: ${what}`, { cause: error });
}

const { INT8, DATE, TIMESTAMP } = pg.types.builtins;
const INT8_ARRAY = 1016;

function parserOf(oid: number, format: 'text' | 'binary' = 'text'): (value: string) => unknown {
  if (oid === INT8) return safeInteger;
  // A date or a time without a zone is nobody's instant: it stays as written.
  if (oid === DATE || oid === TIMESTAMP) return (value) => value;
  const standard = pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  if (oid === INT8_ARRAY) return (value) => (standard(value) as (string | null)[]).map((item) => (item === null ? null : safeInteger(item)));
  return standard;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new GatewayError('ERR_INTERNAL', `expected an int8 that a number can hold, found ${text}`);
  return value;
}
