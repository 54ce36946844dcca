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
import type { ListPlan, ListSource, ObjectPlan, Part } from './plan.ts';
import type { Scope } from './reading.ts';
import type { Reads } from './reads.ts';
import { beginRun, keep, type Run, reportFault, ValuesSpent } from './run.ts';
import { EffortSpent, type Hit, type Spot } from './selector.ts';

const NONE: readonly Scope[] = [];

export interface Mapped {
  /** Empty when a problem is an error: what is in doubt is never delivered. */
  readonly documents: readonly MappedDocument[];
  readonly problems: readonly Problem[];
  /** What the mapping looked at; absent for a document that it is not written for. */
  readonly reads?: Reads | undefined;
}

export function mapDocument(mapping: CompiledMapping, document: ParsedDocument): Mapped {
  const mismatch = mismatchOf(mapping, document);
  if (mismatch !== undefined) return { documents: [], problems: [mismatch] };
  const { body, lineage, problems, reads } = mapTree(mapping, document);
  if (hasErrors(problems)) return { documents: [], problems, reads };
  const type = mapping.target;
  return { documents: [{ type, outputKey: type, body, lineage }], problems, reads };
}

/** The same without the envelope, and with what could be mapped in spite of faults. */
function mapTree(
  mapping: CompiledMapping,
  { tree, segments, envelope: { test } }: ParsedDocument,
): { body: JsonObject; lineage: readonly LineageEntry[]; problems: readonly Problem[]; reads: Reads } {
  const run = beginRun(tree, segments);
  const { root, reads } = run.effort;
  let body: Record<string, Json> = {};
  try {
    body = fill(mapping.plan, { spot: root, spots: [root] }, '', run, undefined) ?? {};
    if (test && isObject(body.document)) {
      body.document = { ...body.document, test: true };
      run.lineage.push({ target: 'document.test', value: true, rule: 'envelope ISA15' });
    }
    for (const fault of mapping.checkBody(body)) reportSchemaFault(mapping, fault, run, tree);
    // Of a document in doubt they would only say the same again.
    if (!hasErrors(run.problems)) mapping.runChecks(body, run);
  } catch (thrown) {
    if (!(thrown instanceof EffortSpent || thrown instanceof ValuesSpent)) throw thrown;
    run.problems.push({
      code: 'ERR_MAPPING_LIMIT',
      severity: 'error',
      message: `mapping with ${mapping.name} took too many ${thrown instanceof ValuesSpent ? 'values' : 'steps'}`,
      at: { kind: 'segment', offset: tree.segments[0]?.offset ?? 0, segment: tree.segments[0]?.ordinal, segmentId: tree.segments[0]?.id },
    });
    return { body: {}, lineage: [], problems: run.problems, reads };
  }
  return { body, lineage: run.lineage, problems: run.problems, reads };
}

/** The object that a plan makes; undefined when nothing is in it. `run.sourced` tells whether the document gave any of it. */
function fill(plan: ObjectPlan, scope: Scope, prefix: string, run: Run, given: Record<string, Json> | undefined): Record<string, Json> | undefined {
  const { fields } = plan;
  let object = given;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    if (field === undefined) continue;
    let value: Json | undefined;
    if (field.kind === 'value') {
      const entry = field.read(scope, prefix, run);
      if (entry === undefined) continue;
      keep(run, entry);
      if (field.tells && entry.source !== undefined) run.sourced++;
      value = entry.value;
    } else if (field.kind === 'object') {
      const mark = run.lineage.length;
      const before = run.sourced;
      value = fill(field.plan, scope, prefix, run, undefined);
      if (run.sourced === before) {
        if (value !== undefined) run.lineage.length = mark;
        continue;
      }
    } else {
      const items = listOf(field, scope, prefix, run);
      if (items.length === 0 && !field.mayBeEmpty) continue;
      run.sourced += items.length;
      value = items;
    }
    if (value === undefined) continue;
    object ??= {};
    object[field.key] = value;
  }
  return object;
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
  let spots: readonly Spot[] = [];
  for (const find of source.each) {
    spots = scope.spots.length === 1 ? find(scope.spot, run.effort) : scope.spots.flatMap((spot) => find(spot, run.effort));
    if (source.where.length > 0) spots = spots.filter((spot) => source.where.every((holds) => holds(spot, run.effort)));
    if (spots.length > 0) break;
  }
  if (spots.length === 0) return NONE;
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
    const entry = read(scope, `${prefix}${plan.suffix}[${items.length}]`, run);
    if (entry === undefined) continue;
    items.push(entry.value);
    keep(run, entry);
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
  part: Part | undefined,
  code: Hit | undefined,
  rule: string,
): void {
  const mark = run.lineage.length;
  const before = run.sourced;
  let given: Record<string, Json> | undefined;
  if (part !== undefined) {
    given = {};
    for (const [key, value] of part.fields) given[key] = value;
    for (const [suffix, value] of part.leaves) keep(run, { target: prefix + suffix, value, source: code, rule });
  }
  const object = fill(plan, scope, prefix, run, given);
  if (object !== undefined && (part !== undefined || run.sourced > before)) items.push(object);
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
