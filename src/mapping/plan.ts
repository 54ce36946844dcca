/**
 * The effective rules as a tree in the shape of the document that they make, each rule a closure.
 *
 * Values that no byte of the document gave (`const`, `default`, `same`) never make an object or an item exist by themselves:
 * a price needs an amount in the document, its currency alone is none.
 */
import type { Json } from '../core/canonical.ts';
import type { Problem } from '../core/problem.ts';
import { Assembler } from './assemble.ts';
import { type CodeTable, partsOf } from './codes.ts';
import type { EffectiveMapping } from './effective.ts';
import type { Item, Slot } from './placed.ts';
import { compileReading, type ReadingContext, type ReadRule } from './reading.ts';
import { compileText } from './reading-text.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import type { Run } from './run.ts';
import { compileCondition, compileSpots, compileValue, type FindSpots, type Hit, type Holds, type ReadValue, type Spot } from './selector.ts';

export interface ObjectPlan {
  readonly fields: FieldPlan[];
  readonly assembler: Assembler;
  /** What is being put together: no plan lies within itself, so one place for it will do. */
  readonly values: (Json | undefined)[];
}

const emptyPlan = (): ObjectPlan => ({ fields: [], assembler: new Assembler(), values: [] });

function addField(plan: ObjectPlan, field: FieldPlan): void {
  plan.fields.push(field);
  plan.assembler.add(field.key);
  plan.values.push(undefined);
}

export type FieldPlan =
  | {
      readonly kind: 'value';
      readonly key: string;
      readonly read: ReadRule;
      /** A value of it shows that the object it is in is there. */
      readonly tells: boolean;
    }
  | { readonly kind: 'object'; readonly key: string; readonly plan: ObjectPlan }
  | ListPlan;

export interface ListPlan {
  readonly kind: 'list';
  readonly key: string;
  /** From the nearest item: `dispositions`. */
  readonly suffix: string;
  readonly rule: Rule;
  readonly mayBeEmpty: boolean;
  readonly sources: readonly ListSource[];
  /** Of an item that is an object. */
  readonly item: ObjectPlan | undefined;
}

/** One alternative of a list rule. */
export interface ListSource {
  readonly rule: Alternative;
  readonly when: readonly Holds[];
  /** Empty: one item from the spot itself. */
  readonly each: readonly FindSpots[];
  readonly where: readonly Holds[];
  readonly groupBy: readonly ReadValue[];
  /** For items that are plain values: one reading for each that an item may give. */
  readonly values: readonly ReadRule[];
  /** For items that are objects: the code that expands into one or several. */
  readonly expand: Expansion | undefined;
}

export interface Expansion {
  readonly read: readonly ReadValue[];
  /** Undefined when a fault was reported. */
  translate(hit: Hit, spot: Spot, item: Item, run: Run): readonly Part[] | undefined;
}

/** What a code says of one item: fields, and their values one by one for lineage (`changes[0]`). */
export interface Part {
  readonly fields: readonly (readonly [key: string, value: Json])[];
  readonly leaves: readonly (readonly [slot: Slot, value: Json])[];
}

export function planOf(mapping: EffectiveMapping, report: (problem: Problem) => void): ObjectPlan {
  const root = emptyPlan();
  const readings = new Map<string, ReadRule>();
  const context: ReadingContext = { codes: mapping.codes, lookups: mapping.lookups, file: mapping.file, shared: (path) => readings.get(path) };
  const rules = [...mapping.rules.values()].sort((a, b) => a.target.rank - b.target.rank || (a.target.path < b.target.path ? -1 : 1));
  const lists = new Map<string, ListPlan>();
  for (const rule of rules) {
    checkShared(rule, mapping, report);
    const place = placeIn(root, rule, lists, report);
    if (place === undefined) continue;
    const { plan, key, suffix } = place;
    if (rule.target.list) {
      const list = listPlan(rule, key, suffix, context, mapping);
      lists.set(rule.target.path, list);
      addField(plan, list);
    } else {
      const read = compileReading(rule, suffix, context);
      readings.set(rule.target.path, read);
      addField(plan, { kind: 'value', key, read, tells: rule.alternatives.every((one) => one.same === undefined) });
    }
  }
  return root;
}

