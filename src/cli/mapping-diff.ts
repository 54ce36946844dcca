/** Differences of many documents as a person reads them: by mapping and target field, with one example each, and who else a changed base concerns. */
import type { Json } from '../core/canonical.ts';
import type { FieldChange } from '../core/field-changes.ts';
import { formatPlace } from '../core/place.ts';
import { formatProblem } from '../core/problem.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import { leavesOf } from '../mapping/golden-case.ts';
import type { MappingCatalog } from '../mapping/load.ts';
import type { Rule } from '../mapping/rule-syntax.ts';
import type { MappingDifference } from '../pipeline/diff-archive.ts';

interface Grouped {
  documents: number;
  readonly where: string;
}
export interface FieldDifference extends Grouped {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** The rule that is in force now; absent where there is none any more. */
  readonly rule?: string | undefined;
}
interface FailureDifference extends Grouped {
  readonly problem: string;
}

export interface MappingReport {
  readonly mapping: string;
  readonly before: Set<string>;
  readonly after: string | undefined;
  readonly counts: Record<MappingDifference['outcome'], number>;
  readonly fields: Map<string, FieldDifference>;
  /** Of documents that would not be translated any more. */
  readonly failures: Map<string, FailureDifference>;
  /** The version stands for other content already. */
  versionReused: boolean;
}

export interface ChangedBase {
  readonly base: string;
  /** False: it says what came out otherwise, but what it said before is not known. */
  readonly changed: boolean;
  readonly children: readonly string[];
}

/** Problems say where they are: more kinds than that are one story. */
const MOST_FAILURES = 100;

export class MappingDiff {
  readonly #mappings: MappingCatalog;
  readonly #reports = new Map<string, MappingReport>();
  /** Bases whose children are to be named. */
  readonly #bases: Set<string>;
  readonly #known: boolean;
  documents = 0;

  /** `changed`: bases that say something else than before; undefined where that is not known. */
  constructor(mappings: MappingCatalog, changed?: readonly string[]) {
    this.#mappings = mappings;
    this.#bases = new Set(changed);
    this.#known = changed !== undefined;
  }

  get reports(): readonly MappingReport[] {
    return [...this.#reports.values()];
  }

  add({ where, before, after, outcome, changes, problems }: MappingDifference): void {
    this.documents++;
    const name = after?.name ?? before?.name ?? 'no mapping';
    const report = this.#reports.get(name) ?? newReport(name, after);
    this.#reports.set(name, report);
    report.counts[outcome]++;
    if (before !== undefined) report.before.add(before.name === name ? before.version : `${before.name} ${before.version}`);
    if (before !== undefined && before.name === name && before.version === after?.version && before.hash !== after.hash) report.versionReused = true;
    for (const [field, example] of fieldsOf(changes)) {
      const known = report.fields.get(field);
      if (known !== undefined) known.documents++;
      else {
        const rule = after && ruleOf(after, field);
        report.fields.set(field, { field, documents: 1, ...example, where, rule: rule && formatPlace(rule.place) });
        if (after !== undefined && !this.#known && before?.hash !== after.hash) this.#suspect(after, field, rule?.place.file);
      }
    }
    if (outcome !== 'breaks') return;
    const problem = problems.find(({ severity }) => severity === 'error');
    const kind = problem === undefined ? 'no reason' : `${problem.code} ${problem.rule === undefined ? '' : formatPlace(problem.rule)}`;
    const known = report.failures.get(kind);
    if (known !== undefined) known.documents++;
    else if (report.failures.size < MOST_FAILURES)
      report.failures.set(kind, { documents: 1, where, problem: problem === undefined ? 'it gives nothing' : formatProblem(problem) });
  }

  /** The base that holds the rule; where there is none any more, those that have none either. */
  #suspect({ effective }: CompiledMapping, field: string, file: string | undefined): void {
    if (file === effective.file) return;
    for (const base of effective.bases) {
      const mapping = this.#mappings.find(base);
      if (file === undefined ? mapping !== undefined && ruleOf(mapping, field) === undefined : mapping?.file === file) this.#bases.add(base);
    }
  }

  /** Everyone who extends a base that makes a difference. */
  get bases(): ChangedBase[] {
    return [...this.#bases].sort().map((base) => ({
      base,
      changed: this.#known,
      children: this.#mappings.mappings.filter(({ effective }) => effective.bases.includes(base)).map(({ name }) => name),
    }));
  }
}

/** The rule of just this field, or of the list whose codes give it. */
function ruleOf(mapping: CompiledMapping, field: string): Rule | undefined {
  const rule = mapping.ruleFor(field);
  if (rule === undefined || rule.target.path.replace(/\[\]$/, '') === field.replace(/\[\]$/, '')) return rule;
  return rule.target.list && rule.alternatives.some(({ codes }) => codes !== undefined) ? rule : undefined;
}

const newReport = (mapping: string, after: CompiledMapping | undefined): MappingReport => ({
  mapping,
  before: new Set(),
  after: after?.version,
  counts: { same: 0, changed: 0, breaks: 0, mends: 0, fails: 0 },
  fields: new Map(),
  failures: new Map(),
  versionReused: false,
});

/** One example for each field of a document; what came or went whole is told value by value. */
function fieldsOf(changes: readonly FieldChange[]): Map<string, { before?: unknown; after?: unknown }> {
  const fields = new Map<string, { before?: unknown; after?: unknown }>();
  for (const { path, before, after } of changes) {
    const field = path
      .split('/')
      .slice(1)
      .map((step) => (/^\d+$/.test(step) ? '[]' : `.${step.replaceAll('~1', '/').replaceAll('~0', '~')}`))
      .join('')
      .replace(/^\./, '');
    for (const [side, value] of [
      ['before', before],
      ['after', after],
    ] as const) {
      if (value === undefined) continue;
      for (const [leaf, plain] of leavesOf(value as Json, field)) {
        const name = leaf.replace(/\[\d+\]/g, '[]');
        const known = fields.get(name) ?? {};
        if (!(side in known)) fields.set(name, { ...known, [side]: plain });
      }
    }
  }
  return fields;
}
