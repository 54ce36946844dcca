/**
 * Reads queues/<endpoint>.yaml: all faults of all files at once, each with its line.
 *
 * An endpoint whose file has a fault is left out of the result; whoever reloads decides what stays in force.
 */
import path from 'node:path';
import type { Destination } from '../core/contracts.ts';
import { parseDuration } from '../core/duration.ts';
import type { EndpointPolicy } from '../core/endpoint-policy.ts';
import { listOf, objectOf, unknownName, wrongOwnName } from '../core/file-faults.ts';
import { hasErrors, type Problem } from '../core/problem.ts';
import { namesIn, type Origin, readYamlFile } from '../core/read-yaml-file.ts';
import { compileSchema, problemsIn, type SchemaCheck } from '../core/schema-check.ts';
import { collectSecretReferences, type SecretUse } from '../core/secret-reference.ts';
import type { YamlFile, YamlPath } from '../core/yaml-file.ts';
import { DEFAULTS, defaultPolicy, type Endpoint, type EndpointFile, EVERY_EVENT, endpointFile, LIMITS } from './endpoint-file.ts';

export interface KnownToEndpoints {
  readonly destinations: ReadonlyMap<string, Destination>;
  /** Without prefix and version: `invoice.received`. */
  readonly events: readonly string[];
  readonly partners: readonly string[];
}

export interface LoadedEndpoints {
  readonly endpoints: Map<string, Endpoint>;
  readonly origins: Map<object, Origin>;
  readonly problems: Problem[];
}

const checkEndpoint = compileSchema(endpointFile);

/** `directory` is queues/; problems name files from there on, `queues/erp.yaml`. */
export function loadEndpoints(directory: string, known: KnownToEndpoints): LoadedEndpoints {
  const endpoints = new Map<string, Endpoint>();
  const origins = new Map<object, Origin>();
  const problems: Problem[] = [];
  const checks = new Map<string, SchemaCheck>();
  for (const entry of namesIn(directory, 'file')) {
    const shown = path.posix.join(path.basename(directory), entry);
    if (!entry.endsWith('.yaml')) {
      if (entry.endsWith('.yml')) problems.push(misnamed(shown));
      continue;
    }
    const read = readYamlFile(path.join(directory, entry), shown);
    problems.push(...read.problems);
    if (read.file === undefined) continue;
    const found = readEndpoint(read.file, entry.slice(0, -'.yaml'.length), known, checks);
    problems.push(...found.problems);
    if (found.endpoint === undefined) continue;
    endpoints.set(found.endpoint.name, found.endpoint);
    origins.set(found.endpoint, { file: read.file, secrets: found.secrets });
  }
  return { endpoints, origins, problems };
}

interface ReadEndpoint {
  readonly endpoint?: Endpoint;
  readonly secrets: readonly SecretUse[];
  readonly problems: readonly Problem[];
}

type Fault = (at: YamlPath, code: Problem['code'], message: string, more?: Partial<Problem>) => void;

