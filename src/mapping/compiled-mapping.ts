/** A mapping ready to be carried out. */
import type { DocumentType } from '../core/canonical.ts';
import type { Problem } from '../core/problem.ts';
import type { SchemaCheck } from '../core/schema-check.ts';
import type { StructureCheck } from '../core/structure-check.ts';
import { compileChecks, type RunChecks } from './checks.ts';
import type { EffectiveMapping } from './effective.ts';
import { runExamples } from './examples.ts';
import { type ObjectPlan, planOf } from './plan.ts';
import type { ReadingContext } from './reading.ts';
import { compileText } from './reading-text.ts';
import type { Rule } from './rule-syntax.ts';

export interface CompiledMapping {
  /** `acme/855`. */
  readonly name: string;
  readonly version: string;
  /** Hash of the effective mapping, bases included; hex SHA-256. */
  readonly hash: string;
  /** The file as problems show it. */
  readonly file: string;
  readonly source: { readonly format: string; readonly set: string; readonly versions: readonly string[] };
  readonly target: DocumentType;
  readonly plan: ObjectPlan;
  /** What it was compiled from: for those who explain it. */
  readonly effective: EffectiveMapping;
  /** Of a body whose values are each known to fit their fields. */
  readonly checkStructure: StructureCheck;
  /** How many examples its file has, all of which hold. */
  readonly examples: number;
  readonly checkBody: SchemaCheck;
  /** What the mapping says must hold of a document that satisfies its schema. */
  readonly runChecks: RunChecks;
  /** The rule of a concrete path such as `lines[2].price.amount`, or of the nearest thing that holds it. */
  ruleFor(target: string): Rule | undefined;
}

export function compileMapping(mapping: EffectiveMapping, report: (problem: Problem) => void): CompiledMapping {
  const reading: ReadingContext = { codes: mapping.codes, lookups: mapping.lookups, file: mapping.file, shared: () => undefined };
  return {
    name: mapping.name,
    version: mapping.version,
    hash: mapping.hash,
    file: mapping.file,
    source: mapping.source,
    target: mapping.target.type,
    plan: planOf(mapping, report),
    effective: mapping,
    checkStructure: mapping.target.checkStructure,
    examples: runExamples(mapping, reading, report),
    checkBody: mapping.target.checkBody,
    runChecks: compileChecks(mapping.checks, (rule, alternative, suffix) => compileText(rule, alternative, suffix, reading)),
    ruleFor(target) {
      let path = target.replace(/\[\d+\]/g, '[]');
      while (path !== '') {
        const rule = mapping.rules.get(path) ?? mapping.rules.get(`${path}[]`);
        if (rule !== undefined) return rule;
        path = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
      }
      return undefined;
    },
  };
}
