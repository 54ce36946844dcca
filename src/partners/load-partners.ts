/**
 * Reads partners/<name>/partner.yaml: all faults of all files at once, each with its line.
 *
 * A partner whose file has a fault is left out of the result; whoever reloads decides what stays in force.
 */
import path from 'node:path';
import type { Channel, Destination, Format } from '../core/contracts.ts';
import { listOf, objectOf, unknownName, wrongOwnName } from '../core/file-faults.ts';
import { hasErrors, type Problem } from '../core/problem.ts';
import { namesIn, type Origin, readYamlFile } from '../core/read-yaml-file.ts';
import { compileSchema, problemsIn, type SchemaCheck } from '../core/schema-check.ts';
import { collectSecretReferences, type SecretUse } from '../core/secret-reference.ts';
import type { YamlFile } from '../core/yaml-file.ts';
import { acknowledgmentsFrom, controlNumbersFrom } from './acknowledgment-settings.ts';
import { type Partner, type PartnerFile, partnerFile } from './partner-file.ts';
import { readFormatOptions } from './read-format-options.ts';
import { identityConflicts } from './resolve-partner.ts';

export interface KnownToPartners {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly formats?: ReadonlyMap<string, Format>;
  /** Those that put files somewhere can be an outbox. */
  readonly destinations?: ReadonlyMap<string, Destination>;
  /** Those that a format carries out. */
  readonly leniencies?: readonly string[];
}

export interface LoadedPartners {
  readonly partners: Map<string, Partner>;
  readonly origins: Map<object, Origin>;
  readonly problems: Problem[];
}

const checkPartner = compileSchema(partnerFile);

/** `directory` is partners/; problems name files from there on, `partners/acme/partner.yaml`. */
export function loadPartners(directory: string, known: KnownToPartners): LoadedPartners {
  const partners = new Map<string, Partner>();
  const origins = new Map<object, Origin>();
  const problems: Problem[] = [];
  const checks = new Map<string, SchemaCheck>();
  for (const name of namesIn(directory, 'directory')) {
    const location = path.join(directory, name, 'partner.yaml');
    const read = readYamlFile(location, path.posix.join(path.basename(directory), name, 'partner.yaml'));
    problems.push(...read.problems);
    if (read.file === undefined) continue;
    const { partner, secrets, problems: found } = readPartner(read.file, path.join(directory, name), known, checks);
    problems.push(...found);
    if (partner === undefined) continue;
    partners.set(name, partner);
    origins.set(partner, { file: read.file, secrets });
  }
  for (const conflict of identityConflicts(partners.values(), origins)) problems.push(conflict.problem);
  return { partners, origins, problems };
}

interface ReadPartner {
  readonly partner?: Partner;
  readonly secrets: readonly SecretUse[];
  readonly problems: Problem[];
}

function readPartner(file: YamlFile, location: string, known: KnownToPartners, checks: Map<string, SchemaCheck>): ReadPartner {
  const problems = problemsIn(file, checkPartner(file.value));
  const folder = path.basename(location);
  const said = objectOf(file.value);
  if (typeof said.partner === 'string' && said.partner !== folder) problems.push(wrongOwnName(file, 'partner', folder, said.partner));
  for (const [index, leniency] of listOf(said.leniencies).entries()) {
    const accepted = known.leniencies ?? [];
    if (typeof leniency === 'string' && !accepted.includes(leniency)) problems.push(unknownName(file, ['leniencies', index], leniency, accepted));
  }
  const channels: Record<string, { type: string; options: unknown }> = {};
  const secrets: SecretUse[] = [];
  for (const [name, channel] of Object.entries(objectOf(said.channels))) {
    const { type, ...options } = objectOf(channel);
    if (typeof type !== 'string') continue;
    const spec = known.channels.get(type);
    if (spec === undefined) {
      problems.push(unknownName(file, ['channels', name, 'type'], type, [...known.channels.keys()]));
      continue;
    }
    const check = checks.get(type) ?? compileSchema(spec.options);
    checks.set(type, check);
    problems.push(...problemsIn(file, check(options), ['channels', name]));
    secrets.push(...collectSecretReferences(spec.options, options, ['channels', name]));
    channels[name] = { type, options };
  }
  const formats = readFormatOptions(file, location, known.formats ?? new Map(), problems);
  const outbox = readOutbox(file, objectOf(said.acknowledgments).outbox, known, checks);
  problems.push(...outbox.problems);
  secrets.push(...outbox.secrets);
  if (hasErrors(problems)) return { secrets, problems };
  return { partner: partnerFrom(file.file, file.value as PartnerFile, channels, formats, outbox), secrets, problems };
}

interface ReadOutbox {
  readonly type: string;
  readonly options: unknown;
  readonly secrets: readonly SecretUse[];
  readonly problems: readonly Problem[];
}

function readOutbox(file: YamlFile, said: unknown, known: KnownToPartners, checks: Map<string, SchemaCheck>): ReadOutbox {
  const { type, ...options } = objectOf(said);
  const none = { type: '', options, secrets: [] };
  if (typeof type !== 'string') return { ...none, problems: [] };
  const at = ['acknowledgments', 'outbox'];
  const putting = [...(known.destinations?.values() ?? [])].filter(({ files }) => files);
  const spec = putting.find(({ name }) => name === type);
  if (spec === undefined) {
    const names = putting.map(({ name }) => name);
    return { ...none, problems: [unknownName(file, [...at, 'type'], type, names)] };
  }
  const key = `destination ${type}`;
  const check = checks.get(key) ?? compileSchema(spec.options);
  checks.set(key, check);
  return { type, options, secrets: collectSecretReferences(spec.options, options, at), problems: problemsIn(file, check(options), at) };
}

const partnerFrom = (
  file: string,
  said: PartnerFile,
  channels: Partner['channels'],
  formats: Partner['formats'],
  { type, options }: ReadOutbox,
): Partner => ({
  name: said.partner,
  title: said.title,
  stage: said.stage,
  x12Identities: said.identities.x12,
  channels,
  documents: said.documents ?? {},
  formats,
  ...(said.acknowledgments && { acknowledgments: acknowledgmentsFrom(said.acknowledgments, { type, options }) }),
  ...(said.controlNumbers && { controlNumbers: controlNumbersFrom(said.controlNumbers) }),
  leniencies: said.leniencies ?? [],
  encoding: said.encoding ?? 'ascii',
  file,
});
