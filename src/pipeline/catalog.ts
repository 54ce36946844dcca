/**
 * The partner, mapping and queue files of a home and its alerts.yaml, read together and checked against each other.
 *
 * `start`, `lint` and every reload run this very code. Given the catalog in force, a file that has a fault leaves its last
 * good version in force: nothing that worked stops working because someone saved half a file.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Alerts } from '../alerts/alerts-file.ts';
import { ALERTS_FILE, loadAlerts } from '../alerts/load-alerts.ts';
import type { Secrets } from '../core/context.ts';
import type { Channel, Destination, Format } from '../core/contracts.ts';
import { listOf, objectOf, unknownName } from '../core/file-faults.ts';
import type { Problem } from '../core/problem.ts';
import { namesIn, type Origin, type Origins } from '../core/read-yaml-file.ts';
import { verifySecrets } from '../core/secret-reference.ts';
import type { Endpoint } from '../endpoints/endpoint-file.ts';
import { loadEndpoints } from '../endpoints/load-endpoints.ts';
import { CANONICAL, EVENT_NAMES } from '../events/documents.ts';
import { loadMappings, type MappingCatalog, type MappingRoot } from '../mapping/load.ts';
import { loadPartners } from '../partners/load-partners.ts';
import type { Partner } from '../partners/partner-file.ts';
import { keepLastGood, keepMappings, mappingFileExists, settleIdentities, withoutFaults } from './last-good.ts';
import { outboxOf } from './outbox.ts';

export interface Catalog {
  readonly partners: ReadonlyMap<string, Partner>;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly mappings: MappingCatalog;
  readonly alerts: Alerts;
}

export interface LoadedCatalog {
  readonly catalog: Catalog;
  readonly origins: Origins;
  readonly problems: Problem[];
}

export interface CatalogSource {
  /** Holds partners/, mappings/ and queues/; any of them may be missing, but not all. */
  readonly home: string;
  readonly extensions: {
    readonly channels: ReadonlyMap<string, Channel>;
    readonly formats: ReadonlyMap<string, Format>;
    readonly destinations: ReadonlyMap<string, Destination>;
  };
  /** The mappings folder that ships with Quayside; its std/ is used where the home has none of its own. */
  readonly standardMappings?: string | undefined;
  /** Absent for `lint`: secrets are not on every author's machine. */
  readonly secrets?: Secrets | undefined;
}

export const FOLDERS = ['partners', 'mappings', 'queues'] as const;

/** Without `inForce`, what has a fault is left out. */
export function loadCatalog(source: CatalogSource, inForce?: LoadedCatalog): LoadedCatalog {
  const folder = (name: (typeof FOLDERS)[number]) => path.join(source.home, name);
  if (!FOLDERS.some((name) => existsSync(folder(name))))
    return {
      catalog: { partners: new Map(), endpoints: new Map(), mappings: noMappings, alerts: NO_ALERTS },
      origins: new Map(),
      problems: [notAHome(source.home)],
    };

  const roots = mappingRoots(source);
  const loaded = loadMappings(roots, CANONICAL);
  const mappings = keepMappings(loaded.catalog, inForce?.catalog.mappings, (mapping) => mappingFileExists(roots, mapping.file));
  const partners = loadPartners(folder('partners'), { ...source.extensions, leniencies: lenienciesOf(source.extensions) });
  const endpoints = loadEndpoints(folder('queues'), {
    destinations: source.extensions.destinations,
    events: EVENT_NAMES,
    partners: namesIn(folder('partners'), 'directory'),
  });
  const alerts = loadAlerts(source.home, {
    destinations: source.extensions.destinations,
    channels: [...partners.partners.values()].flatMap(({ name, channels }) => Object.keys(channels).map((channel) => `${name}/${channel}`)),
    unknownPartners: namesIn(folder('partners'), 'directory').filter((name) => !partners.partners.has(name)),
  });
  const problems = [...loaded.problems, ...partners.problems, ...endpoints.problems, ...alerts.problems];
  const origins = new Map([...partners.origins, ...endpoints.origins]);
  if (alerts.alerts !== undefined && alerts.origin !== undefined) origins.set(alerts.alerts, alerts.origin);

  for (const partner of partners.partners.values()) problems.push(...wrongMappings(partner, origins.get(partner), mappings, roots));
  if (source.secrets !== undefined)
    for (const origin of origins.values()) problems.push(...verifySecrets(source.secrets, origin.file, origin.secrets));
  if (inForce === undefined)
    return {
      catalog: withOutboxes({
        partners: withoutFaults(partners.partners, problems),
        endpoints: withoutFaults(endpoints.endpoints, problems),
        mappings,
        alerts: alertsInForce(alerts.alerts, NO_ALERTS, problems),
      }),
      origins,
      problems,
    };

  for (const [object, origin] of inForce.origins) if (!origins.has(object)) origins.set(object, origin);
  const kept = keepLastGood(partners.partners, inForce.catalog.partners, problems, origins);
  const settled = settleIdentities(kept, inForce.catalog.partners, problems, origins);
  const named = new Set([...settled.values()].flatMap((partner) => Object.values(partner.documents)));
  const catalog = withOutboxes({
    partners: settled,
    endpoints: keepLastGood(endpoints.endpoints, inForce.catalog.endpoints, problems, origins),
    mappings: keepMappings(mappings, inForce.catalog.mappings, (mapping) => named.has(mapping.name)),
    alerts: alertsInForce(alerts.alerts, inForce.catalog.alerts, problems),
  });
  return { catalog, origins: onlyOf(catalog, origins), problems };
}

