/** A rule for one value, compiled: reads, cleans, translates and converts, or reports why it cannot. */
import type { Json, LineageEntry } from '../core/canonical.ts';
import { compileCalculation } from './calculation.ts';
import { type CodeTables, tableOf, unitOf } from './codes.ts';
import { type Conversion, conversionTo } from './convert.ts';
import { addDecimals, subtractDecimals } from './decimal.ts';
import { preparationsOf } from './prepare.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { keep, nameOfHit, type Run, reportFault } from './run.ts';
import { compileAllValues, compileCondition, compileValue, type Hit, type ReadValue, type Spot } from './selector.ts';

/** The spots that one item of the document is made from: one, or several that `group-by` brought together. */
export interface Scope {
  readonly spot: Spot;
  readonly spots: readonly Spot[];
}

/**
 * Reads one value and gives its lineage entry; undefined where there is none, or a fault was reported.
 * Of a value that several places made (`sum`, `less`) the entries of all but the first are kept already.
 */
export type ReadRule = (scope: Scope, prefix: string, run: Run) => LineageEntry | undefined;

export interface ReadingContext {
  readonly codes: CodeTables;
  readonly lookups: CodeTables;
  /** The file to which a missing code is to be added. */
  readonly file: string;
  /** The reading of another field of the document, for `same`. */
  shared(path: string): ReadRule | undefined;
}

export type Attempt = (scope: Scope, prefix: string, run: Run) => LineageEntry | 'failed' | undefined;

/** `suffix`: the field's path from the nearest item of a list; with the prefix of that item it is the target. */
export function compileReading(rule: Rule, suffix: string, context: ReadingContext): ReadRule {
  const attempts = rule.alternatives.map((alternative) => compileAlternative(rule, alternative, suffix, context));
  const required = rule.alternatives.find((alternative) => alternative.required);
  const wanted = rule.alternatives.flatMap((one) => one.from.map((selector) => selector.text)).join(' or ');
  return (scope, prefix, run) => {
    for (let i = 0; i < attempts.length; i++) {
      const entry = attempts[i]?.(scope, prefix, run);
      if (entry !== undefined) return entry === 'failed' ? undefined : entry;
    }
    if (required !== undefined) {
      const expected = wanted === '' ? 'a value' : `a value in ${wanted}`;
      const message = `expected ${expected}, found none`;
      reportFault(run, scope.spot, { code: 'ERR_MAPPING_REQUIRED', target: prefix + suffix, message, expected, found: 'none', rule: required });
    }
    return undefined;
  };
}

function compileAlternative(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext): Attempt {
  const conditions = alternative.when.map(compileCondition);
  const produce = compileProduct(rule, alternative, suffix, context);
  if (conditions.length === 0) return produce;
  return (scope, prefix, run) => {
    for (let i = 0; i < conditions.length; i++) if (conditions[i]?.(scope.spot, run.effort) === false) return undefined;
    return produce(scope, prefix, run);
  };
}

function compileProduct(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext): Attempt {
  const { at } = alternative;
  const given = (value: Json | undefined): Attempt =>
    value === undefined ? () => undefined : (_scope, prefix) => ({ target: prefix + suffix, value, source: undefined, rule: at });
  if (alternative.constant !== undefined) return given(alternative.constant);
  if (alternative.same !== undefined) return compileSame(alternative, suffix, context);
  const otherwise = given(alternative.default ?? unitOf(alternative, context.codes));
  if (alternative.unit !== undefined && alternative.from.length === 0) return otherwise;
  if (alternative.sum !== undefined) return compileSum(rule, alternative, suffix, context, otherwise);
  if (alternative.calc !== undefined) {
    const isInteger = rule.target.kind === 'integer';
    return compileCalculation(alternative.calc, alternative, suffix, isInteger, otherwise, (one, input) => compileText(one, input, context));
  }
  const convert = compileText(rule, alternative, context);
  const less = alternative.less === undefined ? undefined : compileValue(alternative.less);
  const read = compileFirst(alternative.from.map(compileValue));
  return (scope, prefix, run) => {
    const source = read(scope, run);
    if (source === undefined) return otherwise(scope, prefix, run);
    const target = prefix + suffix;
    let value = convert(source, scope.spot, target, run);
    if (value === undefined) return 'failed';
    if (less !== undefined) {
      const taken = less(scope.spot, run.effort);
      if (taken === undefined) return otherwise(scope, prefix, run);
      const other = convert(taken, scope.spot, target, run);
      if (other === undefined) return 'failed';
      value = subtractDecimals(String(value), String(other));
      keep(run, { target, value, source: taken, rule: at });
    }
    return value === '' ? otherwise(scope, prefix, run) : { target, value, source, rule: at };
  };
}

function compileSum(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext, otherwise: Attempt): Attempt {
  const { sum, at } = alternative;
  const convert = compileText(rule, alternative, context);
  const readAll = sum === undefined ? () => [] : compileAllValues(sum);
  return (scope, prefix, run) => {
    const hits = scope.spots.flatMap((spot) => readAll(spot, run.effort));
    const [first, ...more] = hits;
    if (first === undefined) return otherwise(scope, prefix, run);
    const target = prefix + suffix;
    const values: string[] = [];
    for (const hit of hits) {
      const value = convert(hit, scope.spot, target, run);
      if (value === undefined) return 'failed';
      values.push(String(value));
    }
    const [one] = values;
    const value = values.length === 1 && one !== undefined ? one : addDecimals(values);
    for (const source of more) keep(run, { target, value, source, rule: at });
    return { target, value, source: first, rule: at };
  };
}

