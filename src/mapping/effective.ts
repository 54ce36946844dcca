/** What is in force once a mapping and the bases it extends are laid over each other: a line replaces a rule, codes merge, drops remove. */
import type { TSchema } from '@sinclair/typebox';
import type { DocumentType } from '../core/canonical.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256Hex } from '../core/identity.ts';
import { type FilePlace, formatPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { SchemaCheck } from '../core/schema-check.ts';
import type { StructureCheck } from '../core/structure-check.ts';
import { suggest } from '../core/suggest.ts';
import { type Check, readChecks } from './checks.ts';
import { BUILT_IN_TABLES, type CodeTable, type CodeTables, checkCodes, checkUnits, codesUsedBy, readCodes } from './codes.ts';
import type { MappingFile } from './mapping-file.ts';
import { hashOfLookups, lookupsOf, type NeededTables, readNeeds } from './needs.ts';
import { faultAt, type Rule, readRule } from './rule-syntax.ts';
import { parseSelector, type Selector, type SkinName } from './selector-syntax.ts';
import { fieldsOfTarget, type TargetFields } from './target-fields.ts';

/** A canonical document as a mapping aims at it: its body, without provenance. */
export interface MappingTarget {
  readonly type: DocumentType;
  readonly version: string;
  readonly body: TSchema;
  readonly checkStructure: StructureCheck;
  readonly checkBody: SchemaCheck;
}
export type MappingTargets = Readonly<Record<string, MappingTarget>>;

export interface EffectiveMapping {
  readonly name: string;
  readonly version: string;
  readonly versionPlace: FilePlace;
  readonly major: number;
  readonly file: string;
  /** Where the file lies: its golden folders are beside it. */
  readonly location?: string | undefined;
  readonly source: { readonly format: SkinName; readonly set: string; readonly versions: readonly string[] };
  readonly target: MappingTarget;
  readonly fields: TargetFields;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly codes: CodeTables;
  /** Tables beside the mapping files. */
  readonly needs: NeededTables;
  /** Their columns that rules look up: `skus.buyerSku`. */
  readonly lookups: CodeTables;
  /** What must hold of a document, bases first. */
  readonly checks: readonly Check[];
  /** Source that is left unread on purpose, bases first. */
  readonly ignored: readonly Ignored[];
  /** Those it extends, the nearest first, with their major version: `std/x12-855@2`. */
  readonly bases: readonly string[];
  /** Of everything that decides what it does, bases and used built-in tables included; hex SHA-256. */
  readonly hash: string;
}

export interface Ignored {
  readonly selector: Selector;
  readonly why: string;
  readonly at: string;
}

type Report = (problem: Problem) => void;
/** What a mapping is laid over: for one that extends none, its target alone. */
type Ground = Pick<EffectiveMapping, 'source' | 'target' | 'fields' | 'rules' | 'codes' | 'needs' | 'checks' | 'ignored' | 'bases'>;

/** A mapping that extends none. */
export function layBase(file: MappingFile, targets: MappingTargets, report: Report): EffectiveMapping | undefined {
  const { source, target: wanted, yaml } = file;
  if (source === undefined || wanted === undefined) return undefined;
  const target = Object.hasOwn(targets, wanted.name) ? targets[wanted.name] : undefined;
  if (target === undefined || Number(target.version.split('.')[0]) !== wanted.major) {
    const accepted = Object.values(targets).map((one) => `${one.type}@${one.version.split('.')[0]}`);
    const near = suggest(`${wanted.name}@${wanted.major}`, accepted);
    report({
      ...faultAt(yaml, ['target'], 'ERR_FILE_REFERENCE', `expected one of ${accepted.join(', ')}, found ${wanted.name}@${wanted.major}`),
      hint: near === undefined ? undefined : `did you mean "${near}"?`,
    });
    return undefined;
  }
  const fields = fieldsOfTarget(target.body);
  return lay(
    file,
    { source, target, fields, rules: new Map(), codes: BUILT_IN_TABLES, needs: new Map(), checks: [], ignored: [], bases: [] },
    report,
  );
}

/** A mapping over the effective mapping that it extends. */
export const layOver = (file: MappingFile, base: EffectiveMapping, report: Report): EffectiveMapping =>
  lay(file, { ...base, bases: [`${base.name}@${base.major}`, ...base.bases] }, report);

function lay(file: MappingFile, base: Ground, report: Report): EffectiveMapping {
  const rules = new Map(base.rules);
  for (const [index, path] of file.drops.entries()) drop(file, index, path, rules, report);
  for (const path of file.targets) {
    const field = base.fields.find(path);
    if (field === undefined) {
      const near = base.fields.suggest(path);
      report({
        ...faultAt(file.yaml, ['set', path], 'ERR_MAPPING_TARGET', `${base.target.type} has no field "${path}"`, 'key'),
        expected: `a field of ${base.target.type}`,
        found: path,
        hint: near === undefined ? undefined : `did you mean "${near}"?`,
      });
      continue;
    }
    const rule = readRule(file.yaml, field, base.source.format, report);
    if (rule === undefined) continue;
    const replaced = base.rules.get(path);
    if (replaced !== undefined && rules.has(path) && canonicalJson(replaced.said) === canonicalJson(rule.said))
      report({
        ...faultAt(file.yaml, ['set', path], 'ERR_MAPPING_REDUNDANT', `"${path}" says what its base says already`, 'key'),
        hint: 'remove the line',
      });
    rules.set(path, replaced === undefined ? rule : { ...rule, replaces: replaced });
  }
  const ignored = [...base.ignored, ...readIgnored(file, base.source.format, report)];
  const needs = readNeeds(file, base.needs, report);
  const lookups = lookupsOf(file, rules, needs, report);
  const checks = readChecks(file, base.checks, base.source.format, report);
  const codes = mergeCodes(file, base.codes, report);
  checkUse(file, rules, codes, base.fields, report);
  const { source, target, fields, bases } = base;
  const used = [...codes].filter(([name]) => tablesUsed(rules).has(name));
  const hash = sha256Hex(
    canonicalJson({
      source,
      target: `${target.type}@${target.version.split('.')[0]}`,
      set: Object.fromEntries([...rules].map(([path, rule]) => [path, rule.said])),
      codes: Object.fromEntries(used.map(([name, table]) => [name, Object.fromEntries([...table].map(([code, entry]) => [code, entry.value]))])),
      // Left out where there are none, so that a mapping that says nothing new keeps its hash.
      ...(lookups.size === 0 ? {} : { lookups: hashOfLookups(lookups) }),
      ...(checks.length === 0 ? {} : { checks: checks.map((check) => check.said) }),
    }),
  );
  return {
    name: file.name,
    version: file.version,
    versionPlace: file.yaml.placeOf(['version']),
    major: file.major,
    file: file.file,
    location: file.location,
    source,
    target,
    fields,
    rules,
    codes,
    needs,
    lookups,
    checks,
    ignored,
    bases,
    hash,
  };
}

/** Removes a rule and all that lies below it. */
function drop(file: MappingFile, index: number, path: string, rules: Map<string, Rule>, report: Report): void {
  const gone = [...rules.keys()].filter((target) => target === path || target.startsWith(`${path}.`) || target.startsWith(`${path}[]`));
  for (const target of gone) rules.delete(target);
  if (gone.length > 0) return;
  const near = suggest(path, [...rules.keys()]);
  const hint = near === undefined ? 'remove the line' : `did you mean "${near}"?`;
  report({
    ...faultAt(file.yaml, ['drop', index], 'ERR_MAPPING_REDUNDANT', `drop removes nothing: the base has no rule for "${path}"`),
    found: path,
    hint,
  });
}

function mergeCodes(file: MappingFile, base: CodeTables, report: Report): CodeTables {
  const merged = new Map<string, CodeTable>(base);
  for (const [name, table] of readCodes(file, report)) {
    const under = base.get(name);
    for (const [code, entry] of table) {
      const replaced = under?.get(code);
      if (replaced !== undefined && canonicalJson(replaced.value) === canonicalJson(entry.value))
        report({
          ...faultAt(file.yaml, ['codes', name, code], 'ERR_MAPPING_REDUNDANT', `codes.${name}.${code} says what its base says already`, 'key'),
          hint: 'remove the line',
        });
    }
    merged.set(name, new Map([...(under ?? []), ...table]));
  }
  return merged;
}

const tablesUsed = (rules: ReadonlyMap<string, Rule>): Set<string> => new Set([...rules.values()].flatMap(codesUsedBy));

/** Tables that rules name and nobody wrote, tables that nobody uses, values that do not fit. */
function checkUse(file: MappingFile, rules: ReadonlyMap<string, Rule>, codes: CodeTables, fields: TargetFields, report: Report): void {
  const used = tablesUsed(rules);
  for (const rule of rules.values()) {
    for (const { codes: name, place } of rule.alternatives) {
      if (name === undefined || codes.has(name)) continue;
      const near = suggest(name, [...codes.keys()]);
      const hint = near === undefined ? `add a table "${name}" under codes` : `did you mean "${near}"?`;
      report({
        code: 'ERR_FILE_REFERENCE',
        severity: 'error',
        message: `${rule.target.path}: there is no table "${name}" under codes`,
        at: place,
        found: name,
        hint,
      });
    }
    checkCodes(rule, codes, fields, report);
    checkUnits(rule, codes, report);
  }
  const own = Object.keys((file.yaml.value as { codes?: object }).codes ?? {});
  for (const name of own) {
    if (used.has(name)) continue;
    const near = suggest(name, [...used]);
    report({
      ...faultAt(file.yaml, ['codes', name], 'ERR_MAPPING_REDUNDANT', `no rule uses the table codes.${name}`, 'key'),
      found: name,
      hint: near === undefined ? 'remove the table' : `did you mean "${near}"?`,
    });
  }
}

function readIgnored(file: MappingFile, skin: SkinName, report: Report): Ignored[] {
  const written = (file.yaml.value as { ignore?: { from: string; why: string }[] }).ignore ?? [];
  return written.flatMap(({ from, why }, index): Ignored[] => {
    const path = ['ignore', index, 'from'];
    const parsed = parseSelector(from, skin);
    if ('selector' in parsed) return [{ selector: parsed.selector, why, at: formatPlace(file.yaml.placeOf(path)) }];
    const { message, expected, hint } = parsed.fault;
    report({ ...faultAt(file.yaml, path, 'ERR_MAPPING_SELECTOR', message), expected, found: from, hint });
    return [];
  });
}
