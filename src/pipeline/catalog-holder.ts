/**
 * The files in force while the gateway runs, taken anew when someone changes one.
 *
 * A change is seen at once where the file system tells, and within seconds where it does not (network mounts, a
 * directory swapped as a whole); a reload that finds faults keeps the last good version of each file and says so once.
 * So does one that misses the file of an endpoint which is still owed something: what that is, is asked before endpoints change.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Alerts } from '../alerts/alerts-file.ts';
import { ALERTS_FILE } from '../alerts/load-alerts.ts';
import type { Log } from '../core/context.ts';
import { formatProblem, type Problem } from '../core/problem.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import { type Catalog, type CatalogSource, FOLDERS, type LoadedCatalog, loadCatalog } from './catalog.ts';
import { withoutMappings } from './last-good.ts';
import { versionKey } from './mapping-versions.ts';

/** Editors write a file in several steps. */
const SETTLE_MS = 150;
const POLL_MS = 3_000;
const MAX_DEPTH = 4;

/** Gets the names of all endpoints that have a file; of those that have none and must not go yet, gives what is wrong. */
export type EndpointCheck = (withFile: readonly string[]) => Promise<ReadonlyMap<string, Problem>>;

/** Of mappings, those whose version is in use for other rules, and what to say of it. */
export type VersionCheck = (mappings: readonly CompiledMapping[]) => Promise<ReadonlyMap<CompiledMapping, Problem>>;

export class CatalogHolder {
  readonly #source: CatalogSource;
  readonly #log: Log;
  readonly #listeners = new Set<(catalog: Catalog) => void>();
  #inForce: LoadedCatalog;
  #reported: string;
  #check: EndpointCheck = async () => new Map();
  #versions: VersionCheck = async () => new Map();
  /** Something stands that no change of a file will bring to an end. */
  #again = false;
  #reloading: Promise<unknown> = Promise.resolve();

  /** `first` is what the start loaded and found without errors. */
  constructor(source: CatalogSource, first: LoadedCatalog, log: Log) {
    this.#source = source;
    this.#log = log;
    this.#inForce = first;
    this.#reported = textOf(first.problems);
  }

  current(): Catalog {
    return this.#inForce.catalog;
  }

  /** Called after a reload that changed something, with what is in force then. */
  onChange(listener: (catalog: Catalog) => void): void {
    this.#listeners.add(listener);
  }

  /** From now on asked whenever a reload would bring or take endpoints; while it does not answer, all that is in force stays. */
  checkEndpoints(check: EndpointCheck): void {
    this.#check = check;
  }

  /** From now on asked at each reload that brings other mappings; while it does not answer, all that is in force stays. */
  checkVersions(check: VersionCheck): void {
    this.#versions = check;
  }

