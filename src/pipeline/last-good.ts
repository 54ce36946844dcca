/** What stays in force of the files that were in force before, when their new versions have faults. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../core/problem.ts';
import type { Origin } from '../core/read-yaml-file.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import type { MappingCatalog, MappingRoot } from '../mapping/load.ts';
import type { Partner } from '../partners/partner-file.ts';
import { identityConflicts } from '../partners/resolve-partner.ts';

interface Filed {
  readonly file: string;
}

export function withoutFaults<T extends Filed>(loaded: ReadonlyMap<string, T>, problems: readonly Problem[]): Map<string, T> {
  const faulty = filesAtFault(problems);
  return new Map([...loaded].filter(([, object]) => !faulty.has(object.file)));
}

/** New versions without faults, old ones where the new has faults, none where the file is gone. An unchanged one stays the same object. */
export function keepLastGood<T extends Filed>(
  loaded: ReadonlyMap<string, T>,
  inForce: ReadonlyMap<string, T>,
  problems: readonly Problem[],
  origins: Map<object, Origin>,
): Map<string, T> {
  const kept = new Map<string, T>();
  for (const [name, object] of withoutFaults(loaded, problems)) {
    const before = inForce.get(name);
    const origin = origins.get(object);
    const unchanged = before !== undefined && JSON.stringify(before) === JSON.stringify(object);
    if (unchanged && origin !== undefined) origins.set(before, origin);
    kept.set(name, unchanged ? before : object);
  }
  const faulty = filesAtFault(problems);
  for (const [name, before] of inForce) if (!kept.has(name) && faulty.has(before.file)) kept.set(name, before);
  return kept;
}

/** Where a new version and another partner claim one identity, the new version is not taken: who sends must never be a guess. */
export function settleIdentities(
  partners: ReadonlyMap<string, Partner>,
  inForce: ReadonlyMap<string, Partner>,
  problems: Problem[],
  origins: ReadonlyMap<object, Origin>,
): Map<string, Partner> {
  const settled = new Map(partners);
  for (let conflicts = identityConflicts(settled.values(), origins); conflicts.length > 0; conflicts = identityConflicts(settled.values(), origins)) {
    let changed = false;
    for (const { first, second, problem } of conflicts) {
      if (!problems.some((known) => known.message === problem.message)) problems.push(problem);
      for (const partner of [first, second]) {
        const before = inForce.get(partner.name);
        if (before === partner) continue;
        if (before === undefined) settled.delete(partner.name);
        else settled.set(partner.name, before);
        changed = true;
      }
    }
    if (!changed) break;
  }
  return settled;
}

/** The new mappings, and of the old ones those whose file gave none and that are to be kept. */
export function keepMappings(
  loaded: MappingCatalog,
  inForce: MappingCatalog | undefined,
  keep: (mapping: CompiledMapping) => boolean,
): MappingCatalog {
  const files = new Set(loaded.mappings.map((mapping) => mapping.file));
  const kept = inForce?.mappings.filter((mapping) => !files.has(mapping.file) && keep(mapping)) ?? [];
  if (kept.length === 0) return loaded;
  const findKept = (wanted: string): CompiledMapping | undefined => {
    const [name, major] = wanted.split('@');
    return kept.find((mapping) => mapping.name === name && (major === undefined || mapping.version.split('.')[0] === major));
  };
  return { mappings: [...loaded.mappings, ...kept], find: (name) => loaded.find(name) ?? findKept(name) };
}

/** The new mappings but for those that are refused: of these what was in force, if anything was. */
export function withoutMappings(loaded: MappingCatalog, inForce: MappingCatalog, refused: ReadonlySet<CompiledMapping>): MappingCatalog {
  const files = new Set([...refused].map((mapping) => mapping.file));
  const kept = inForce.mappings.filter((mapping) => files.has(mapping.file));
  return {
    mappings: [...loaded.mappings.filter((mapping) => !refused.has(mapping)), ...kept],
    find(name) {
      const found = loaded.find(name);
      return found !== undefined && refused.has(found) ? inForce.find(name) : found;
    },
  };
}

/** Whether a mapping's file, as problems name it, is there at all. */
export const mappingFileExists = (roots: readonly MappingRoot[], shown: string): boolean =>
  roots.some(({ directory, shownAs }) => existsSync(path.join(directory, path.relative(shownAs ?? directory, shown))));

const filesAtFault = (problems: readonly Problem[]): Set<string> =>
  new Set(problems.flatMap(({ at, severity }) => (severity === 'error' && at?.kind === 'file' ? [at.file] : [])));
