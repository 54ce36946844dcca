/**
 * A version of a mapping means one set of rules, for good: "which rules made this event" has one answer, years later too.
 *
 * The first live document fixes it, just before it is published. Files that say something else under a version in use are not taken; should
 * another gateway still have such files, its documents become dead letters and nothing else.
 */
import { formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import type { Db } from '../store/database.ts';
import { type MappingIdentity, useVersions, type VersionClash, versionClashes } from '../store/mapping-versions.ts';

/** Tells one set of rules under one version of one mapping from all others: mappings of several partners may have the same rules. */
export const versionKey = ({ name, version, hash }: MappingIdentity): string => `${name} ${version} ${hash}`;

export type VersionProblems = ReadonlyMap<CompiledMapping, Problem>;

/** What is wrong with mappings whose version is in use for other rules. */
export async function problemsOfVersions(db: Db, tenant: string, mappings: readonly CompiledMapping[]): Promise<VersionProblems> {
  return mappings.length === 0 ? new Map() : problemsOf(mappings, await versionClashes(db, tenant, mappings));
}

/** Inside a short transaction before the first documents of these are published: from its commit on their versions are in use. */
export async function takeVersions(db: Db, tenant: string, mappings: readonly CompiledMapping[]): Promise<VersionProblems> {
  return mappings.length === 0 ? new Map() : problemsOf(mappings, await useVersions(db, tenant, mappings));
}

function problemsOf(mappings: readonly CompiledMapping[], clashes: readonly VersionClash[]): VersionProblems {
  return new Map(
    clashes.flatMap((clash) => {
      const mapping = mappings.find((one) => versionKey(one) === versionKey(clash));
      return mapping === undefined ? [] : [[mapping, problemOf(mapping, clash)] as const];
    }),
  );
}

function problemOf({ name, version, hash, effective }: CompiledMapping, { usedHash, firstUsedAt }: VersionClash): Problem {
  const expected = `the rules that version ${version} was used with since ${firstUsedAt.toISOString()} (hash ${usedHash.slice(0, 12)})`;
  const found = `others (hash ${hash.slice(0, 12)})`;
  const [base] = effective.bases;
  return {
    code: 'ERR_MAPPING_VERSION',
    severity: 'error',
    message: `mapping ${name}: expected ${expected}, found ${found}`,
    at: effective.versionPlace,
    expected,
    found,
    hint: `raise "version" in ${formatPlace(effective.versionPlace)}${base === undefined ? '' : `; if only its base ${base} changed, raise it here all the same`}`,
  };
}
