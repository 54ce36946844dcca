/** The named inputs of an expression (`with:`): each a reading of its own, of the kind that `as` says. */
import { Type } from '@sinclair/typebox';
import type { FilePlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { compileSchema, problemsIn } from '../core/schema-check.ts';
import type { YamlFile, YamlPath } from '../core/yaml-file.ts';
import { compileExpression, type Expression, type ExpressionType, type InputType, OUT } from './expression/expression.ts';
import { INPUT_KEYS, ORIGINS } from './rule-keys.ts';
import type { Alternative, readAlternative } from './rule-syntax.ts';
import type { SkinName } from './selector-syntax.ts';
import type { TargetField, ValueKind } from './target-fields.ts';

export interface Input {
  readonly name: string;
  readonly as: InputType;
  /** How it is read: as a rule for one value. */
  readonly alternative: Alternative;
  readonly field: TargetField;
}

/** An expression with its inputs bound. */
export interface Calculation {
  readonly expression: Expression;
  readonly inputs: readonly Input[];
}

const checkInput = compileSchema(Type.Partial(Type.Object(INPUT_KEYS, { additionalProperties: false })));

const NAME = /^[a-z][a-zA-Z0-9_]{0,39}$/;
const KINDS: Readonly<Record<InputType, ValueKind>> = { text: 'text', dec: 'decimal', int: 'integer', date: 'date' };

export interface WrittenCalculation {
  readonly yaml: YamlFile;
  /** Of the object that has the expression and, under `with`, its inputs. */
  readonly path: YamlPath;
  /** `that` of a check sees the mapped document. */
  readonly key: 'calc' | 'that';
  readonly text: string;
  readonly inputs: Readonly<Record<string, unknown>> | undefined;
  readonly skin: SkinName;
  /** What faults are said of: a field, or a check by its name. */
  readonly owner: string;
  readonly readRule: typeof readAlternative;
}

/** Undefined when it has faults; then `report` was called for each. */
export function readCalculation(written: WrittenCalculation, report: (problem: Problem) => void): Calculation | undefined {
  const { yaml, path, key, owner } = written;
  let sound = true;
  const inputs = Object.entries(written.inputs ?? {}).flatMap(([name, said]): Input[] => {
    const input = readInput(written, name, said, (problem) => {
      sound = false;
      report(problem);
    });
    return input === undefined ? [] : [input];
  });
  if (!sound) return undefined;
  const compiled = compileExpression(written.text, new Map(inputs.map(({ name, as }) => [name, as])), key === 'that');
  if ('expression' in compiled) return { expression: compiled.expression, inputs };
  const { message, expected, found, hint, offset } = compiled.fault;
  report({
    code: 'ERR_MAPPING_EXPRESSION',
    severity: 'error',
    message: `${owner}: ${message}`,
    at: placeInside(yaml, [...path, key], offset),
    expected,
    found,
    hint,
  });
  return undefined;
}

/** Keys that go with calc; how its inputs are read is said of each of them. */
const BESIDE_CALC = new Set(['calc', 'with', 'when', 'default', 'required', 'each', 'where', 'group-by', 'note', 'guide', 'examples', ...ORIGINS]);
const RESULTS: Partial<Record<TargetField['kind'], readonly ExpressionType[]>> = {
  decimal: ['dec', 'int'],
  integer: ['int'],
  boolean: ['bool'],
  text: ['text'],
  date: ['text'],
};

/** `calc` of a rule: keys that do not go with it, and whether it gives what its target takes. */
export function readCalc(
  written: WrittenCalculation,
  rule: object,
  target: TargetField,
  report: (problem: Problem) => void,
): Calculation | undefined {
  const { yaml, path, owner } = written;
  const refuse = (key: string, message: string, more: Partial<Problem> = {}): void =>
    report({ code: 'ERR_MAPPING_RULE', severity: 'error', message: `${owner}: ${message}`, at: yaml.placeOf([...path, key]), ...more });
  for (const key of Object.keys(rule))
    if (!BESIDE_CALC.has(key)) refuse(key, `"${key}" does not go with calc`, { hint: 'say it of an input under with' });
  if (written.inputs === undefined) refuse('calc', 'expected "with" beside calc: the inputs that it is made of');
  const calc = readCalculation(written, report);
  if (calc === undefined) return undefined;
  const wanted = RESULTS[target.kind] ?? [];
  const { type } = calc.expression;
  if (wanted.length === 0) refuse('calc', '"calc" is only for plain values other than times');
  else if (!wanted.includes(type))
    refuse('calc', `expected an expression that gives ${wanted.join(' or ')}, found one that gives ${type}`, {
      code: 'ERR_MAPPING_EXPRESSION',
      expected: wanted.join(' or '),
      found: type,
    });
  return calc;
}

function readInput(
  { yaml, path: outer, owner, skin, readRule }: WrittenCalculation,
  name: string,
  written: unknown,
  report: (problem: Problem) => void,
): Input | undefined {
  const path = [...outer, 'with', name];
  if (!NAME.test(name) || name === OUT) {
    report({
      code: 'ERR_MAPPING_EXPRESSION',
      severity: 'error',
      message: `${owner}: expected a name such as quantity for an input, found "${name}"`,
      at: yaml.placeOf(path, 'key'),
      hint: name === OUT ? '"out" is the mapped document' : undefined,
    });
    return undefined;
  }
  const isText = typeof written === 'string';
  const faults = isText
    ? []
    : problemsIn(
        yaml,
        checkInput(written).map((fault) => ({ ...fault, path: [...path, ...fault.path] })),
      );
  for (const problem of faults) report({ ...problem, message: `${owner}: ${problem.message}` });
  if (faults.length > 0) return undefined;
  const { as = 'text', ...rest } = (isText ? { from: written } : written) as { as?: InputType } & Record<string, unknown>;
  const field: TargetField = {
    path: `${owner} with ${name}`,
    kind: KINDS[as],
    list: false,
    rank: 0,
    required: false,
    mayBeEmpty: false,
    open: false,
  };
  const alternative = readRule(yaml, path, isText ? written : rest, field, skin, report);
  return alternative === undefined ? undefined : { name, as, alternative, field };
}

/** In a scalar of one line: the very character. Else where the scalar begins. */
function placeInside(yaml: YamlFile, path: YamlPath, offset = 0): FilePlace {
  const place = yaml.placeOf(path);
  const scalar = yaml.scalarAt(path);
  const quote = scalar?.quoted === true ? 1 : 0;
  const column = place.column + quote;
  const isOneLine = scalar !== undefined && yaml.text.split('\n')[place.line - 1]?.startsWith(scalar.source, column - 1) === true;
  return isOneLine ? { ...place, column: column + offset } : place;
}
