/**
 * JSON Schema checks (TypeBox → ajv) whose findings say where, what was expected, what was found and what was probably meant.
 *
 * The only place that knows ajv. Schemas are draft 2020-12.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Problem } from './problem.ts';
import { hidesItsValue } from './secret-reference.ts';
import { suggest } from './suggest.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';

/** One finding; `path` leads to the value at fault (or to the object that lacks or has too much). */
export interface SchemaFault {
  readonly path: YamlPath;
  /** An unknown key: the place to show is the key itself. */
  readonly part: 'key' | 'value';
  readonly message: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | undefined;
}

export type SchemaCheck = (value: unknown) => SchemaFault[];

/** A closed set of words, written as `enum` so that editors complete it. */
export const StringEnum = <const T extends readonly string[]>(values: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options });

export type { Static };

/** Compiles once, at the first check: a command that checks nothing of this kind does not wait for it. `others` are schemas with an `$id` that this one refers to. */
export function compileSchema(schema: TSchema, others: readonly TSchema[] = []): SchemaCheck {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= compile(schema, others);
    if (validate(value)) return [];
    return explain(validate.errors ?? []);
  };
}

/** For readers of a schema; what is checked is the pattern beside it. */
const formats = { uuid: true, 'date-time': true, binary: true } as const;

function compile(schema: TSchema, others: readonly TSchema[]): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    verbose: true,
    strictRequired: false,
    strictTypes: false,
    formats,
  });
  for (const other of others) ajv.addSchema(other);
  return ajv.compile(schema);
}

/** The same as problems of a YAML file, each with file:line:column; `under` is where in the file the checked value stands. */
export function problemsIn(file: YamlFile, faults: readonly SchemaFault[], under: YamlPath = []): Problem[] {
  return faults
    .map((found) => ({ ...found, path: [...under, ...found.path] }))
    .map((fault) => ({
      code: 'ERR_FILE_SCHEMA',
      severity: 'error',
      message: under.length === 0 ? fault.message : `${under.join('.')}: ${fault.message.replace(/^the file: /, '')}`,
      at: file.placeOf(fault.path, fault.part),
      expected: fault.expected,
      found: fault.found,
      hint: fault.hint ?? quotingHint(file, fault),
    }));
}

/** `id: 0042` is the number 42 in YAML: the remedy is a pair of quotes around what was written. */
function quotingHint(file: YamlFile, fault: SchemaFault): string | undefined {
  const scalar = fault.expected === 'a string' ? file.scalarAt(fault.path) : undefined;
  if (scalar === undefined || scalar.quoted || scalar.source === '' || fault.part === 'key') return undefined;
  return `put it in quotes: "${scalar.source}"`;
}

function explain(errors: readonly ErrorObject[]): SchemaFault[] {
  // A failed anyOf reports each branch as well; the branch that got deepest says most, the summary line says least.
  const summary = (e: ErrorObject) => e.keyword === 'anyOf' || e.keyword === 'oneOf' || e.keyword === 'if';
  const specific = errors.filter((e) => !summary(e));
  const seen = new Set<string>();
  const faults: SchemaFault[] = [];
  for (const error of specific.length > 0 ? specific : errors) {
    const fault = faultOf(error);
    const key = JSON.stringify([fault.path, fault.message]);
    if (!seen.has(key)) faults.push(fault);
    seen.add(key);
  }
  return faults;
}

function faultOf(error: ErrorObject): SchemaFault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const hidden = hidesItsValue(error.parentSchema);
  const found = hidden ? 'a value that is not shown here' : show(error.data);
  const name = path.length === 0 ? 'the file' : path.join('.');
  const make = (expected: string, more: Partial<SchemaFault> = {}): SchemaFault => ({
    path,
    part: 'value',
    message: `${name}: expected ${expected}, found ${found}`,
    expected,
    found,
    ...(hidden ? { hint: 'a secret never stands in a file: put it in the environment or under QUAYSIDE_SECRETS_DIR, and name it here' } : {}),
    ...more,
  });
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
      const accepted = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      const near = suggest(key, accepted);
      const described = (error.parentSchema?.description as string | undefined) ?? 'no key here';
      const expected = accepted.length > 0 ? `one of ${accepted.join(', ')}` : described;
      const where = path.length === 0 ? '' : ` in ${path.join('.')}`;
      return {
        path: [...path, key],
        part: 'key',
        message: `unknown key "${key}"${where}`,
        expected,
        found: key,
        hint: near === undefined ? `expected ${expected}` : `did you mean "${near}"?`,
      };
    }
    case 'required':
      return make(`a key "${error.params.missingProperty}"`, {
        message: `${name}: expected a key "${error.params.missingProperty}", found none`,
        found: 'none',
      });
    case 'enum': {
      const accepted = (error.params.allowedValues as unknown[]).map(String);
      const near = typeof error.data === 'string' ? suggest(error.data, accepted) : undefined;
      return make(`one of ${accepted.join(', ')}`, near === undefined ? {} : { hint: `did you mean "${near}"?` });
    }
    case 'const':
      return make(show(error.params.allowedValue));
    case 'type':
      return make(`${article(String(error.params.type))} ${error.params.type}`);
    case 'pattern':
      return make((error.parentSchema?.description as string | undefined) ?? `text like ${error.params.pattern}`);
    case 'minLength':
      return make('text that is not empty');
    default:
      return make(error.message ?? error.keyword);
  }
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? 'an' : 'a');

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
