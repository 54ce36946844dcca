/** A rule for one value, compiled: reads, cleans, translates and converts, or reports why it cannot. */
import type { Json } from '../core/canonical.ts';
import { type Attempt, FAILED, readFrom } from './attempt.ts';
import { compileCalculation } from './calculation.ts';
import { type CodeTables, unitOf } from './codes.ts';
import { addDecimals, subtractDecimals } from './decimal.ts';
import { Item, type Slot } from './placed.ts';
import { compileText } from './reading-text.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { keep, type Run, reportFault } from './run.ts';
import { compileAllValues, compileCondition, compileValue, Hit, NO_ELEMENT, type ReadValue, type Spot } from './selector.ts';
import { misfitOf } from './target-fields.ts';

/**
 * Reads one value, and leaves in `run` where it came from; undefined where there is none, or a fault was reported.
 * Of a value that several places made (`sum`, `less`) all but the first are kept already.
 */
export type ReadRule = (spot: Spot, item: Item, run: Run) => Json | undefined;

export interface ReadingContext {
  readonly codes: CodeTables;
  readonly lookups: CodeTables;
  /** The file to which a missing code is to be added. */
  readonly file: string;
  /** The reading of another field of the document, for `same`. */
  shared(path: string): ReadRule | undefined;
}

/** Whether a value that no check of the file vouches for may stand in its field; undefined where there is none. */
function checkOf({ target, alternatives }: Rule): ((value: Json) => boolean) | undefined {
  const { accepted, pattern } = target;
  // What a calculation or a table gives went through no conversion.
  if (alternatives.some(({ calc, lookup }) => calc !== undefined || lookup !== undefined)) return (value) => misfitOf(target, value) === undefined;
  // Conversions to the other kinds give nothing that does not fit; what a file says was held against the schema when it was read.
  const open = alternatives.some((one) => one.constant === undefined && (one.codes === undefined || one.otherwise === 'keep'));
  if (!open || (target.kind !== 'text' && target.kind !== 'decimal')) return undefined;
  if (accepted !== undefined) return (value) => accepted.includes(String(value));
  if (pattern !== undefined && target.kind === 'decimal') return (value) => isShortDecimal(value) || pattern.test(String(value));
  if (pattern !== undefined) return (value) => pattern.test(String(value));
  return undefined;
}

/** No decimal field of a canonical document takes less than seven digits without a sign; a test holds that. */
const isShortDecimal = (value: Json): boolean => typeof value === 'string' && value.length <= 7 && value.charCodeAt(0) !== 0x2d;

/** `suffix`: the field's path from the nearest item of a list; of that item it is the target. */
export function compileReading(rule: Rule, suffix: string, context: ReadingContext): ReadRule {
  const attempts = rule.alternatives.map((alternative) => compileAlternative(rule, alternative, suffix, context));
  const required = rule.alternatives.find((alternative) => alternative.required);
  const fits = checkOf(rule);
  const wanted = rule.alternatives.flatMap((one) => one.from.map((selector) => selector.text)).join(' or ');
  const [only] = attempts;
  if (only !== undefined && attempts.length === 1 && required === undefined && fits === undefined)
    return (spot, item, run) => {
      const value = only(spot, item, run);
      return value === FAILED ? undefined : value;
    };
  return (spot, item, run) => {
    for (let i = 0; i < attempts.length; i++) {
      const value = attempts[i]?.(spot, item, run);
      if (value === undefined) continue;
      if (value === FAILED) return undefined;
      if (fits !== undefined && !fits(value)) run.doubtful = true;
      return value;
    }
    if (required !== undefined) {
      const expected = wanted === '' ? 'a value' : `a value in ${wanted}`;
      const message = `expected ${expected}, found none`;
      reportFault(run, spot, { code: 'ERR_MAPPING_REQUIRED', target: item.path(suffix), message, expected, found: 'none', rule: required });
    }
    return undefined;
  };
}

function compileAlternative(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext): Attempt {
  const conditions = alternative.when.map(compileCondition);
  const produce = compileProduct(rule, alternative, suffix, context);
  if (conditions.length === 0) return produce;
  return (spot, item, run) => {
    for (let i = 0; i < conditions.length; i++) if (conditions[i]?.(spot, run.effort) === false) return undefined;
    return produce(spot, item, run);
  };
}

