/**
 * Maps one parsed document with one compiled mapping: synchronous, bounded, never throws for what a document says.
 *
 * Every value leaves a lineage entry; every fault names the place in the document and the rule that met it.
 */
import type { Json, JsonObject, LineageEntry, MappedDocument } from '../core/canonical.ts';
import type { ParsedDocument } from '../core/contracts.ts';
import type { Problem } from '../core/problem.ts';
import { hasErrors } from '../core/problem.ts';
import type { SchemaFault } from '../core/schema-check.ts';
import type { SourceLoop } from '../core/source-tree.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import type { ListPlan, ListSource, ObjectPlan } from './plan.ts';
import type { Scope } from './reading.ts';
import { beginRun, type Run, record, reportFault, ValuesSpent } from './run.ts';
import { EffortSpent, type Hit, type Spot } from './selector.ts';

export interface Mapped {
  /** Empty when a problem is an error: what is in doubt is never delivered. */
  readonly documents: readonly MappedDocument[];
  readonly problems: readonly Problem[];
}

export function mapDocument(mapping: CompiledMapping, document: ParsedDocument): Mapped {
  const mismatch = mismatchOf(mapping, document);
  if (mismatch !== undefined) return { documents: [], problems: [mismatch] };
  const { body, lineage, problems } = mapTree(mapping, document.tree, document.envelope.test);
  if (hasErrors(problems)) return { documents: [], problems };
  const type = mapping.target;
  return { documents: [{ type, outputKey: type, body, lineage }], problems };
}

/** The same without the envelope, and with what could be mapped in spite of faults. */
export function mapTree(
  mapping: CompiledMapping,
  tree: SourceLoop,
  test: boolean,
): { body: JsonObject; lineage: readonly LineageEntry[]; problems: readonly Problem[] } {
  const run = beginRun(tree);
  const body: Record<string, Json> = {};
  const { root } = run.effort;
  try {
    fill(mapping.plan, { spot: root, spots: [root] }, '', run, body);
  } catch (thrown) {
    if (!(thrown instanceof EffortSpent || thrown instanceof ValuesSpent)) throw thrown;
    run.problems.push({
      code: 'ERR_MAPPING_LIMIT',
      severity: 'error',
      message: `mapping with ${mapping.name} took too many ${thrown instanceof ValuesSpent ? 'values' : 'steps'}`,
      at: { kind: 'segment', offset: tree.segments[0]?.offset ?? 0, segment: tree.segments[0]?.ordinal, segmentId: tree.segments[0]?.id },
    });
    return { body: {}, lineage: [], problems: run.problems };
  }
  if (test && isObject(body.document)) {
    body.document = { ...body.document, test: true };
    run.lineage.push({ target: 'document.test', value: true, rule: 'envelope ISA15' });
  }
  for (const fault of mapping.checkBody(body)) reportSchemaFault(mapping, fault, run, tree);
  return { body, lineage: run.lineage, problems: run.problems };
}

/** Fills an object; the count is of values that came from the document. */
function fill(plan: ObjectPlan, scope: Scope, prefix: string, run: Run, object: Record<string, Json>): number {
  let sourced = 0;
  for (const field of plan.fields) {
    if (field.kind === 'value') {
      const target = prefix + field.suffix;
      const reading = field.read(scope, target, run);
      if (reading === undefined) continue;
      object[field.key] = reading.value;
      const { hits } = reading;
      if (hits.length === 0) record(run, target, reading.value, undefined, reading.rule.at);
      else for (const hit of hits) record(run, target, reading.value, hit, reading.rule.at);
      // `same` repeats what another field found: it is no sign that this object is there.
      if (hits.length > 0 && reading.rule.same === undefined) sourced++;
    } else if (field.kind === 'object') {
      const inner: Record<string, Json> = {};
      const mark = run.lineage.length;
      const found = fill(field.plan, scope, prefix, run, inner);
      if (found === 0) run.lineage.length = mark;
      else object[field.key] = inner;
      sourced += found;
    } else {
      const items = listOf(field, scope, prefix, run);
      if (items.length > 0 || field.mayBeEmpty) object[field.key] = items;
      sourced += items.length;
    }
  }
  return sourced;
}

