/** A value that an expression makes of several places of the document: reads its inputs, and leaves a lineage entry for each place. */
import type { Json } from '../core/canonical.ts';
import { type Attempt, FAILED, readFrom } from './attempt.ts';
import { addDecimals } from './decimal.ts';
import { faultFrom } from './expression/expression.ts';
import type { Calculation, Input } from './input-syntax.ts';
import type { Item, Slot } from './placed.ts';
import type { ReadText } from './reading-text.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { keep, type Run, reportFault } from './run.ts';
import { compileAllValues, compileCondition, compileValue, Hit, NO_ELEMENT, type Spot } from './selector.ts';

/** From the text of a place to the value that an input is, with its faults reported under the field that is calculated. */
export type ConverterOf = (rule: Rule, alternative: Alternative, suffix: string) => ReadText;

/** What the inputs of an expression are in one document. */
export interface BoundInputs {
  readonly values: ReadonlyMap<string, string>;
  /** In the order of the inputs. */
  readonly hits: readonly Hit[];
}

/** Undefined where an input has no value and no default: then there is nothing to calculate. */
export type BindInputs = (spot: Spot, item: Item, run: Run) => BoundInputs | typeof FAILED | undefined;

export function compileInputs(inputs: readonly Input[], suffix: string, converterOf: ConverterOf): BindInputs {
  const readers = inputs.map((input) => ({ name: input.name, read: compileInput(input, suffix, converterOf) }));
  return (spot, item, run) => {
    const values = new Map<string, string>();
    const hits: Hit[] = [];
    for (const { name, read } of readers) {
      const bound = read(spot, item, run);
      if (bound === undefined || bound === FAILED) return bound;
      values.set(name, bound.value);
      hits.push(...bound.hits);
    }
    return { values, hits };
  };
}

type ReadInput = (spot: Spot, item: Item, run: Run) => { value: string; hits: readonly Hit[] } | typeof FAILED | undefined;

function compileInput({ alternative, field }: Input, suffix: string, converterOf: ConverterOf): ReadInput {
  const rule: Rule = { target: field, alternatives: [alternative], said: undefined, place: alternative.place };
  const convert = converterOf(rule, alternative, suffix);
  const conditions = alternative.when.map(compileCondition);
  const find = compileHits(alternative);
  const { default: otherwise } = alternative;
  const absent = otherwise === undefined ? undefined : { value: String(otherwise), hits: [] };
  return (spot, item, run) => {
    if (!conditions.every((holds) => holds(spot, run.effort))) return absent;
    const hits = find(spot, run);
    const values: string[] = [];
    for (const hit of hits) {
      const value = convert(hit.text, hit.segment, hit.name, spot, item, run);
      if (value === undefined) return FAILED;
      if (value !== '') values.push(String(value));
    }
    const [first] = values;
    if (first === undefined) return absent;
    return { value: values.length === 1 ? first : addDecimals(values), hits };
  };
}

/** All matches of `sum`; of `from` the first selector that has a value, at the first spot that has one. */
function compileHits({ from, sum }: Alternative): (spot: Spot, run: Run) => readonly Hit[] {
  if (sum !== undefined) {
    const readAll = compileAllValues(sum);
    return (spot, run) => (spot.together ?? [spot]).flatMap((one) => readAll(one, run.effort));
  }
  const reads = from.map(compileValue);
  return (spot, { effort }) => {
    for (const read of reads)
      for (const one of spot.together ?? [spot]) {
        const text = read(one, effort);
        if (text !== '' && effort.segment !== undefined) return [new Hit(effort.segment, effort.name, text)];
      }
    return [];
  };
}

/** `otherwise`: what holds where an input has no value. */
export function compileCalculation(
  { expression, inputs }: Calculation,
  slot: Slot,
  rule: Alternative,
  isInteger: boolean,
  otherwise: Attempt,
  converterOf: ConverterOf,
): Attempt {
  const bind = compileInputs(inputs, slot.suffix, converterOf);
  return (spot, item, run) => {
    const bound = bind(spot, item, run);
    if (bound === undefined) return otherwise(spot, item, run);
    if (bound === FAILED) return FAILED;
    const { values, hits } = bound;
    const [first, ...more] = hits;
    let value: Json;
    try {
      value = expression.evaluate(values);
      if (isInteger) value = wholeNumber(String(value));
    } catch (thrown) {
      reportCalculation(run, first ?? spot, item.path(slot.suffix), thrown, values, rule);
      return FAILED;
    }
    if (value === '') return otherwise(spot, item, run);
    for (const { segment, name } of more) keep(run, item, readFrom(run, slot, segment, name, value));
    return readFrom(run, slot, first?.segment, first?.name ?? NO_ELEMENT, value);
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
