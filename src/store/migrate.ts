/**
 * Forward-only migrations: numbered SQL files, each applied once, in order, in a transaction of its own.
 *
 * Any number of replicas may start together: each step takes an advisory lock, looks what is applied and does the next one. A file that
 * was changed after it was applied, or a database that knows more than we do, is refused: never guessed around.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { GatewayError } from '../core/errors/errors.ts';
import type { FilePlace } from '../core/place.ts';
import { type Database, type Db, inTransaction } from './database.ts';

/** Beside this module, in the sources as in the build. */
const MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));
const FILE_NAME = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/;
/** Any fixed number: who holds this advisory lock may migrate this database. */
const LOCK_KEY = 7_297_483_920_117;

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly appliedAt: Date;
}

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  /** File names. */
  readonly pending: readonly string[];
}

interface MigrationFile {
  readonly version: number;
  readonly name: string;
  readonly file: string;
  readonly path: string;
  readonly sql: string;
  readonly sha256: string;
}

interface Row extends AppliedMigration {
  readonly sha256: string;
}

/** Brings the schema up to date; returns the files that this call applied. Throws ERR_STORE_SCHEMA, or ERR_STORE_MIGRATION when a file fails. */
export async function migrate(database: Database, directory: string = MIGRATIONS): Promise<{ applied: string[] }> {
  const files = readMigrations(directory);
  const applied: string[] = [];
  for (;;) {
    const file = await inTransaction(database, (db) => applyNext(db, files));
    if (file === undefined) return { applied };
    applied.push(file);
  }
}

/** Changes nothing, not even in an empty database. Throws ERR_STORE_SCHEMA like `migrate`. */
export async function migrationStatus(database: Database, directory: string = MIGRATIONS): Promise<MigrationStatus> {
  const files = readMigrations(directory);
  const found = await database.query<{ there: boolean }>("SELECT to_regclass('public.schema_migration') IS NOT NULL AS there");
  const rows = found.rows[0]?.there === true ? await readApplied(database) : [];
  refuseDrift(rows, files);
  return {
    applied: rows.map(({ version, name, appliedAt }) => ({ version, name, appliedAt })),
    pending: files.slice(rows.length).map(({ file }) => file),
  };
}

async function applyNext(db: Db, files: readonly MigrationFile[]): Promise<string | undefined> {
  await db.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
  await db.query(`CREATE TABLE IF NOT EXISTS public.schema_migration (
    version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const rows = await readApplied(db);
  refuseDrift(rows, files);
  const next = files[rows.length];
  if (next === undefined) return undefined;
  try {
    await db.query(next.sql);
  } catch (error) {
    throw migrationFault(next, error);
  }
  await db.query('INSERT INTO public.schema_migration (version, name, sha256) VALUES ($1, $2, $3)', [next.version, next.name, next.sha256]);
  return next.file;
}

async function readApplied(db: Db): Promise<Row[]> {
  const { rows } = await db.query<Row>('SELECT version, name, sha256, applied_at AS "appliedAt" FROM public.schema_migration ORDER BY version');
  return rows;
}

function refuseDrift(rows: readonly Row[], files: readonly MigrationFile[]): void {
  for (const [index, row] of rows.entries()) {
    const file = files[index];
    const applied = `${String(row.version).padStart(4, '0')}-${row.name}.sql`;
    if (file === undefined) {
      throw new GatewayError('ERR_STORE_SCHEMA', `this version knows ${files.length} migrations, the database also has ${applied}`, {
        hint: 'run the version of Quayside that migrated this database, or a newer one',
      });
    }
    if (file.file !== applied || file.sha256 !== row.sha256) {
      throw new GatewayError(
        'ERR_STORE_SCHEMA',
        `expected ${applied} as it was applied on ${row.appliedAt.toISOString()}, found another ${file.file}`,
        {
          hint: 'restore that file; put the change into a new migration',
        },
      );
    }
  }
}

/** In order. Throws ERR_STORE_SCHEMA when names are not NNNN-name.sql, or their numbers not 1, 2, 3 … */
function readMigrations(directory: string): MigrationFile[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((file, index) => {
    const [, version, name] = FILE_NAME.exec(file) ?? [];
    if (name === undefined || Number(version) !== index + 1) {
      const expected = `${String(index + 1).padStart(4, '0')}-<name>.sql`;
      throw new GatewayError('ERR_STORE_SCHEMA', `expected a migration called ${expected}, found ${file}`, {
        hint: 'number migrations without gaps',
      });
    }
    const path = join(directory, file);
    // A checkout may have turned the line ends; that changes nothing.
    const sql = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
    return { version: index + 1, name, file, path, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}

/** Retried or unavailable faults pass as they are; a refusal of the SQL gets its place in the file. */
function migrationFault(file: MigrationFile, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || error.code?.startsWith('40') === true) return error;
  const before =
    error.position === undefined
      ? []
      : [...file.sql]
          .slice(0, Number(error.position) - 1)
          .join('')
          .split('\n');
  const at: FilePlace | undefined =
    before.length === 0 ? undefined : { kind: 'file', file: file.path, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  return new GatewayError('ERR_STORE_MIGRATION', `${file.file} failed and was rolled back: ${error.message}`, { at, cause: error });
}
