/**
 * Loads mapping files into a catalog. Every fault of every file is reported at once; a file with faults is left out, with all that extend it,
 * and never keeps others from loading.
 */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../core/problem.ts';
import { formatProblem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import { type CompiledMapping, compileMapping } from './compiled-mapping.ts';
import { type EffectiveMapping, layBase, layOver, type MappingTargets } from './effective.ts';
import { type MappingFile, type MappingText, readMappingFile } from './mapping-file.ts';
import { faultAt } from './rule-syntax.ts';

export interface MappingRoot {
  readonly directory: string;
  /** How problems name the directory; as given by default. */
  readonly shownAs?: string | undefined;
}

export interface MappingCatalog {
  readonly mappings: readonly CompiledMapping[];
  /** `acme/855` (its highest major) or `acme/855@1`. */
  find(name: string): CompiledMapping | undefined;
}

export interface LoadedMappings {
  readonly catalog: MappingCatalog;
  readonly problems: readonly Problem[];
}

/** A standard, a group's, a partner's: more files than that nobody can read together. */
const MAX_BASES = 2;

export function loadMappings(roots: readonly MappingRoot[], targets: MappingTargets): LoadedMappings {
  const problems: Problem[] = [];
  const texts = roots.flatMap((root) => readRoot(root, problems));
  const compiled = compileMappings(texts, targets);
  return { catalog: compiled.catalog, problems: [...problems, ...compiled.problems] };
}

export function compileMappings(texts: readonly MappingText[], targets: MappingTargets): LoadedMappings {
  const problems = new Map<string, Problem>();
  const files = new Map<string, MappingFile>();
  /** Shown names of files with faults. */
  const faulty = new Set<string>();
  const reportFor =
    (file: string) =>
    (problem: Problem): void => {
      if (problem.severity === 'error') faulty.add(file);
      problems.set(formatProblem(problem), problem);
    };

  for (const text of texts) {
    const read = readMappingFile(text);
    for (const problem of read.problems) reportFor(text.file)(problem);
    if (read.mapping === undefined) continue;
    const key = `${text.name}@${read.mapping.major}`;
    const other = files.get(key);
    if (other === undefined) files.set(key, read.mapping);
    else
      reportFor(text.file)({
        ...faultAt(read.mapping.yaml, ['version'], 'ERR_MAPPING_NAME', `expected one ${key}, found another in ${other.file}`),
        hint: 'raise the major version, or remove one of them',
      });
  }

  const laid = new Map<string, EffectiveMapping | undefined>();
  const lay = (key: string, file: MappingFile, depth: number): EffectiveMapping | undefined => {
    if (laid.has(key)) return laid.get(key);
    // Until it is done: a chain that leads back here finds no base.
    laid.set(key, undefined);
    const report = reportFor(file.file);
    const effective = file.base === undefined ? layBase(file, targets, report) : layOn(file, file.base, depth, report);
    const sound = effective !== undefined && !faulty.has(file.file);
    laid.set(key, sound ? effective : undefined);
    return laid.get(key);
  };
  const layOn = (
    file: MappingFile,
    wanted: { name: string; major: number },
    depth: number,
    report: (problem: Problem) => void,
  ): EffectiveMapping | undefined => {
    const key = `${wanted.name}@${wanted.major}`;
    const refuse = (message: string, hint?: string): undefined => {
      report({ ...faultAt(file.yaml, ['extends'], 'ERR_MAPPING_EXTENDS', message), found: key, hint });
      return undefined;
    };
    const base = files.get(key);
    if (base === undefined) {
      const majors = [...files.values()].filter((one) => one.name === wanted.name).map((one) => `${one.name}@${one.major}`);
      const near = majors[0] ?? suggest(key, [...files.keys()]);
      return refuse(`expected a mapping that exists, found "${key}"`, near === undefined ? undefined : `did you mean "${near}"?`);
    }
    if (depth >= MAX_BASES) return refuse(`expected at most ${MAX_BASES} mappings below this one, found more`);
    return bindBase(lay(key, base, depth + 1), base, file, refuse, report);
  };
  const catalog: CompiledMapping[] = [];
  for (const [key, file] of files) {
    const effective = lay(key, file, 0);
    if (effective === undefined) continue;
    const compiled = compileMapping(effective, reportFor(file.file));
    if (!faulty.has(file.file)) catalog.push(compiled);
  }
  return { catalog: catalogOf(catalog), problems: [...problems.values()] };
}

function bindBase(
  effective: EffectiveMapping | undefined,
  base: MappingFile,
  file: MappingFile,
  refuse: (message: string) => undefined,
  report: (problem: Problem) => void,
): EffectiveMapping | undefined {
  return effective === undefined ? refuse(`the base ${base.file} has faults or leads back here`) : layOver(file, effective, report);
}

function catalogOf(mappings: readonly CompiledMapping[]): MappingCatalog {
  const byName = new Map<string, CompiledMapping>();
  const majorOf = (mapping: CompiledMapping): number => Number(mapping.version.split('.')[0]);
  for (const mapping of [...mappings].sort((a, b) => majorOf(a) - majorOf(b))) {
    byName.set(mapping.name, mapping);
    byName.set(`${mapping.name}@${majorOf(mapping)}`, mapping);
  }
  return { mappings, find: (name) => byName.get(name) };
}

function readRoot(root: MappingRoot, problems: Problem[]): MappingText[] {
  const shown = root.shownAs ?? root.directory;
  const texts: MappingText[] = [];
  const refuse = (path: string, thrown: unknown): void => {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    problems.push({
      code: 'ERR_FILE_READ',
      severity: 'error',
      message: `cannot read ${path}: ${reason}`,
      at: { kind: 'file', file: path, line: 1, column: 1 },
    });
  };
  const walk = (relative: string): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(join(root.directory, relative), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (thrown) {
      refuse(`${shown}/${relative}`.replace(/\/$/, ''), thrown);
      return;
    }
    for (const entry of entries) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      // Golden folders lie beside the mapping that they test.
      if (entry.isDirectory() && !entry.name.endsWith('.tests')) walk(path);
      else if (entry.isFile() && entry.name.endsWith('.yaml')) {
        try {
          texts.push({
            name: path.replace(/(\.v\d+)?\.yaml$/, ''),
            file: `${shown}/${path}`,
            text: readFileSync(join(root.directory, path), 'utf8'),
            location: join(root.directory, path),
            beside: (name) => readIfThere(join(root.directory, relative, name)),
          });
        } catch (thrown) {
          refuse(`${shown}/${path}`, thrown);
        }
      }
    }
  };
  walk('');
  return texts;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