  /** Reads everything again; the problems are those of files that were refused. One reload at a time. */
  reload(): Promise<readonly Problem[]> {
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(): Promise<readonly Problem[]> {
    const before = this.#inForce.catalog;
    const loaded = await this.#keepOwed(await this.#keepVersions(loadCatalog(this.#source, this.#inForce)));
    this.#inForce = loaded;
    const reported = textOf(loaded.problems);
    if (reported !== this.#reported) {
      for (const problem of loaded.problems)
        this.#log.error(
          { code: problem.code, at: problem.at, hint: problem.hint },
          `file refused, its last good version stays in force: ${formatProblem(problem)}`,
        );
      if (loaded.problems.length === 0) this.#log.info({}, 'all files are in force as they stand');
    }
    this.#reported = reported;
    const taken = changes(before, loaded.catalog);
    if (taken.length === 0) return loaded.problems;
    this.#log.info({ files: taken }, 'files taken');
    for (const listener of this.#listeners) listener(loaded.catalog);
    return loaded.problems;
  }

  /** Other rules under a version in use are not taken: what was in force stays. */
  async #keepVersions(loaded: LoadedCatalog): Promise<LoadedCatalog> {
    const known = new Set(this.#inForce.catalog.mappings.mappings.map(versionKey));
    const other = loaded.catalog.mappings.mappings.filter((mapping) => !known.has(versionKey(mapping)));
    const refused = other.length === 0 ? new Map<CompiledMapping, Problem>() : await this.#versions(other);
    if (refused.size === 0) return loaded;
    const mappings = withoutMappings(loaded.catalog.mappings, this.#inForce.catalog.mappings, new Set(refused.keys()));
    return { ...loaded, catalog: { ...loaded.catalog, mappings }, problems: [...loaded.problems, ...refused.values()] };
  }

  /** An endpoint that is owed something stays in force without its file. */
  async #keepOwed(loaded: LoadedCatalog): Promise<LoadedCatalog> {
    const { catalog, origins, problems } = loaded;
    const before = this.#inForce;
    const gone = [...before.catalog.endpoints.values()].filter(({ name }) => !catalog.endpoints.has(name));
    const come = [...catalog.endpoints.keys()].some((name) => !before.catalog.endpoints.has(name));
    this.#again = gone.length > 0 || come;
    if (!this.#again) return loaded;
    const owed = await this.#check([...catalog.endpoints.keys()]);
    const kept = gone.filter(({ name }) => owed.has(name));
    this.#again = kept.length > 0;
    const withOrigin = kept.flatMap((endpoint) => [...before.origins].filter(([object]) => object === endpoint));
    return {
      catalog: { ...catalog, endpoints: new Map([...catalog.endpoints, ...kept.map((endpoint) => [endpoint.name, endpoint] as const)]) },
      origins: new Map([...origins, ...withOrigin]),
      problems: [...problems, ...kept.flatMap(({ name }) => owed.get(name) ?? [])],
    };
  }

  /** Follows the files until the returned function is called. */
  watch(): () => void {
    const watchers = new Map<string, FSWatcher>();
    let stopped = false;
    let settling: NodeJS.Timeout | undefined;
    let seen: string | undefined;
    const soon = () => {
      clearTimeout(settling);
      settling = setTimeout(look, SETTLE_MS);
    };
    const look = async () => {
      const { directories, fingerprint } = await survey(this.#source.home);
      if (stopped) return;
      follow(watchers, directories, soon);
      const changed = seen !== undefined && seen !== fingerprint;
      seen = fingerprint;
      if (changed || this.#again) await this.#reloadSafely();
    };
    const polling = setInterval(look, POLL_MS);
    polling.unref();
    // What changed between the start's load and now is taken as well.
    void look().then(() => (stopped ? undefined : this.#reloadSafely()));
    return () => {
      stopped = true;
      clearInterval(polling);
      clearTimeout(settling);
      for (const watcher of watchers.values()) watcher.close();
    };
  }

  async #reloadSafely(): Promise<void> {
    try {
      await this.reload();
    } catch (thrown) {
      this.#log.error({ err: thrown }, 'the files could not be loaded, all that is in force stays');
    }
  }
}

/** What was said once is not said again; how many deliveries an endpoint is owed changes all the time. */
const textOf = (problems: readonly Problem[]): string =>
  JSON.stringify(problems.map((problem) => (problem.code === 'ERR_CONFIG_BACKLOG' ? [problem.code, problem.hint] : problem)));

/** Names of the files whose content in force differs. An outbox is of its partner's file, which says all of it. */
function changes(before: Catalog, after: Catalog): string[] {
  const versions = ({ partners, endpoints, mappings, alerts }: Catalog) =>
    new Map([
      [ALERTS_FILE, alertsText(alerts)],
      ...[...endpoints.values(), ...partners.values()].map((object): [string, string] => [object.file, JSON.stringify(object)]),
      ...mappings.mappings.map((mapping): [string, string] => [mapping.file, `${mapping.version} ${mapping.hash}`]),
    ]);
  const [old, now] = [versions(before), versions(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((file) => old.get(file) !== now.get(file)).sort();
}

const alertsText = ({ receivers, rules, silences }: Alerts): string => JSON.stringify([[...receivers], [...rules], silences]);

/** Directories that hold files of ours, and one text that changes when any of those files does. */
async function survey(home: string): Promise<{ directories: Set<string>; fingerprint: string }> {
  const directories = new Set<string>();
  const files: string[] = [];
  const visit = async (directory: string, depth: number): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return;
    directories.add(directory);
    for (const entry of entries) {
      const location = path.join(directory, entry.name);
      // A link may lead to either (Kubernetes mounts files as links), so what it leads to counts.
      const stats = await stat(location).catch(() => undefined);
      if (stats?.isDirectory() && depth < MAX_DEPTH && !entry.name.endsWith('.tests')) await visit(location, depth + 1);
      else if (stats?.isFile() && /\.(yaml|csv)$/.test(entry.name)) files.push(`${location} ${stats.ino} ${stats.mtimeMs} ${stats.size}`);
    }
  };
  for (const folder of FOLDERS) await visit(path.join(home, folder), 1);
  const alerts = await stat(path.join(home, ALERTS_FILE)).catch(() => undefined);
  if (alerts !== undefined) files.push(`${ALERTS_FILE} ${alerts.ino} ${alerts.mtimeMs} ${alerts.size}`);
  return { directories, fingerprint: files.sort().join('\n') };
}

function follow(watchers: Map<string, FSWatcher>, directories: ReadonlySet<string>, changed: () => void): void {
  for (const [directory, watcher] of watchers) {
    if (directories.has(directory)) continue;
    watcher.close();
    watchers.delete(directory);
  }
  for (const directory of directories) {
    if (watchers.has(directory)) continue;
    try {
      const watcher = watch(directory, { persistent: false }, changed);
      // A directory that was removed, or a limit of the system: the poll sees to it.
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(directory);
      });
      watchers.set(directory, watcher);
    } catch {
      // Too many watches, or gone meanwhile: the poll sees to it.
    }
  }
}