function readEndpoint(file: YamlFile, stem: string, known: KnownToEndpoints, checks: Map<string, SchemaCheck>): ReadEndpoint {
  const problems = problemsIn(file, checkEndpoint(file.value));
  const said = objectOf(file.value);
  const fault: Fault = (at, code, message, more = {}) => void problems.push({ code, severity: 'error', message, at: file.placeOf(at), ...more });

  if (typeof said.endpoint === 'string' && said.endpoint !== stem) problems.push(wrongOwnName(file, 'endpoint', stem, said.endpoint));
  for (const [key, accepted] of Object.entries({ events: [...known.events, EVERY_EVENT], partners: known.partners })) {
    for (const [index, name] of listOf(said[key]).entries()) {
      if (typeof name === 'string' && !accepted.includes(name)) problems.push(unknownName(file, [key, index], name, accepted));
    }
  }
  if (Array.isArray(said.events) && said.events.length > 1 && said.events.includes(EVERY_EVENT))
    fault(['events'], 'ERR_FILE_SCHEMA', `events: expected "*" alone, found it beside names`, { hint: 'leave the names out, or the "*"' });
  const retry = objectOf(said.retry);
  checkRange(['timeout'], said.timeout, LIMITS.timeoutMs, fault);
  checkRange(['retry', 'maximumAge'], retry.maximumAge, { least: 1, most: Number.MAX_SAFE_INTEGER }, fault);
  for (const [index, delay] of listOf(retry.schedule).entries()) checkRange(['retry', 'schedule', index], delay, LIMITS.delayMs, fault);
  const breaker = objectOf(said.breaker);
  checkRange(['breaker', 'window'], breaker.window, LIMITS.probeMs, fault);
  for (const [index, wait] of listOf(breaker.probes).entries()) checkRange(['breaker', 'probes', index], wait, LIMITS.probeMs, fault);

  const { type, ...options } = objectOf(said.destination);
  const spec = typeof type === 'string' ? known.destinations.get(type) : undefined;
  if (spec === undefined) {
    if (typeof type === 'string') problems.push(unknownName(file, ['destination', 'type'], type, [...known.destinations.keys()]));
    return { secrets: [], problems };
  }
  const check = checks.get(spec.name) ?? compileSchema(spec.options);
  checks.set(spec.name, check);
  problems.push(...problemsIn(file, check(options), ['destination']));
  if (said.idempotency === 'probe' && objectOf(options).probe === undefined)
    fault(['idempotency'], 'ERR_FILE_SCHEMA', 'idempotency: expected destination.probe, which says how to ask the endpoint, found none', {
      hint: 'add destination.probe, or choose header, body or none',
    });
  if (hasErrors(problems)) return { secrets: [], problems };
  const secrets = collectSecretReferences(spec.options, options, ['destination']);
  return { endpoint: endpointFrom(file.file, file.value as EndpointFile, spec.name, options), secrets, problems };
}

function endpointFrom(file: string, said: EndpointFile, destination: string, options: unknown): Endpoint {
  const { schedule, jitter, maximumAge } = said.retry ?? {};
  return {
    name: said.endpoint,
    destination,
    options,
    events: said.events,
    partners: said.partners,
    stage: said.stage,
    maxInFlight: said.maxInFlight ?? DEFAULTS.maxInFlight,
    timeoutMs: milliseconds(said.timeout) ?? DEFAULTS.timeoutMs,
    schedule: {
      delaysMs: schedule?.map((delay) => milliseconds(delay) ?? 0) ?? DEFAULTS.delaysMs,
      jitter: jitter ?? DEFAULTS.jitter,
      maximumAgeMs: milliseconds(maximumAge),
    },
    idempotency: said.idempotency,
    ordering: said.ordering ?? 'block',
    rate: said.rate,
    policy: policyFrom(said),
    file,
  };
}

function policyFrom({ endpoint, breaker = {}, rejectionsBeforeParking }: EndpointFile): EndpointPolicy {
  const usual = defaultPolicy(endpoint);
  return {
    endpoint,
    breakerFailures: breaker.failures ?? usual.breakerFailures,
    breakerRatio: breaker.ratio ?? usual.breakerRatio,
    breakerMinimum: breaker.minimum ?? usual.breakerMinimum,
    breakerWindowMs: milliseconds(breaker.window) ?? usual.breakerWindowMs,
    probesMs: breaker.probes?.map((wait) => milliseconds(wait) ?? 0) ?? usual.probesMs,
    rejectionsBeforeParking: rejectionsBeforeParking ?? usual.rejectionsBeforeParking,
  };
}

function checkRange(at: YamlPath, text: unknown, { least, most }: { least: number; most: number }, fault: Fault): void {
  const ms = typeof text === 'string' ? parseDuration(text) : undefined;
  if (ms === undefined || (ms >= least && ms <= most)) return;
  fault(at, 'ERR_FILE_SCHEMA', `${at.join('.')}: expected ${least}ms to ${Math.floor(most / 1000)}s, found ${text}`, { found: String(text) });
}

const misnamed = (file: string): Problem => ({
  code: 'ERR_FILE_READ',
  severity: 'error',
  message: 'expected a file name that ends in .yaml, found .yml: the file is not read',
  at: { kind: 'file', file, line: 1, column: 1 },
  hint: 'rename it',
});

const milliseconds = (text: string | undefined): number | undefined => (text === undefined ? undefined : parseDuration(text));
