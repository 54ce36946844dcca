/** All faults of the files people write, at once, by the very code that start and reload run. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ALERTS_FILE } from '../alerts/load-alerts.ts';
import type { Problem } from '../core/problem.ts';
import { FOLDERS } from '../pipeline/catalog.ts';
import type { Application } from './application.ts';

/**
 * Each path is a home, or a file or folder in one; none: the home. Files are checked together with their home, because
 * they name each other; only the faults of what was asked for are returned, sorted by file, line and column.
 */
export function lint(
  { home, loadCatalog }: Pick<Application, 'home' | 'loadCatalog'>,
  paths: readonly string[],
  directory = process.cwd(),
): Problem[] {
  const targets = paths.length === 0 ? [home] : paths.map((given) => path.resolve(directory, given));
  const problems = new Map<string, Problem>();
  for (const target of targets) {
    const missing = existsSync(target) ? undefined : notThere(path.relative(directory, target));
    const root = homeOf(target);
    const found = missing === undefined ? loadCatalog(root).problems.map((problem) => seenFrom(directory, root, problem)) : [missing];
    for (const problem of found)
      if (missing !== undefined || root === target || isWithin(target, problem, directory)) problems.set(JSON.stringify(problem), problem);
  }
  return [...problems.values()].sort(byPlace);
}

/** The folder that holds partners/, mappings/ or queues/ (and alerts.yaml) around a path; the path itself if there is none. */
function homeOf(target: string): string {
  if (existsSync(target) && statSync(target).isDirectory() && FOLDERS.some((folder) => existsSync(path.join(target, folder)))) return target;
  if (path.basename(target) === ALERTS_FILE) return path.dirname(target);
  for (let inner = target, outer = path.dirname(inner); outer !== inner; inner = outer, outer = path.dirname(inner)) {
    if (FOLDERS.some((folder) => folder === path.basename(inner))) return outer;
  }
  return target;
}

/** Loaders name files from the home on; a person wants them from where they are. */
function seenFrom(directory: string, home: string, problem: Problem): Problem {
  if (problem.at?.kind !== 'file') return problem;
  const location = path.join(home, problem.at.file);
  // Standard mappings that ship with Quayside are in no home.
  return existsSync(location) ? { ...problem, at: { ...problem.at, file: path.relative(directory, location) } } : problem;
}

function isWithin(target: string, problem: Problem, directory: string): boolean {
  if (problem.at?.kind !== 'file') return true;
  const location = path.resolve(directory, problem.at.file);
  return location === target || location.startsWith(`${target}${path.sep}`);
}

function byPlace(a: Problem, b: Problem): number {
  const [left, right] = [a.at, b.at];
  if (left?.kind !== 'file' || right?.kind !== 'file') return (left?.kind === 'file' ? 1 : 0) - (right?.kind === 'file' ? 1 : 0);
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}

const notThere = (name: string): Problem => ({
  code: 'ERR_FILE_READ',
  severity: 'error',
  message: `expected a file or folder, found none at ${name}`,
});