/** The first of the selectors that has a value, at the first of the spots where it has one. */
function compileFirst(reads: readonly ReadValue[]): (scope: Scope, run: Run) => Hit | undefined {
  const [only] = reads;
  return (scope, run) => {
    const { spot, spots } = scope;
    if (spots.length === 1) {
      if (reads.length === 1 && only !== undefined) return only(spot, run.effort);
      for (let i = 0; i < reads.length; i++) {
        const hit = reads[i]?.(spot, run.effort);
        if (hit !== undefined) return hit;
      }
      return undefined;
    }
    for (const read of reads) {
      let first: Hit | undefined;
      // The rest of the group is looked at too: what the first one says is said for all.
      for (const one of spots) {
        const hit = read(one, run.effort);
        first ??= hit;
      }
      if (first !== undefined) return first;
    }
    return undefined;
  };
}

/** `same` reads the field it names once per document, from the root. */
function compileSame(alternative: Alternative, suffix: string, context: ReadingContext): Attempt {
  const { at, same = '' } = alternative;
  let other: ReadRule | undefined;
  return (_scope, prefix, run) => {
    other ??= context.shared(same);
    if (other === undefined) return undefined;
    let entry = run.shared.get(other);
    if (entry === undefined) {
      const { root } = run.effort;
      entry = other({ spot: root, spots: [root] }, '', run) ?? null;
      run.shared.set(other, entry);
    }
    return entry === null ? undefined : { target: prefix + suffix, value: entry.value, source: entry.source, rule: at };
  };
}

/** From the text of a hit to the target's kind of value; undefined when a fault was reported. */
export function compileText(
  rule: Rule,
  alternative: Alternative,
  context: ReadingContext,
): (hit: Hit, spot: Spot, target: string, run: Run) => Json | undefined {
  const { codes, lookup } = alternative;
  const preparations = preparationsOf(alternative);
  const table = tableOf(alternative, context);
  const kind = rule.target.kind === 'object' ? 'text' : (alternative.as ?? rule.target.kind);
  const conversion: Conversion = conversionTo(kind, alternative);
  // Text that the pattern does not find is a fault, unless the rule says what else there is.
  const mayBeAbsent = alternative.default !== undefined || rule.alternatives.at(-1)?.at !== alternative.at;
  const readTime = alternative.time === undefined ? undefined : compileValue(alternative.time);
  if (kind === 'text' && table === undefined && preparations.length === 0) return (hit) => hit.text.trimEnd();
  return (hit, spot, target, run) => {
    let { text } = hit;
    for (const { apply } of preparations) {
      const prepared = apply(text);
      if (prepared === undefined) return mayBeAbsent ? '' : reportNoMatch(run, hit, target, alternative, text);
      text = prepared;
    }
    if (table !== undefined) {
      const code = text.trim();
      const entry = table.get(code);
      if (entry !== undefined) return entry.value;
      if (alternative.otherwise === 'keep') return code;
      if (alternative.otherwise !== undefined && alternative.otherwise !== 'error') return alternative.otherwise;
      const what = lookup === undefined ? `a code of ${codes}` : `a key of ${lookup}`;
      reportFault(run, hit, {
        code: lookup === undefined ? 'ERR_MAPPING_CODE' : 'ERR_MAPPING_LOOKUP',
        target,
        message: `element ${nameOfHit(hit)}: expected ${what}, found "${shorten(code)}"`,
        expected: what,
        found: shorten(code),
        hint:
          lookup === undefined
            ? `add "${code}" under codes.${codes} in ${context.file}`
            : `add a line for "${shorten(code)}" to the table ${lookup.split('.')[0]} that ${context.file} needs`,
        rule: alternative,
      });
      return undefined;
    }
    const time = readTime === undefined ? undefined : (readTime(spot, run.effort)?.text ?? '');
    const value = conversion.convert(text, time);
    if (value === undefined) {
      const found = time === undefined ? text : `${text} ${time}`;
      reportFault(run, hit, {
        code: conversion.code,
        target,
        message: `element ${nameOfHit(hit)}: expected ${conversion.expected}, found "${shorten(found)}"`,
        expected: conversion.expected,
        found: shorten(found),
        hint: conversion.hint,
        rule: alternative,
      });
      return undefined;
    }
    const doubt = conversion.doubt === undefined ? undefined : conversion.doubt(String(value));
    if (doubt !== undefined)
      reportFault(run, hit, {
        code: 'ERR_MAPPING_CHECK_DIGIT',
        severity: 'warning',
        target,
        message: doubt,
        found: String(value),
        rule: alternative,
      });
    return value;
  };
}

function reportNoMatch(run: Run, hit: Hit, target: string, rule: Alternative, text: string): undefined {
  reportFault(run, hit, {
    code: 'ERR_MAPPING_PATTERN',
    target,
    message: `element ${nameOfHit(hit)}: expected text that the pattern ${rule.pattern} finds, found "${shorten(text)}"`,
    expected: `text that the pattern ${rule.pattern} finds`,
    found: shorten(text),
    rule,
  });
  return undefined;
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