function listOf(plan: ListPlan, scope: Scope, prefix: string, run: Run): Json[] {
  const items: Json[] = [];
  for (const source of plan.sources) {
    if (!source.when.every((holds) => holds(scope.spot, run.effort))) continue;
    const groups = groupsOf(source, scope, run);
    for (const group of groups) {
      if (plan.item === undefined) addValues(plan, source, group, prefix, run, items);
      else addObjects(plan, plan.item, source, group, prefix, run, items);
    }
    // Found, but at fault or empty: another alternative would only guess.
    if (items.length > 0 || (source.each.length > 0 && groups.length > 0)) return items;
  }
  const required = plan.sources.find((source) => source.rule.required);
  if (required !== undefined) {
    const wanted = required.rule.each.map((selector) => selector.text).join(' or ');
    reportFault(run, scope.spot, {
      code: 'ERR_MAPPING_REQUIRED',
      target: prefix + plan.suffix,
      message: `expected at least one ${wanted}, found none`,
      expected: `at least one ${wanted}`,
      found: 'none',
      rule: required.rule,
    });
  }
  return items;
}

function groupsOf(source: ListSource, scope: Scope, run: Run): readonly Scope[] {
  if (source.each.length === 0) return [scope];
  let spots: Spot[] = [];
  for (const find of source.each) {
    for (const spot of scope.spots)
      for (const one of find(spot, run.effort)) if (source.where.every((holds) => holds(one, run.effort))) spots.push(one);
    if (spots.length > 0) break;
    spots = [];
  }
  if (source.groupBy.length === 0) return spots.map((spot) => ({ spot, spots: [spot] }));
  const groups = new Map<string, { spot: Spot; spots: Spot[] }>();
  for (const spot of spots) {
    const parts = source.groupBy.map((read) => read(spot, run.effort)?.text.trim() ?? '');
    // What has none of them belongs to nothing else.
    const key = parts.some((part) => part !== '') ? JSON.stringify(parts) : `alone ${groups.size}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { spot, spots: [spot] });
    else group.spots.push(spot);
  }
  return [...groups.values()];
}

function addValues(plan: ListPlan, source: ListSource, scope: Scope, prefix: string, run: Run, items: Json[]): void {
  for (const read of source.values) {
    const target = `${prefix}${plan.suffix}[${items.length}]`;
    const reading = read(scope, target, run);
    if (reading === undefined) continue;
    items.push(reading.value);
    record(run, target, reading.value, reading.hits[0], reading.rule.at);
  }
}

function addObjects(plan: ListPlan, itemPlan: ObjectPlan, source: ListSource, scope: Scope, prefix: string, run: Run, items: Json[]): void {
  const { expand } = source;
  if (expand === undefined) {
    addObject(itemPlan, scope, `${prefix}${plan.suffix}[${items.length}].`, run, items, undefined, undefined, source.rule.at);
    return;
  }
  let code: Hit | undefined;
  for (const read of expand.read) {
    code = read(scope.spot, run.effort);
    if (code !== undefined) break;
  }
  const target = `${prefix}${plan.suffix}[${items.length}]`;
  const parts = code === undefined ? [undefined] : expand.translate(code, scope.spot, target, run);
  for (const [index, part] of (parts ?? []).entries()) {
    const spot = { ...scope.spot, part: index + 1 };
    const inner = { spot, spots: scope.spots.length === 1 ? [spot] : scope.spots };
    addObject(itemPlan, inner, `${prefix}${plan.suffix}[${items.length}].`, run, items, part, code, source.rule.at);
  }
}

/** Fields that a code gave come first; a rule for the same field has the last word. */
function addObject(
  plan: ObjectPlan,
  scope: Scope,
  prefix: string,
  run: Run,
  items: Json[],
  given: Readonly<Record<string, Json>> | undefined,
  code: Hit | undefined,
  rule: string,
): void {
  const mark = run.lineage.length;
  const object: Record<string, Json> = {};
  for (const [key, value] of Object.entries(given ?? {})) {
    object[key] = value;
    if (Array.isArray(value)) for (const [index, one] of value.entries()) record(run, `${prefix}${key}[${index}]`, one, code, rule);
    else record(run, `${prefix}${key}`, value, code, rule);
  }
  const sourced = fill(plan, scope, prefix, run, object);
  if (sourced > 0 || given !== undefined) items.push(object);
  else run.lineage.length = mark;
}

function mismatchOf(mapping: CompiledMapping, document: ParsedDocument): Problem | undefined {
  const { set, versions } = mapping.source;
  const { version } = document.envelope;
  const wrongSet = document.type !== set;
  if (!wrongSet && versions.some((one) => version.startsWith(one))) return undefined;
  const expected = wrongSet ? `a ${set}` : `version ${versions.join(' or ')}`;
  const found = wrongSet ? document.type : version;
  return {
    code: 'ERR_MAPPING_MISMATCH',
    severity: 'error',
    message: `mapping ${mapping.name} expected ${expected}, found ${found}`,
    at: { kind: 'segment', offset: document.offset, segmentId: 'ST' },
    expected,
    found,
    hint: wrongSet ? 'name another mapping in the partner file' : `add "${version.slice(0, 6)}" under source.versions if the guide is the same`,
  };
}

/** A schema fault with both ends: the rule of the field (or of what holds it), and the deepest place of the document that led to it. */
function reportSchemaFault(mapping: CompiledMapping, fault: SchemaFault, run: Run, tree: SourceLoop): void {
  const missing = /^a key "(.*)"$/.exec(fault.expected)?.[1];
  const steps = missing === undefined ? fault.path : [...fault.path, missing];
  const target = steps.map((step, index) => (/^\d+$/.test(String(step)) ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('');
  for (const failed of run.failed) if (failed.startsWith(target) || target.startsWith(failed)) return;
  const rule = mapping.ruleFor(target);
  const source = nearestSource(run.lineage, target);
  const name = steps.at(-1);
  run.problems.push({
    code: missing === undefined ? 'ERR_MAPPING_SCHEMA' : 'ERR_MAPPING_REQUIRED',
    severity: 'error',
    message: `${target}: expected ${missing === undefined ? fault.expected : `a value for "${name}"`}, found ${fault.found}`,
    at:
      source === undefined
        ? { kind: 'segment', offset: tree.segments[0]?.offset ?? 0, segment: tree.segments[0]?.ordinal, segmentId: tree.segments[0]?.id }
        : {
            kind: 'segment',
            offset: source.offset,
            segment: source.segment,
            segmentId: source.segmentId,
            element: missing === undefined ? source.element : undefined,
          },
    expected: fault.expected,
    found: fault.found,
    hint: fault.hint ?? (missing === undefined ? undefined : `map ${target.replace(/\[\d+\]/g, '[]')} from where this partner puts it`),
    rule: rule?.place,
  });
}

/** Of the value itself, else of the nearest value beside or above it. */
function nearestSource(lineage: readonly LineageEntry[], target: string): LineageEntry['source'] {
  for (let path = target; path !== ''; path = path.replace(/(\.[^.[\]]+|\[\d+\]|^[^.[\]]+)$/, '')) {
    const entry = lineage.find(
      (one) => one.source !== undefined && (one.target === path || one.target.startsWith(`${path}.`) || one.target.startsWith(`${path}[`)),
    );
    if (entry?.source !== undefined) return entry.source;
  }
  return undefined;
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
