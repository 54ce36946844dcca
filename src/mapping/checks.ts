/**
 * Checks of a mapped document (`checks:`): what must hold of it as a whole, such as lines that sum to the total.
 *
 * A check belongs to the file that says it. Whoever extends that file has it, under its own inputs, and may add checks but neither drop
 * nor replace one: what the standard promises of every partner's documents, no partner's file can switch off.
 */
import type { JsonObject } from '../core/canonical.ts';
import { type FilePlace, formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { Static } from '../core/schema-check.ts';
import { FAILED } from './attempt.ts';
import { type BindInputs, type ConverterOf, compileInputs, inWords, reportCalculation } from './calculation.ts';
import type { CHECK_SCHEMA } from './check-schema.ts';
import { type Calculation, readCalculation } from './input-syntax.ts';
import type { MappingFile } from './mapping-file.ts';
import { Item } from './placed.ts';
import { faultAt, readAlternative } from './rule-syntax.ts';
import { type Run, reportFault } from './run.ts';
import type { SkinName } from './selector-syntax.ts';

export interface Check {
  readonly name: string;
  readonly calculation: Calculation;
  readonly say: string;
  readonly severity: 'error' | 'warning';
  /** As written: what is hashed. */
  readonly said: unknown;
  readonly place: FilePlace;
  readonly at: string;
}

/** Those of the base, then the file's own. */
export function readChecks(file: MappingFile, inherited: readonly Check[], skin: SkinName, report: (problem: Problem) => void): readonly Check[] {
  const checks = [...inherited];
  const written = (file.yaml.value as { checks?: readonly Static<typeof CHECK_SCHEMA>[] }).checks ?? [];
  for (const [index, said] of written.entries()) {
    const path = ['checks', index];
    const other = checks.find((check) => check.name === said.name);
    if (other !== undefined) {
      report({
        ...faultAt(file.yaml, [...path, 'name'], 'ERR_MAPPING_CHECKS', `expected a check of another name, found "${said.name}" at ${other.at}`),
        found: said.name,
        hint: inherited.includes(other)
          ? 'a check of a base holds for all that extend it; add one under a name of its own'
          : 'give it a name of its own',
      });
      continue;
    }
    const calculation = readCalculation(
      {
        yaml: file.yaml,
        path,
        key: 'that',
        text: said.that,
        inputs: said.with,
        skin,
        owner: `check "${said.name}"`,
        readRule: readAlternative,
      },
      report,
    );
    if (calculation === undefined) continue;
    if (calculation.expression.type !== 'bool') {
      const { type } = calculation.expression;
      const message = `check "${said.name}": expected what holds or does not, found an expression that gives ${type}`;
      report({ ...faultAt(file.yaml, [...path, 'that'], 'ERR_MAPPING_EXPRESSION', message), expected: 'bool', found: type });
      continue;
    }
    const place = file.yaml.placeOf(path);
    const severity = said.else === 'error' ? 'error' : 'warning';
    checks.push({ name: said.name, calculation, say: said.say, severity, said, place, at: formatPlace(place) });
  }
  return checks;
}

export type RunChecks = (body: JsonObject, run: Run) => void;

export function compileChecks(checks: readonly Check[], converterOf: ConverterOf): RunChecks {
  const compiled = checks.map((check) => ({ check, bind: compileInputs(check.calculation.inputs, nameOf(check), converterOf) }));
  return (body, run) => {
    for (const { check, bind } of compiled) runCheck(check, bind, body, run);
  };
}

/** What stands where a fault of a value names its field. */
const nameOf = ({ name }: Check): string => `check "${name}"`;

/** Without a value for one of its inputs a check says nothing: the document does not have what it is about. */
function runCheck(check: Check, bind: BindInputs, body: JsonObject, run: Run): void {
  const { root } = run.effort;
  const target = nameOf(check);
  const bound = bind(root, new Item(), run);
  if (bound === undefined || bound === FAILED) return;
  const { values, hits } = bound;
  const where = hits[0] ?? root;
  try {
    if (check.calculation.expression.evaluate(values, body) === true) return;
  } catch (thrown) {
    reportCalculation(run, where, target, thrown, values, check, check.severity);
    return;
  }
  reportFault(run, where, {
    code: 'ERR_MAPPING_CHECK',
    severity: check.severity,
    target,
    message: `${check.say} (${inWords(values)})`,
    expected: check.calculation.expression.text,
    found: inWords(values),
    rule: check,
  });
}
