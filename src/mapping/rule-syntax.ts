/** Reads one line of `set:` into a rule: a selector, an object of keys, or a list of alternatives of which the first that gives a value counts. */
import type { Json } from '../core/canonical.ts';
import type { ErrorCode } from '../core/errors/errors.ts';
import { type FilePlace, formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { compileSchema, problemsIn, type Static } from '../core/schema-check.ts';
import type { YamlFile, YamlPath } from '../core/yaml-file.ts';
import { type Condition, parseCondition } from './condition-syntax.ts';
import { CLEANERS, type Cleaner, type DateFormat } from './convert.ts';
import type { Example } from './examples.ts';
import { type Calculation, readCalc } from './input-syntax.ts';
import { compilePattern } from './pattern.ts';
import { ORIGINS, RULE_SCHEMA } from './rule-keys.ts';
import { parseSelector, type Selector, type SkinName } from './selector-syntax.ts';
import { misfitOf, type TargetField } from './target-fields.ts';
import { isZone } from './zone.ts';

/** One way to get a value, or the items of a list. */
export interface Alternative {
  readonly from: readonly Selector[];
  readonly all: readonly Selector[];
  readonly sum?: Selector | undefined;
  readonly less?: Selector | undefined;
  readonly same?: string | undefined;
  readonly constant?: Json | undefined;
  readonly each: readonly Selector[];
  readonly where: readonly Condition[];
  readonly groupBy: readonly Selector[];
  readonly when: readonly Condition[];
  readonly codes?: string | undefined;
  /** `skus.buyerSku`. */
  readonly lookup?: string | undefined;
  readonly otherwise?: Json | undefined;
  /** As X12 writes it. */
  readonly unit?: string | undefined;
  readonly default?: Json | undefined;
  readonly required: boolean;
  readonly format?: DateFormat | undefined;
  readonly time?: Selector | undefined;
  readonly zone?: string | undefined;
  readonly implied?: number | undefined;
  readonly group?: string | undefined;
  readonly clean: readonly Cleaner[];
  readonly pattern?: string | undefined;
  readonly hash?: boolean | undefined;
  readonly as?: 'sscc' | undefined;
  readonly calc?: Calculation | undefined;
  readonly examples: readonly Example[];
  readonly place: FilePlace;
  /** `mappings/acme/855.yaml:12:3`. */
  readonly at: string;
}

export interface Rule {
  readonly target: TargetField;
  readonly alternatives: readonly Alternative[];
  /** As written, without notes: what is hashed and compared. */
  readonly said: unknown;
  readonly place: FilePlace;
  /** The rule of a base that it stands in for. */
  readonly replaces?: Rule | undefined;
}

/** Fields that hold a unit of UN/ECE Recommendation 20. */
const UNIT_FIELD = /(^|\.)uom$/;
/** More than anyone reads; each costs every document. */
const MAX_ALTERNATIVES = 100;

type Written = Static<typeof RULE_SCHEMA>;
const checkRule = compileSchema(RULE_SCHEMA);

/** Undefined when it has faults; then `report` was called for each. */
export function readRule(yaml: YamlFile, target: TargetField, skin: SkinName, report: (problem: Problem) => void): Rule | undefined {
  const path: YamlPath = ['set', target.path];
  const written = valueAt(yaml.value, path);
  const many = Array.isArray(written);
  if (many && written.length > MAX_ALTERNATIVES) {
    report(faultAt(yaml, path, 'ERR_MAPPING_RULE', `${target.path}: expected at most ${MAX_ALTERNATIVES} alternatives, found ${written.length}`));
    return undefined;
  }
  const alternatives: Alternative[] = [];
  let sound = true;
  for (const [index, one] of (many ? written : [written]).entries()) {
    const alternative = readAlternative(yaml, many ? [...path, index] : path, one, target, skin, (problem) => {
      sound = false;
      report(problem);
    });
    if (alternative !== undefined) alternatives.push(alternative);
  }
  if (many && written.length === 0) {
    sound = false;
    report(faultAt(yaml, path, 'ERR_MAPPING_RULE', `${target.path}: expected a selector, found an empty list`));
  }
  return sound ? { target, alternatives, said: withoutNotes(written), place: yaml.placeOf(path, 'key') } : undefined;
}

export function readAlternative(
  yaml: YamlFile,
  path: YamlPath,
  written: unknown,
  target: TargetField,
  skin: SkinName,
  report: (problem: Problem) => void,
): Alternative | undefined {
  const refuse = (key: string | undefined, code: ErrorCode, message: string, more: Partial<Problem> = {}): void =>
    report({ ...faultAt(yaml, key === undefined ? path : [...path, key], code, `${target.path}: ${message}`), ...more });

  if (typeof written === 'object' && written !== null && !Array.isArray(written)) {
    const faults = checkRule(written);
    for (const problem of problemsIn(
      yaml,
      faults.map((fault) => ({ ...fault, path: [...path, ...fault.path] })),
    ))
      report({ ...problem, message: `${target.path}: ${problem.message}` });
    if (faults.length > 0) return undefined;
  } else if (typeof written !== 'string') {
    refuse(undefined, 'ERR_MAPPING_RULE', 'expected a selector, an object of rule keys or a list of them', { found: JSON.stringify(written) });
    return undefined;
  }
  const rule: Written = typeof written === 'string' ? { from: written } : (written as Written);
  const keyPath = (key: string): YamlPath => (typeof written === 'string' ? path : [...path, key]);

  const selectors = (key: 'from' | 'all' | 'sum' | 'less' | 'time' | 'each' | 'group-by', wants: 'value' | 'spots'): Selector[] => {
    const texts = rule[key];
    if (texts === undefined) return [];
    return (typeof texts === 'string' ? [texts] : texts).flatMap((text, index) => {
      const at = typeof texts === 'string' ? keyPath(key) : [...keyPath(key), index];
      const parsed = parseSelector(text, skin);
      const fault = 'fault' in parsed ? parsed.fault : misuseOf(parsed.selector, wants);
      if (fault !== undefined) {
        report({
          ...faultAt(yaml, at, 'ERR_MAPPING_SELECTOR', `${target.path}: ${fault.message}`),
          expected: fault.expected,
          found: text,
          hint: fault.hint,
        });
        return [];
      }
      return 'selector' in parsed ? [parsed.selector] : [];
    });
  };
  const conditions = (key: 'when' | 'where'): Condition[] => {
    const texts = rule[key];
    if (texts === undefined) return [];
    return (typeof texts === 'string' ? [texts] : texts).flatMap((text, index) => {
      const parsed = parseCondition(text, skin);
      if ('condition' in parsed) return [parsed.condition];
      const at = typeof texts === 'string' ? [...path, key] : [...path, key, index];
      report({
        ...faultAt(yaml, at, 'ERR_MAPPING_SELECTOR', `${target.path}: ${parsed.fault.message}`),
        expected: parsed.fault.expected,
        hint: parsed.fault.hint,
      });
      return [];
    });
  };
  const constant = (key: 'const' | 'default' | 'otherwise'): Json | undefined => {
    const value = rule[key];
    if (value === undefined || (key === 'otherwise' && (value === 'error' || value === 'keep'))) return value;
    const misfit = misfitOf(target, value);
    if (misfit !== undefined) {
      const found = yaml.scalarAt([...path, key])?.source ?? String(value);
      refuse(key, 'ERR_MAPPING_VALUE', `expected ${misfit.expected} for ${key}, found ${found}`, {
        expected: misfit.expected,
        found,
        hint: misfit.hint,
      });
    }
    return value;
  };

  const origins = ORIGINS.filter((key) => rule[key] !== undefined);
  const known = (key: keyof Written): boolean => rule[key] !== undefined;
  const onlyFor = (key: keyof Written, fits: boolean, what: string): void => {
    if (known(key) && !fits) refuse(key, 'ERR_MAPPING_RULE', `"${key}" is only for ${what}`);
  };
  const isDate = target.kind === 'date' || target.kind === 'date-time';
  if (origins.length > 1) refuse(origins[1], 'ERR_MAPPING_RULE', `expected one of ${ORIGINS.join(', ')}, found ${origins.join(' and ')}`);
  if (origins.length === 0 && !known('default') && !known('each') && !known('unit'))
    refuse(undefined, 'ERR_MAPPING_RULE', `expected one of ${ORIGINS.join(', ')}${target.list ? ', each' : ''}, found none`);
  if (target.list && !known('each') && !known('all')) refuse(undefined, 'ERR_MAPPING_RULE', 'expected "each" or "all" for a list, found neither');
  if (target.list && target.kind === 'object' && known('all')) refuse('all', 'ERR_MAPPING_RULE', '"all" is only for lists of plain values');
  if (target.list && target.kind === 'object' && known('from') && !known('codes'))
    refuse('from', 'ERR_MAPPING_RULE', 'expected "codes" beside "from" for a list of objects');
  if (!target.list && target.kind === 'object')
    refuse(undefined, 'ERR_MAPPING_RULE', 'expected rules for its fields, found one for the whole object');
  onlyFor('each', target.list, 'lists (targets that end in [])');
  onlyFor('all', target.list, 'lists (targets that end in [])');
  onlyFor('where', known('each'), 'rules with each');
  onlyFor('group-by', known('each'), 'rules with each');
  onlyFor('less', known('from') && target.kind === 'decimal', 'decimal targets, beside from');
  onlyFor('sum', target.kind === 'decimal', 'decimal targets');
  onlyFor('implied', target.kind === 'decimal', 'decimal targets');
  onlyFor('group', target.kind === 'decimal' && !known('implied'), 'decimal targets, without implied');
  onlyFor('format', isDate, 'dates');
  onlyFor('time', target.kind === 'date-time', 'times');
  onlyFor('zone', target.kind === 'date-time', 'times');
  onlyFor('as', target.kind === 'text', 'text targets');
  onlyFor('otherwise', known('codes') || known('lookup'), 'rules with codes or lookup');
  onlyFor(
    'lookup',
    known('from') && !known('codes') && !known('less') && target.kind !== 'object',
    'plain values, beside from, without codes or less',
  );
  onlyFor(
    'unit',
    UNIT_FIELD.test(target.path) && !known('default') && origins.every((origin) => origin === 'from'),
    'fields called uom, alone or beside from, without default',
  );
  onlyFor('codes', known('from'), 'rules with from');
  onlyFor('pattern', (known('from') && !known('less')) || known('all'), 'rules with from or all, without less');
  onlyFor('hash', target.kind === 'text' && target.accepted === undefined && !known('codes'), 'text targets, without codes');
  onlyFor(
    'examples',
    target.kind !== 'object' && (known('from') || known('all') || known('sum') || known('calc')) && !known('less'),
    'plain values that are read, without less',
  );
  onlyFor('with', known('calc'), 'rules with calc');
  const calc =
    rule.calc === undefined
      ? undefined
      : readCalc(
          { yaml, path, key: 'calc', text: rule.calc, inputs: rule.with, skin, owner: target.path, readRule: readAlternative },
          rule,
          target,
          report,
        );
  const pattern = rule.pattern === undefined ? undefined : compilePattern(rule.pattern);
  if (pattern !== undefined && 'fault' in pattern)
    refuse('pattern', 'ERR_MAPPING_VALUE', `expected an RE2 pattern: ${pattern.fault}`, {
      found: rule.pattern,
      hint: 'RE2 has no lookaround and no backreferences',
    });
  if (target.kind === 'date-time' && known('from') && !(known('time') && known('zone')))
    refuse(undefined, 'ERR_MAPPING_RULE', 'expected "time" and "zone" for a time, as it is never assumed where the partner lives', {
      hint: `set ${target.path.replace(/At$/, 'Date')} instead if there is only a date`,
    });
  if (target.kind === 'boolean' && known('from') && !known('codes')) refuse('from', 'ERR_MAPPING_RULE', 'expected "codes" that yield true or false');
  if (rule.zone !== undefined && !isZone(rule.zone))
    refuse('zone', 'ERR_MAPPING_VALUE', `expected an offset such as -05:00 or a name such as America/Chicago, found "${rule.zone}"`);

  const place = yaml.placeOf(path, path.length === 2 ? 'key' : 'value');
  return {
    from: selectors('from', 'value'),
    all: selectors('all', 'value'),
    sum: selectors('sum', 'value')[0],
    less: selectors('less', 'value')[0],
    same: rule.same,
    constant: constant('const'),
    each: selectors('each', 'spots'),
    where: conditions('where'),
    groupBy: selectors('group-by', 'value'),
    when: conditions('when'),
    codes: rule.codes,
    lookup: rule.lookup,
    unit: rule.unit,
    otherwise: constant('otherwise'),
    default: constant('default'),
    required: rule.required ?? false,
    format: rule.format as DateFormat | undefined,
    time: selectors('time', 'value')[0],
    zone: rule.zone,
    implied: rule.implied,
    group: rule.group,
    clean: CLEANERS.filter((cleaner) => (typeof rule.clean === 'string' ? rule.clean === cleaner : rule.clean?.includes(cleaner))),
    pattern: rule.pattern,
    hash: rule.hash,
    as: rule.as as 'sscc' | undefined,
    calc,
    examples: (rule.examples ?? []).map((said, index) => ({ ...said, place: yaml.placeOf([...path, 'examples', index]) })),
    place,
    at: formatPlace(place),
  };
}

function misuseOf(selector: Selector, wants: 'value' | 'spots'): { message: string; expected: string; hint?: string } | undefined {
  if (selector.kind === 'part') return { message: '"@part" may only stand in when', expected: 'a selector of the document' };
  if (wants === 'value' && selector.value === undefined)
    return {
      message: `expected an element, found only a segment in selector "${selector.text}"`,
      expected: 'an element',
      hint: `did you mean "${selector.text}01"?`,
    };
  if (wants === 'spots' && selector.value !== undefined)
    return { message: `expected a loop or segment, found an element in selector "${selector.text}"`, expected: 'a loop or segment such as PO1' };
  return undefined;
}

export const faultAt = (yaml: YamlFile, path: YamlPath, code: ErrorCode, message: string, part: 'key' | 'value' = 'value'): Problem => ({
  code,
  severity: 'error',
  message,
  at: yaml.placeOf(path, part),
});

function valueAt(value: unknown, path: YamlPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** What decides nothing about documents, and so is in no hash. */
const OF_NO_EFFECT = new Set(['note', 'guide', 'examples']);

function withoutNotes(written: unknown): unknown {
  if (typeof written === 'string') return { from: written };
  if (Array.isArray(written)) return written.map(withoutNotes);
  if (typeof written !== 'object' || written === null) return written;
  return Object.fromEntries(Object.entries(written).filter(([key]) => !OF_NO_EFFECT.has(key)));
}