/** Beside the endpoints of queue files, the outboxes of partner files. */
function withOutboxes(catalog: Catalog): Catalog {
  const outboxes = [...catalog.partners.values()].flatMap((partner) => outboxOf(partner) ?? []);
  if (outboxes.length === 0) return catalog;
  return { ...catalog, endpoints: new Map([...catalog.endpoints, ...outboxes.map((outbox) => [outbox.name, outbox] as const)]) };
}

function mappingRoots({ home, standardMappings }: CatalogSource): MappingRoot[] {
  const own = path.join(home, 'mappings');
  const roots: MappingRoot[] = existsSync(own) ? [{ directory: own, shownAs: 'mappings' }] : [];
  if (standardMappings !== undefined && !existsSync(path.join(own, 'std'))) roots.unshift({ directory: standardMappings, shownAs: 'mappings' });
  return roots;
}

/** `documents:` must name mappings that exist and that read what they are used for. A mapping that has faults of its own is not reported twice. */
function wrongMappings(partner: Partner, origin: Origin | undefined, mappings: MappingCatalog, roots: readonly MappingRoot[]): Problem[] {
  if (origin === undefined) return [];
  return Object.entries(partner.documents).flatMap(([type, name]): Problem[] => {
    const at = ['documents', type];
    const mapping = mappings.find(name);
    if (mapping === undefined) {
      if (mappingFileExists(roots, `mappings/${name.replace(/@.*$/, '')}.yaml`)) return [];
      return [
        unknownName(
          origin.file,
          at,
          name,
          mappings.mappings.map((known) => known.name),
        ),
      ];
    }
    if (mapping.source.set === type) return [];
    const message = `documents.${type}: expected a mapping that reads ${type}, found ${name}, which reads ${mapping.source.set}`;
    return [{ code: 'ERR_FILE_REFERENCE', severity: 'error', message, at: origin.file.placeOf(at), expected: type, found: mapping.source.set }];
  });
}

/** What formats carry out, as their options say: a leniency that none knows would be accepted and ignored. */
function lenienciesOf({ formats }: CatalogSource['extensions']): string[] {
  return [...formats.values()].flatMap((format) => listOf(objectOf(objectOf(format.options.properties?.leniencies).items).enum).map(String));
}

function onlyOf(catalog: Catalog, origins: Origins): Origins {
  const objects: object[] = [...catalog.partners.values(), ...catalog.endpoints.values(), catalog.alerts];
  return new Map([...origins].filter(([object]) => objects.includes(object)));
}

/** The new version, or what is in force where the new one has faults. */
function alertsInForce(loaded: Alerts | undefined, inForce: Alerts, problems: readonly Problem[]): Alerts {
  const faulty = problems.some(({ at, severity }) => severity === 'error' && at?.kind === 'file' && at.file === ALERTS_FILE);
  return loaded === undefined || faulty ? inForce : loaded;
}

const NO_ALERTS: Alerts = { receivers: new Map(), rules: new Map(), silences: [] };
const noMappings: MappingCatalog = { mappings: [], find: () => undefined };

const notAHome = (home: string): Problem => ({
  code: 'ERR_FILE_READ',
  severity: 'error',
  message: `expected a folder with ${FOLDERS.map((name) => `${name}/`).join(', ')}, found none of them in ${home}`,
  hint: 'run the command there, or set QUAYSIDE_HOME',
});
