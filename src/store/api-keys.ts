/** API keys: who may call the HTTP API. The table holds no secret, only SHA-256 of each. PostgreSQL's clock says what has expired. */
import type { Db } from './database.ts';

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Null: every partner. */
  readonly partners: readonly string[] | null;
  readonly state: 'live' | 'expired' | 'revoked';
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}

export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  readonly secretHash: Uint8Array;
  readonly scopes: readonly string[];
  readonly partners: readonly string[] | undefined;
  /** Undefined: never. */
  readonly hours: number | undefined;
  readonly createdBy: string;
}

const STATE = `case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'live' end`;
const COLUMNS = `id, name, scopes, partners, ${STATE} as state, expires_at as "expiresAt", created_at as "createdAt", created_by as "createdBy",
  last_used_at as "lastUsedAt", revoked_at as "revokedAt", revoked_by as "revokedBy"`;

/** Until the commit nobody else makes a key of this name. */
export async function lockKeyName(db: Db, tenant: string, name: string): Promise<void> {
  await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`api key ${tenant}/${name}`]);
}

export async function insertApiKey(db: Db, tenant: string, key: NewApiKey): Promise<ApiKeyRow> {
  const { rows } = await db.query<ApiKeyRow>(
    `insert into api_key (tenant, id, name, secret_hash, scopes, partners, expires_at, created_by)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 hour', $8) returning ${COLUMNS}`,
    [tenant, key.id, key.name, Buffer.from(key.secretHash), key.scopes, key.partners ?? null, key.hours ?? null, key.createdBy],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert without a condition returned nothing');
  return row;
}

export async function liveKeysOf(db: Db, tenant: string, name: string): Promise<ApiKeyRow[]> {
  const { rows } = await db.query<ApiKeyRow>(
    `select ${COLUMNS} from api_key where tenant = $1 and name = $2 and revoked_at is null and (expires_at is null or expires_at > now())
     order by created_at`,
    [tenant, name],
  );
  return rows;
}

export async function listApiKeys(db: Db, tenant: string): Promise<ApiKeyRow[]> {
  const { rows } = await db.query<ApiKeyRow>(`select ${COLUMNS} from api_key where tenant = $1 order by name, created_at, id`, [tenant]);
  return rows;
}

export async function findApiKey(db: Db, tenant: string, id: string): Promise<ApiKeyRow | undefined> {
  const { rows } = await db.query<ApiKeyRow>(`select ${COLUMNS} from api_key where tenant = $1 and id = $2`, [tenant, id]);
  return rows[0];
}

/** Undefined: there is none, or it was revoked before. */
export async function revokeApiKey(db: Db, tenant: string, id: string, by: string): Promise<ApiKeyRow | undefined> {
  const { rows } = await db.query<ApiKeyRow>(
    `update api_key set revoked_at = now(), revoked_by = $3 where tenant = $1 and id = $2 and revoked_at is null returning ${COLUMNS}`,
    [tenant, id, by],
  );
  return rows[0];
}

export interface StoredSecret extends Pick<ApiKeyRow, 'id' | 'name' | 'scopes' | 'partners' | 'state'> {
  readonly secretHash: Buffer;
  /** A use within the last minute is on record. */
  readonly usedLately: boolean;
}

export async function secretOfKey(db: Db, tenant: string, id: string): Promise<StoredSecret | undefined> {
  const { rows } = await db.query<StoredSecret>(
    `select id, name, scopes, partners, ${STATE} as state, secret_hash as "secretHash",
       coalesce(last_used_at > now() - interval '1 minute', false) as "usedLately"
     from api_key where tenant = $1 and id = $2`,
    [tenant, id],
  );
  return rows[0];
}

/** At most once a minute, however many requests come at once. */
export async function recordUse(db: Db, tenant: string, id: string): Promise<void> {
  await db.query(
    `update api_key set last_used_at = now() where tenant = $1 and id = $2 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    [tenant, id],
  );
}
