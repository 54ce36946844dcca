/**
 * A mapping with one of its lines left out, for each line in turn: what no test notices, no test proves.
 *
 * Left out are rules, single alternatives and selectors of a fallback, defaults, conditions and codes. Where the line stood in for one of a
 * base, the base's is in force again. Nothing is read anew: a mutant is a change to the effective mapping.
 */
import type { CodeTable } from './codes.ts';
import { BUILT_IN_TABLES } from './codes.ts';
import type { Condition } from './condition-syntax.ts';
import type { EffectiveMapping } from './effective.ts';
import type { CodeEntry } from './mapping-file.ts';
import type { Alternative, Rule } from './rule-syntax.ts';

export interface Mutant {
  /** `mappings/acme/855.yaml:12:3`. */
  readonly at: string;
  /** `order.sellerOrderNumber`, `codes.uom.EA`. */
  readonly target: string;
  /** What was left out, in words. */
  readonly dropped: string;
  /** The same mapping, or one that extends it, without the line; undefined where the line is not in force. */
  applyTo(mapping: EffectiveMapping): EffectiveMapping | undefined;
}

/** Of the lines of the mapping's own file, in their order; `base`: what it extends. */
export function mutantsOf(mapping: EffectiveMapping, base: EffectiveMapping | undefined): Mutant[] {
  const own = [...mapping.rules.values()].filter(({ place }) => place.file === mapping.file);
  return [...own.flatMap(mutantsOfRule), ...mutantsOfCodes(mapping, base)].sort((a, b) => byPlace(placeIn(a), placeIn(b)));
}

/** Line and column: all are of one file. */
const placeIn = ({ at }: Mutant): number[] => at.split(':').slice(-2).map(Number);
const byPlace = ([line = 0, column = 0]: number[], [line2 = 0, column2 = 0]: number[]): number => line - line2 || column - column2;

function mutantsOfRule(rule: Rule): Mutant[] {
  const { alternatives } = rule;
  const mutant = (at: string, dropped: string, instead: Rule | undefined): Mutant => ({
    at,
    target: rule.target.path,
    dropped,
    applyTo: (mapping) => withRule(mapping, rule, instead),
  });
  const { file, line, column } = rule.place;
  const mutants = [mutant(`${file}:${line}:${column}`, 'the rule', rule.replaces)];
  for (const [index, alternative] of alternatives.entries()) {
    const others = alternatives.filter((one) => one !== alternative);
    if (others.length > 0) mutants.push(mutant(alternative.at, `the alternative ${nameOf(alternative)}`, { ...rule, alternatives: others }));
    for (const [dropped, instead] of lesser(alternative))
      mutants.push(mutant(alternative.at, dropped, { ...rule, alternatives: alternatives.with(index, instead) }));
  }
  return mutants;
}

/** The alternative without its default, one of its conditions, or one selector of a list of them. */
function lesser(alternative: Alternative): [dropped: string, instead: Alternative][] {
  const without: [string, Alternative][] = [];
  if (alternative.default !== undefined && (alternative.from.length > 0 || alternative.sum !== undefined))
    without.push([`default ${String(alternative.default)}`, { ...alternative, default: undefined }]);
  for (const key of ['when', 'where'] as const)
    for (const [index, condition] of alternative[key].entries())
      without.push([`${key} ${wordsOf(condition)}`, { ...alternative, [key]: alternative[key].toSpliced(index, 1) }]);
  for (const key of ['from', 'all', 'each'] as const)
    if (alternative[key].length > 1)
      for (const [index, { text }] of alternative[key].entries())
        without.push([`${text} of ${key}`, { ...alternative, [key]: alternative[key].toSpliced(index, 1) }]);
  return without;
}

const wordsOf = ({ selector, values, negated }: Condition): string =>
  values === undefined ? selector.text : `${selector.text} ${negated ? '!=' : '='} ${values.join('|')}`;

function nameOf({ constant, same, from, all, sum, each }: Alternative): string {
  if (constant !== undefined) return `const ${String(constant)}`;
  if (same !== undefined) return `same ${same}`;
  const selectors = [...each, ...from, ...all, ...(sum === undefined ? [] : [sum])].map(({ text }) => text);
  return selectors.join(', ') || 'default';
}

/** With another rule, or none, where this very one is in force. */
function withRule(mapping: EffectiveMapping, rule: Rule, instead: Rule | undefined): EffectiveMapping | undefined {
  const { path } = rule.target;
  if (mapping.rules.get(path) !== rule) return undefined;
  const rules = new Map(mapping.rules);
  if (instead === undefined) rules.delete(path);
  else rules.set(path, instead);
  return { ...mapping, rules };
}

function mutantsOfCodes(mapping: EffectiveMapping, base: EffectiveMapping | undefined): Mutant[] {
  return [...mapping.codes].flatMap(([name, table]) => {
    const under: CodeTable | undefined = (base?.codes ?? BUILT_IN_TABLES).get(name);
    return [...table]
      .filter(([, entry]) => entry.place?.file === mapping.file)
      .map(
        ([code, entry]): Mutant => ({
          at: entry.at,
          target: `codes.${name}.${code}`,
          dropped: 'the code',
          applyTo: (one) => withCode(one, name, code, entry, under?.get(code)),
        }),
      );
  });
}

function withCode(
  mapping: EffectiveMapping,
  name: string,
  code: string,
  entry: CodeEntry,
  instead: CodeEntry | undefined,
): EffectiveMapping | undefined {
  const table = mapping.codes.get(name);
  if (table?.get(code) !== entry) return undefined;
  const entries = new Map(table);
  if (instead === undefined) entries.delete(code);
  else entries.set(code, instead);
  return { ...mapping, codes: new Map([...mapping.codes, [name, entries]]) };
}
