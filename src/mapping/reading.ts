/** A rule for one value, compiled: reads, cleans, translates and converts, or reports why it cannot. */
import type { Json } from '../core/canonical.ts';
import type { CodeTables } from './codes.ts';
import { type Conversion, cleanText, conversionTo } from './convert.ts';
import { addDecimals, subtractDecimals } from './decimal.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { nameOfHit, type Run, reportFault } from './run.ts';
import { compileAllValues, compileCondition, compileValue, type Hit, type ReadValue, type Spot } from './selector.ts';

/** The spots that one item of the document is made from: one, or several that `group-by` brought together. */
export interface Scope {
  readonly spot: Spot;
  readonly spots: readonly Spot[];
}

export interface Reading {
  readonly value: Json;
  /** None for a value that no byte of the document gave. */
  readonly hits: readonly Hit[];
  readonly rule: Alternative;
}

/** `target` is the concrete path, for reports. */
export type ReadRule = (scope: Scope, target: string, run: Run) => Reading | undefined;

export interface ReadingContext {
  readonly codes: CodeTables;
  /** The file to which a missing code is to be added. */
  readonly file: string;
  /** The reading of another field of the document, for `same`. */
  shared(path: string): ReadRule | undefined;
}

type Attempt = Reading | 'failed' | undefined;

export function compileReading(rule: Rule, context: ReadingContext): ReadRule {
  const attempts = rule.alternatives.map((alternative) => compileAlternative(rule, alternative, context));
  const required = rule.alternatives.find((alternative) => alternative.required);
  const selectors = rule.alternatives.flatMap((one) => one.from.map((selector) => selector.text)).join(' or ');
  return (scope, target, run) => {
    for (const attempt of attempts) {
      const reading = attempt(scope, target, run);
      if (reading === 'failed') return undefined;
      if (reading !== undefined) return reading;
    }
    if (required !== undefined)
      reportFault(run, scope.spot, {
        code: 'ERR_MAPPING_REQUIRED',
        target,
        message: `expected a value${selectors === '' ? '' : ` in ${selectors}`}, found none`,
        expected: selectors === '' ? 'a value' : `a value in ${selectors}`,
        found: 'none',
        rule: required,
      });
    return undefined;
  };
}

function compileAlternative(rule: Rule, alternative: Alternative, context: ReadingContext): (scope: Scope, target: string, run: Run) => Attempt {
  const conditions = alternative.when.map(compileCondition);
  const produce = compileProduct(rule, alternative, context);
  if (conditions.length === 0) return produce;
  return (scope, target, run) => {
    for (const holds of conditions) if (!holds(scope.spot, run.effort)) return undefined;
    return produce(scope, target, run);
  };
}

function compileProduct(rule: Rule, alternative: Alternative, context: ReadingContext): (scope: Scope, target: string, run: Run) => Attempt {
  const given = (value: Json): Reading => ({ value, hits: [], rule: alternative });
  if (alternative.constant !== undefined) {
    const constant = given(alternative.constant);
    return () => constant;
  }
  if (alternative.same !== undefined) return compileSame(alternative, context);
  const fallback = alternative.default === undefined ? undefined : given(alternative.default);
  if (alternative.sum !== undefined) {
    const convert = compileText(rule, alternative, context);
    const readAll = compileAllValues(alternative.sum);
    return (scope, target, run) => {
      const hits = scope.spots.flatMap((spot) => readAll(spot, run.effort));
      if (hits.length === 0) return fallback;
      const values: string[] = [];
      for (const hit of hits) {
        const value = convert(hit, scope.spot, target, run);
        if (value === undefined) return 'failed';
        values.push(String(value));
      }
      return { value: addDecimals(values), hits, rule: alternative };
    };
  }
  const reads = alternative.from.map(compileValue);
  const convert = compileText(rule, alternative, context);
  const less = alternative.less === undefined ? undefined : compileValue(alternative.less);
  return (scope, target, run) => {
    const hit = firstHit(reads, scope, run);
    if (hit === undefined) return fallback;
    const value = convert(hit, scope.spot, target, run);
    if (value === undefined) return 'failed';
    if (less === undefined) return value === '' ? fallback : { value, hits: [hit], rule: alternative };
    const taken = less(scope.spot, run.effort);
    if (taken === undefined) return fallback;
    const other = convert(taken, scope.spot, target, run);
    if (other === undefined) return 'failed';
    return { value: subtractDecimals(String(value), String(other)), hits: [hit, taken], rule: alternative };
  };
}

function firstHit(reads: readonly ReadValue[], scope: Scope, run: Run): Hit | undefined {
  for (let i = 0; i < reads.length; i++) {
    const read = reads[i];
    for (let j = 0; j < scope.spots.length; j++) {
      const spot = scope.spots[j];
      const hit = read === undefined || spot === undefined ? undefined : read(spot, run.effort);
      if (hit !== undefined) return hit;
    }
  }
  return undefined;
}

/** `same` reads the field it names once per document, from the root. */
function compileSame(alternative: Alternative, context: ReadingContext): (scope: Scope, target: string, run: Run) => Attempt {
  let other: ReadRule | undefined;
  return (_scope, _target, run) => {
    other ??= context.shared(alternative.same ?? '');
    if (other === undefined) return undefined;
    const known = run.shared.get(other) as Reading | null | undefined;
    if (known !== undefined) return known === null ? undefined : { ...known, rule: alternative };
    const { root } = run.effort;
    const reading = other({ spot: root, spots: [root] }, alternative.same ?? '', run);
    run.shared.set(other, reading ?? null);
    return reading === undefined ? undefined : { ...reading, rule: alternative };
  };
}

/** From the text of a hit to the target's kind of value; undefined when a fault was reported. */
export function compileText(
  rule: Rule,
  alternative: Alternative,
  context: ReadingContext,
): (hit: Hit, spot: Spot, target: string, run: Run) => Json | undefined {
  const { clean, codes } = alternative;
  const table = codes === undefined ? undefined : context.codes.get(codes);
  const kind = rule.target.kind === 'object' ? 'text' : (alternative.as ?? rule.target.kind);
  const conversion: Conversion = conversionTo(kind, alternative);
  const readTime = alternative.time === undefined ? undefined : compileValue(alternative.time);
  return (hit, spot, target, run) => {
    const text = clean.length === 0 ? hit.text : cleanText(hit.text, clean);
    if (table !== undefined) {
      const code = text.trim();
      const entry = table.get(code);
      if (entry !== undefined) return entry.value;
      if (alternative.otherwise === 'keep') return code;
      if (alternative.otherwise !== undefined && alternative.otherwise !== 'error') return alternative.otherwise;
      reportFault(run, hit, {
        code: 'ERR_MAPPING_CODE',
        target,
        message: `element ${nameOfHit(hit)}: expected a code of ${codes}, found "${code}"`,
        expected: `a code of ${codes}`,
        found: code,
        hint: `add "${code}" under codes.${codes} in ${context.file}`,
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
    const doubt = conversion.doubt?.(String(value));
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

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
