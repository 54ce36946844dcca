/**
 * Maps one parsed document with one compiled mapping: synchronous, bounded, never throws for what a document says.
 *
 * Every value leaves a lineage entry; every fault names the place in the document and the rule that met it.
 */
import type { DocumentType, Json, JsonObject, LineageEntry, MappedDocument } from '../core/canonical.ts';
import type { ParsedDocument } from '../core/contracts.ts';
import type { Problem } from '../core/problem.ts';
import { hasErrors } from '../core/problem.ts';
import type { SchemaFault } from '../core/schema-check.ts';
import type { SourceLoop } from '../core/source-tree.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { Item, PlacedValues, type Slot } from './placed.ts';
import type { ListPlan, ListSource, ObjectPlan, Part } from './plan.ts';
import type { Reads } from './reads.ts';
import { beginRun, keep, MAX_PROBLEMS, type Run, reportFault, ValuesSpent } from './run.ts';
import { EffortSpent, Hit, NO_ELEMENT, type Spot } from './selector.ts';

const NONE: readonly Spot[] = [];
const TEST_INDICATOR: Slot = { suffix: 'document.test', rule: 'envelope ISA15' };

export interface Mapped {
  /** Empty when a problem is an error: what is in doubt is never delivered. */
  readonly documents: readonly MappedDocument[];
  readonly problems: readonly Problem[];
  /** What the mapping looked at; absent for a document that it is not written for. */
  readonly reads?: Reads | undefined;
  /** Which rule gave which value; absent where there is no document. */
  readonly placed?: PlacedValues | undefined;
}

export function mapDocument(mapping: CompiledMapping, document: ParsedDocument): Mapped {
  const mismatch = mismatchOf(mapping, document);
  if (mismatch !== undefined) return { documents: [], problems: [mismatch] };
  const { body, placed, problems, reads } = mapTree(mapping, document);
  if (hasErrors(problems)) return { documents: [], problems, reads };
  const type = mapping.target;
  return { documents: [new MappedBody(type, body, placed)], problems, reads, placed };
}

/** Lineage is spelled out for the first who asks. */
class MappedBody implements MappedDocument {
  readonly type: DocumentType;
  readonly outputKey: string;
  readonly body: JsonObject;
  readonly #placed: PlacedValues;
  #lineage: readonly LineageEntry[] | undefined;

  constructor(type: DocumentType, body: JsonObject, placed: PlacedValues) {
    this.type = type;
    this.outputKey = type;
    this.body = body;
    this.#placed = placed;
  }

  get lineage(): readonly LineageEntry[] {
    this.#lineage ??= this.#placed.spellOut();
    return this.#lineage;
  }
}

/** The same without the envelope, and with what could be mapped in spite of faults. */
export function mapTree(
  mapping: CompiledMapping,
  { tree, segments, envelope: { test } }: ParsedDocument,
): { body: JsonObject; placed: PlacedValues; problems: readonly Problem[]; reads: Reads } {
  const run = beginRun(tree, segments);
  const { root, reads } = run.effort;
  let body: Record<string, Json> = {};
  try {
    body = fill(mapping.plan, root, new Item(), run, undefined) ?? {};
    if (test && isObject(body.document)) {
      body.document = { ...body.document, test: true };
      run.placed.add(new Item(), TEST_INDICATOR, true, undefined, NO_ELEMENT);
    }
    if (run.doubtful || !mapping.checkStructure(body)) reportSchemaFaults(mapping, mapping.checkBody(body), run, tree);
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
    return { body: {}, placed: new PlacedValues(0), problems: run.problems, reads };
  } finally {
    // Else the mapping would keep the lists of the last document.
    mapping.plan.values.fill(undefined);
  }
  return { body, placed: run.placed, problems: run.problems, reads };
}

/** The object that a plan makes; undefined when nothing is in it. `run.sourced` tells whether the document gave any of it. */
function fill(plan: ObjectPlan, spot: Spot, item: Item, run: Run, given: Record<string, Json> | undefined): Record<string, Json> | undefined {
  const { fields, values } = plan;
  let present = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    if (field === undefined) continue;
    let value: Json | undefined;
    if (field.kind === 'value') {
      value = field.read(spot, item, run);
      if (value !== undefined) {
        keep(run, item, value);
        if (field.tells && run.segment !== undefined) run.sourced++;
      }
    } else if (field.kind === 'object') {
      const mark = run.placed.count;
      const before = run.sourced;
      value = fill(field.plan, spot, item, run, undefined);
      if (run.sourced === before) {
        run.placed.count = mark;
        value = undefined;
      }
    } else {
      const items = listOf(field, spot, item, run);
      if (items.length > 0 || field.mayBeEmpty) value = items;
      run.sourced += items.length;
    }
    values[i] = value;
    if (value !== undefined) present |= 1 << i;
  }
  if (given !== undefined) return Object.assign(given, plan.assembler.assemble(values, present));
  return present === 0 ? undefined : plan.assembler.assemble(values, present);
}

