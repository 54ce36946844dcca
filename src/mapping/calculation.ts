/** A value that an expression makes of several places of the document: reads its inputs, and leaves a lineage entry for each place. */
import type { Json } from '../core/canonical.ts';
import { addDecimals } from './decimal.ts';
import { faultFrom } from './expression/expression.ts';
import type { Calculation, Input } from './input-syntax.ts';
import type { Attempt, Scope } from './reading.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { keep, type Run, reportFault } from './run.ts';
import { compileAllValues, compileCondition, compileValue, type Hit, type Spot } from './selector.ts';

/** From the text of a hit to the value that an input is, with its faults reported. */
export type Convert = (hit: Hit, spot: Spot, target: string, run: Run) => Json | undefined;
export type ConverterOf = (rule: Rule, alternative: Alternative) => Convert;

/** What the inputs of an expression are in one document. */
export interface BoundInputs {
  readonly values: ReadonlyMap<string, string>;
  /** In the order of the inputs. */
  readonly hits: readonly Hit[];
}

/** Undefined where an input has no value and no default: then there is nothing to calculate. */
export type BindInputs = (scope: Scope, target: string, run: Run) => BoundInputs | 'failed' | undefined;

export function compileInputs(inputs: readonly Input[], converterOf: ConverterOf): BindInputs {
  const readers = inputs.map((input) => ({ name: input.name, read: compileInput(input, converterOf) }));
  return (scope, target, run) => {
    const values = new Map<string, string>();
    const hits: Hit[] = [];
    for (const { name, read } of readers) {
      const bound = read(scope, target, run);
      if (bound === undefined || bound === 'failed') return bound;
      values.set(name, bound.value);
      hits.push(...bound.hits);
    }
    return { values, hits };
  };
}

type ReadInput = (scope: Scope, target: string, run: Run) => { value: string; hits: readonly Hit[] } | 'failed' | undefined;

function compileInput({ alternative, field }: Input, converterOf: ConverterOf): ReadInput {
  const rule: Rule = { target: field, alternatives: [alternative], said: undefined, place: alternative.place };
  const convert = converterOf(rule, alternative);
  const conditions = alternative.when.map(compileCondition);
  const find = compileHits(alternative);
  const { default: otherwise } = alternative;
  const absent = otherwise === undefined ? undefined : { value: String(otherwise), hits: [] };
  return (scope, target, run) => {
    if (!conditions.every((holds) => holds(scope.spot, run.effort))) return absent;
    const hits = find(scope, run);
    const values: string[] = [];
    for (const hit of hits) {
      const value = convert(hit, scope.spot, target, run);
      if (value === undefined) return 'failed';
      if (value !== '') values.push(String(value));
    }
    const [first] = values;
    if (first === undefined) return absent;
    return { value: values.length === 1 ? first : addDecimals(values), hits };
  };
}

/** All matches of `sum`; of `from` the first selector that has a value, at the first spot that has one. */
function compileHits({ from, sum }: Alternative): (scope: Scope, run: Run) => readonly Hit[] {
  if (sum !== undefined) {
    const readAll = compileAllValues(sum);
    return ({ spots }, run) => spots.flatMap((spot) => readAll(spot, run.effort));
  }
  const reads = from.map(compileValue);
  return ({ spots }, run) => {
    for (const read of reads)
      for (const spot of spots) {
        const hit = read(spot, run.effort);
        if (hit !== undefined) return [hit];
      }
    return [];
  };
}

/** `otherwise`: what holds where an input has no value. */
export function compileCalculation(
  { expression, inputs }: Calculation,
  rule: Alternative,
  suffix: string,
  isInteger: boolean,
  otherwise: Attempt,
  converterOf: ConverterOf,
): Attempt {
  const bind = compileInputs(inputs, converterOf);
  return (scope, prefix, run) => {
    const target = prefix + suffix;
    const bound = bind(scope, target, run);
    if (bound === undefined) return otherwise(scope, prefix, run);
    if (bound === 'failed') return 'failed';
    const { values, hits } = bound;
    const [first, ...more] = hits;
    let value: Json;
    try {
      value = expression.evaluate(values);
      if (isInteger) value = wholeNumber(String(value));
    } catch (thrown) {
      reportCalculation(run, first ?? scope.spot, target, thrown, values, rule);
      return 'failed';
    }
    if (value === '') return otherwise(scope, prefix, run);
    for (const source of more) keep(run, { target, value, source, rule: rule.at });
    return { target, value, source: first, rule: rule.at };
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`expected a whole number of at most 15 digits, found ${text}`);
  return value;
}

export function reportCalculation(
  run: Run,
  where: Hit | Spot,
  target: string,
  thrown: unknown,
  values: ReadonlyMap<string, string>,
  rule: Pick<Alternative, 'place'>,
  severity: 'error' | 'warning' = 'error',
): void {
  const { message } = faultFrom(thrown);
  reportFault(run, where, {
    code: 'ERR_MAPPING_CALC',
    severity,
    target,
    message: `the expression cannot be carried out: ${message}`,
    found: inWords(values),
    rule,
  });
}

/** `quantity 12, price 1.50`. */
export const inWords = (values: ReadonlyMap<string, string>): string =>
  [...values].map(([name, value]) => `${name} ${value.length > 40 ? `${value.slice(0, 39)}…` : value}`).join(', ') || 'no inputs';