/** Finds or makes the object that a rule's field belongs to. */
function placeIn(
  root: ObjectPlan,
  rule: Rule,
  lists: ReadonlyMap<string, ListPlan>,
  report: (problem: Problem) => void,
): { plan: ObjectPlan; key: string; suffix: string } | undefined {
  const steps = rule.target.path.split('.');
  const last = steps.pop() ?? '';
  let plan = root;
  let path = '';
  let suffix = '';
  for (const step of steps) {
    path = path === '' ? step : `${path}.${step}`;
    if (step.endsWith('[]')) {
      const list = lists.get(path);
      if (list?.item === undefined) {
        report({
          code: 'ERR_MAPPING_TARGET',
          severity: 'error',
          message: `"${rule.target.path}" is a field of a list, but no rule says "each" for "${path}"`,
          at: rule.place,
          expected: `a rule for ${path}`,
          found: 'none',
          hint: `add a line such as "${path}: { each: PO1 }"`,
        });
        return undefined;
      }
      plan = list.item;
      suffix = '';
    } else {
      const known = plan.fields.find((field) => field.kind === 'object' && field.key === step);
      const inner = known?.kind === 'object' ? known.plan : emptyPlan();
      if (known === undefined) addField(plan, { kind: 'object', key: step, plan: inner });
      plan = inner;
      suffix = `${suffix}${step}.`;
    }
  }
  const key = last.replace('[]', '');
  return { plan, key, suffix: `${suffix}${key}` };
}

function listPlan(rule: Rule, key: string, suffix: string, context: ReadingContext, mapping: EffectiveMapping): ListPlan {
  const isObject = rule.target.kind === 'object';
  const sources = rule.alternatives.map((alternative): ListSource => {
    // A value for each selector of `all`; else one for `from`, `const` and the like.
    const singles: Alternative[] =
      alternative.all.length > 0 ? alternative.all.map((selector) => ({ ...alternative, from: [selector] })) : [alternative];
    const plain = { ...rule, target: { ...rule.target, list: false } };
    return {
      rule: alternative,
      when: alternative.when.map(compileCondition),
      each: alternative.each.map(compileSpots),
      where: alternative.where.map(compileCondition),
      groupBy: alternative.groupBy.map(compileValue),
      values: isObject ? [] : singles.map((one) => compileReading({ ...plain, alternatives: [{ ...one, when: [], required: false }] }, '', context)),
      expand:
        isObject && alternative.from.length > 0 ? expansionOf(rule, alternative, context, mapping.codes.get(alternative.codes ?? '')) : undefined,
    };
  });
  return { kind: 'list', key, suffix, rule, mayBeEmpty: rule.target.mayBeEmpty, sources, item: isObject ? emptyPlan() : undefined };
}

function expansionOf(rule: Rule, alternative: Alternative, context: ReadingContext, table: CodeTable | undefined): Expansion {
  // Each value of the table as the list of objects it stands for, found once.
  const parts = new Map<Json, readonly Part[]>();
  for (const { value } of table?.values() ?? [])
    parts.set(
      value,
      partsOf(value).map((part) => partOf(part, alternative.at)),
    );
  const translate = compileText(rule, alternative, '', context);
  return {
    read: alternative.from.map(compileValue),
    translate: (hit, spot, item, run) => {
      const value = translate(hit.text, hit.segment, hit.name, spot, item, run);
      return value === undefined ? undefined : (parts.get(value) ?? []);
    },
  };
}

function partOf(written: Readonly<Record<string, Json>> | undefined, rule: string): Part {
  const fields = Object.entries(written ?? {});
  const leaves = fields.flatMap(([key, value]): [Slot, Json][] =>
    Array.isArray(value)
      ? (value as readonly Json[]).map((one, index) => [{ suffix: `${key}[${index}]`, rule }, one])
      : [[{ suffix: key, rule }, value]],
  );
  return { fields, leaves };
}

/** `same` may name a plain value of the document that has a rule of its own and is in no list. */
function checkShared(rule: Rule, mapping: EffectiveMapping, report: (problem: Problem) => void): void {
  for (const { same, place } of rule.alternatives) {
    if (same === undefined) continue;
    const other = mapping.rules.get(same);
    const sound = other !== undefined && !same.includes('[]') && other.alternatives.every((one) => one.same === undefined);
    if (sound && other.target.kind === rule.target.kind) continue;
    const near = mapping.fields.suggest(same);
    report({
      code: 'ERR_MAPPING_RULE',
      severity: 'error',
      message: `${rule.target.path}: "same" expected a field outside lists, of the same kind and with a rule of its own, found "${same}"`,
      at: place,
      found: same,
      hint: near === undefined || near === same ? undefined : `did you mean "${near}"?`,
    });
  }
}