function compileProduct(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext): Attempt {
  const slot: Slot = { suffix, rule: alternative.at };
  const given = (value: Json | undefined): Attempt =>
    value === undefined ? () => undefined : (_spot, _item, run) => readFrom(run, slot, undefined, NO_ELEMENT, value);
  if (alternative.constant !== undefined) return given(alternative.constant);
  if (alternative.same !== undefined) return compileSame(alternative, suffix, context);
  const otherwise = given(alternative.default ?? unitOf(alternative, context.codes));
  if (alternative.unit !== undefined && alternative.from.length === 0) return otherwise;
  if (alternative.sum !== undefined) return compileSum(rule, alternative, suffix, context, otherwise);
  if (alternative.calc !== undefined) {
    const isInteger = rule.target.kind === 'integer';
    return compileCalculation(alternative.calc, slot, alternative, isInteger, otherwise, (one, input) => compileText(one, input, suffix, context));
  }
  const convert = compileText(rule, alternative, suffix, context);
  const less = alternative.less === undefined ? undefined : compileValue(alternative.less);
  const reads = alternative.from.map(compileValue);
  const [first] = reads;
  const only = reads.length === 1 ? first : undefined;
  const readFirst = compileFirst(reads);
  return (spot, item, run) => {
    const { effort } = run;
    const text = only !== undefined && spot.together === undefined ? only(spot, effort) : readFirst(spot, effort);
    if (text === '') return otherwise(spot, item, run);
    const { segment, name } = effort;
    if (segment === undefined) return undefined;
    let value = convert(text, segment, name, spot, item, run);
    if (value === undefined) return FAILED;
    if (less !== undefined) {
      const taken = less(spot, effort);
      if (taken === '' || effort.segment === undefined) return otherwise(spot, item, run);
      const { segment: otherSegment, name: otherName } = effort;
      const other = convert(taken, otherSegment, otherName, spot, item, run);
      if (other === undefined) return FAILED;
      value = subtractDecimals(String(value), String(other));
      keep(run, item, readFrom(run, slot, otherSegment, otherName, value));
    }
    return value === '' ? otherwise(spot, item, run) : readFrom(run, slot, segment, name, value);
  };
}

function compileSum(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext, otherwise: Attempt): Attempt {
  const { sum } = alternative;
  const slot: Slot = { suffix, rule: alternative.at };
  const convert = compileText(rule, alternative, suffix, context);
  const readAll = sum === undefined ? () => [] : compileAllValues(sum);
  return (spot, item, run) => {
    const hits = spot.together === undefined ? readAll(spot, run.effort) : spot.together.flatMap((one) => readAll(one, run.effort));
    const [first, ...more] = hits;
    if (first === undefined) return otherwise(spot, item, run);
    const values: string[] = [];
    for (const hit of hits) {
      const value = convert(hit.text, hit.segment, hit.name, spot, item, run);
      if (value === undefined) return FAILED;
      values.push(String(value));
    }
    const [one] = values;
    const value = values.length === 1 && one !== undefined ? one : addDecimals(values);
    for (const { segment, name } of more) keep(run, item, readFrom(run, slot, segment, name, value));
    return readFrom(run, slot, first.segment, first.name, value);
  };
}

/** The first of the selectors that has a value, at the first of the spots where it has one. */
function compileFirst(reads: readonly ReadValue[]): ReadValue {
  return (spot, effort) => {
    if (spot.together === undefined) {
      for (let i = 0; i < reads.length; i++) {
        const text = reads[i]?.(spot, effort);
        if (text !== undefined && text !== '') return text;
      }
      return '';
    }
    for (const read of reads) {
      let first: Hit | undefined;
      // The rest of the group is looked at too: what the first one says is said for all.
      for (const one of spot.together) {
        const text = read(one, effort);
        if (text !== '' && effort.segment !== undefined) first ??= new Hit(effort.segment, effort.name, text);
      }
      if (first === undefined) continue;
      effort.segment = first.segment;
      effort.name = first.name;
      return first.text;
    }
    return '';
  };
}

/** `same` reads the field it names once per document, from the root. */
function compileSame(alternative: Alternative, suffix: string, context: ReadingContext): Attempt {
  const { same = '' } = alternative;
  const slot: Slot = { suffix, rule: alternative.at };
  let other: ReadRule | undefined;
  return (_spot, _item, run) => {
    other ??= context.shared(same);
    if (other === undefined) return undefined;
    let shared = run.shared.get(other);
    if (shared === undefined) {
      const value = other(run.effort.root, new Item(), run);
      shared = value === undefined ? null : { value, segment: run.segment, name: run.name };
      run.shared.set(other, shared);
    }
    return shared === null ? undefined : readFrom(run, slot, shared.segment, shared.name, shared.value);
  };
}