function listOf(plan: ListPlan, spot: Spot, item: Item, run: Run): Json[] {
  const items: Json[] = [];
  for (const source of plan.sources) {
    if (source.when.length > 0 && !source.when.every((holds) => holds(spot, run.effort))) continue;
    const groups = groupsOf(source, spot, run);
    for (const group of groups) {
      if (plan.item === undefined) addValues(plan, source, group, item, run, items);
      else addObjects(plan, plan.item, source, group, item, run, items);
    }
    // Found, but at fault or empty: another alternative would only guess.
    if (items.length > 0 || (source.each.length > 0 && groups.length > 0)) return items;
  }
  const required = plan.sources.find((source) => source.rule.required);
  if (required !== undefined) {
    const wanted = required.rule.each.map((selector) => selector.text).join(' or ');
    reportFault(run, spot, {
      code: 'ERR_MAPPING_REQUIRED',
      target: item.path(plan.suffix),
      message: `expected at least one ${wanted}, found none`,
      expected: `at least one ${wanted}`,
      found: 'none',
      rule: required.rule,
    });
  }
  return items;
}

function groupsOf(source: ListSource, at: Spot, run: Run): readonly Spot[] {
  if (source.each.length === 0) return [at];
  let spots: readonly Spot[] = [];
  for (const find of source.each) {
    spots = at.together === undefined ? find(at, run.effort) : at.together.flatMap((spot) => find(spot, run.effort));
    if (source.where.length > 0) spots = spots.filter((spot) => source.where.every((holds) => holds(spot, run.effort)));
    if (spots.length > 0) break;
  }
  if (spots.length === 0) return NONE;
  if (source.groupBy.length === 0) return spots;
  const groups = new Map<string, Spot[]>();
  for (const spot of spots) {
    const parts = source.groupBy.map((read) => read(spot, run.effort).trim());
    // What has none of them belongs to nothing else.
    const key = parts.some((part) => part !== '') ? JSON.stringify(parts) : `alone ${groups.size}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [spot]);
    else group.push(spot);
  }
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [group.length === 1 ? group[0] : { ...group[0], together: group }]));
}

function addValues(plan: ListPlan, source: ListSource, spot: Spot, item: Item, run: Run, items: Json[]): void {
  for (const read of source.values) {
    const place = new Item(item, plan.suffix, items.length);
    const value = read(spot, place, run);
    if (value === undefined) continue;
    items.push(value);
    keep(run, place, value);
  }
}

function addObjects(plan: ListPlan, itemPlan: ObjectPlan, source: ListSource, spot: Spot, item: Item, run: Run, items: Json[]): void {
  const { expand } = source;
  if (expand === undefined) {
    addObject(itemPlan, spot, new Item(item, plan.suffix, items.length), run, items, undefined, undefined);
    return;
  }
  let code: Hit | undefined;
  for (const read of expand.read) {
    const text = read(spot, run.effort);
    if (text === '' || run.effort.segment === undefined) continue;
    code = new Hit(run.effort.segment, run.effort.name, text);
    break;
  }
  const parts = code === undefined ? [undefined] : expand.translate(code, spot, new Item(item, plan.suffix, items.length), run);
  for (const [index, part] of (parts ?? []).entries()) {
    addObject(itemPlan, { ...spot, part: index + 1 }, new Item(item, plan.suffix, items.length), run, items, part, code);
  }
}

/** Fields that a code gave come first; a rule for the same field has the last word. */
function addObject(plan: ObjectPlan, spot: Spot, item: Item, run: Run, items: Json[], part: Part | undefined, code: Hit | undefined): void {
  const mark = run.placed.count;
  const before = run.sourced;
  let given: Record<string, Json> | undefined;
  if (part !== undefined) {
    given = {};
    for (const [key, value] of part.fields) given[key] = value;
    for (const [slot, value] of part.leaves) {
      run.slot = slot;
      run.segment = code?.segment;
      run.name = code?.name ?? NO_ELEMENT;
      keep(run, item, value);
    }
  }
  const object = fill(plan, spot, item, run, given);
  if (object !== undefined && (part !== undefined || run.sourced > before)) items.push(object);
  else run.placed.count = mark;
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

function reportSchemaFaults(mapping: CompiledMapping, faults: readonly SchemaFault[], run: Run, tree: SourceLoop): void {
  const lineage = run.placed.spellOut();
  for (const fault of faults) if (run.problems.length < MAX_PROBLEMS) reportSchemaFault(mapping, fault, lineage, run, tree);
}

/** A schema fault with both ends: the rule of the field (or of what holds it), and the deepest place of the document that led to it. */
function reportSchemaFault(mapping: CompiledMapping, fault: SchemaFault, lineage: readonly LineageEntry[], run: Run, tree: SourceLoop): void {
  const missing = /^a key "(.*)"$/.exec(fault.expected)?.[1];
  const steps = missing === undefined ? fault.path : [...fault.path, missing];
  const target = steps.map((step, index) => (/^\d+$/.test(String(step)) ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('');
  for (const failed of run.failed) if (failed.startsWith(target) || target.startsWith(failed)) return;
  const rule = mapping.ruleFor(target);
  const source = nearestSource(lineage, target);
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
