/** Which rules a version of a mapping stands for: fixed by the first live document, the same ever after. */
import type { Db } from './database.ts';

export interface MappingIdentity {
  readonly name: string;
  readonly version: string;
  /** Of the effective mapping, bases included. */
  readonly hash: string;
}

export interface VersionClash extends MappingIdentity {
  /** The hash under which the version is in use. */
  readonly usedHash: string;
  readonly firstUsedAt: Date;
}

const clashesAmong = `select u.mapping as name, u.version, u.hash, v.hash as "usedHash", v.first_used_at as "firstUsedAt"
  from unnest($2::text[], $3::text[], $4::text[]) as u (mapping, version, hash)
  join mapping_version v on v.tenant = $1 and v.mapping = u.mapping and v.version = u.version where v.hash <> u.hash`;

const valuesOf = (tenant: string, mappings: readonly MappingIdentity[]) => [
  tenant,
  mappings.map(({ name }) => name),
  mappings.map(({ version }) => version),
  mappings.map(({ hash }) => hash),
];

/** Those whose version is in use for other rules. */
export async function versionClashes(db: Db, tenant: string, mappings: readonly MappingIdentity[]): Promise<VersionClash[]> {
  const { rows } = await db.query<VersionClash>(clashesAmong, valuesOf(tenant, mappings));
  return rows;
}

/** Inside a transaction: these versions are in use from its commit on. Two that use the first document of one at once wait for each other. */
export async function useVersions(db: Db, tenant: string, mappings: readonly MappingIdentity[]): Promise<VersionClash[]> {
  await db.query(
    `insert into mapping_version (tenant, mapping, version, hash)
     select $1, mapping, version, hash from unnest($2::text[], $3::text[], $4::text[]) as u (mapping, version, hash)
     order by mapping, version on conflict do nothing`,
    valuesOf(tenant, mappings),
  );
  return versionClashes(db, tenant, mappings);
}
