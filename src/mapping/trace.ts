/** How one value of a document came about, step by step: the source element, each conversion, the rule and what it stands in for. */
import type { Json, LineageEntry } from '../core/canonical.ts';
import { elementName } from '../core/place.ts';
import { tableOf } from './codes.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { conversionTo } from './convert.ts';
import type { Calculation } from './input-syntax.ts';
import { preparationsOf } from './prepare.ts';
import type { Alternative, Rule } from './rule-syntax.ts';

export interface TraceStep {
  /** `PO104`, `implied 4`, `codes uom`. */
  readonly says: string;
  readonly value: Json;
  /** Of a source element. */
  readonly segment?: number | undefined;
  readonly offset?: number | undefined;
  /** Of an entry in a table of codes. */
  readonly at?: string | undefined;
}

export interface Trace {
  readonly target: string;
  readonly value: Json;
  readonly steps: readonly TraceStep[];
  /** `mappings/acme/855.yaml:12:3`. */
  readonly rule: string;
  /** Rules of bases that it stands in for, the nearest first. */
  readonly overrides: readonly string[];
}

/** Traces of the value at `target` and of all that lie below it, in the order of the document. */
export function traceValues(mapping: CompiledMapping, lineage: readonly LineageEntry[], target: string): Trace[] {
  const wanted = new Map<string, LineageEntry[]>();
  for (const entry of lineage) {
    const { target: path } = entry;
    if (path !== target && !path.startsWith(`${target}.`) && !path.startsWith(`${target}[`) && target !== '') continue;
    const known = wanted.get(path);
    if (known === undefined) wanted.set(path, [entry]);
    else known.push(entry);
  }
  return [...wanted.values()].map((entries) => traceOf(mapping, lineage, entries));
}

/** All entries of one target: several where several places made the value. The last one holds it. */
function traceOf(mapping: CompiledMapping, lineage: readonly LineageEntry[], entries: readonly LineageEntry[]): Trace {
  const last = entries.at(-1);
  if (last === undefined) throw new Error('a trace needs an entry');
  const { target, value, rule: at } = last;
  const found = ruleOf(mapping, target, at);
  const overrides: string[] = [];
  for (let base = found?.rule.replaces; base !== undefined; base = base.replaces)
    overrides.push(`${base.place.file}:${base.place.line}:${base.place.column}`);
  const steps = found === undefined ? sourceSteps(entries) : stepsOf(mapping, lineage, entries, found.rule, found.alternative);
  return { target, value, steps, rule: at, overrides };
}

/** The rule that an entry names: of its target, or of a list that holds it (a code may give fields of an item). */
function ruleOf(mapping: CompiledMapping, target: string, at: string): { rule: Rule; alternative: Alternative } | undefined {
  for (let path = target.replace(/\[\d+\]/g, '[]'); path !== ''; path = path.replace(/(\.[^.]*|^[^.]*)$/, '')) {
    const rule = mapping.effective.rules.get(path);
    const alternative = rule?.alternatives.find((one) => one.at === at);
    if (rule !== undefined && alternative !== undefined) return { rule, alternative };
  }
  return undefined;
}

const sourceStep = ({ source, value }: LineageEntry): TraceStep =>
  source === undefined
    ? { says: 'no source', value }
    : { says: elementName({ kind: 'segment', ...source }), value: source.text, segment: source.segment, offset: source.offset };

const sourceSteps = (entries: readonly LineageEntry[]): TraceStep[] => entries.map(sourceStep);

function stepsOf(
  mapping: CompiledMapping,
  lineage: readonly LineageEntry[],
  entries: readonly LineageEntry[],
  rule: Rule,
  alternative: Alternative,
): TraceStep[] {
  const last = entries.at(-1);
  if (last === undefined) return [];
  const { value } = last;
  if (alternative.constant !== undefined) return [{ says: 'const', value }];
  if (alternative.same !== undefined) {
    const other = lineage.filter((entry) => entry.target === alternative.same);
    const before = other.length === 0 ? sourceSteps(entries) : traceOf(mapping, lineage, other).steps;
    return [...before, { says: `same as ${alternative.same}`, value }];
  }
  if (last.source === undefined) return [{ says: alternative.unit === undefined ? 'default' : `unit ${alternative.unit}`, value }];
  if (alternative.calc !== undefined) return calcSteps(mapping, rule, alternative.calc, [last, ...entries.slice(0, -1)]);
  const isPart = rule.target.path !== last.target.replace(/\[\d+\]/g, '[]') && rule.target.list && rule.target.kind === 'object';
  const steps = [last, ...entries.slice(0, -1)].flatMap((entry) => [sourceStep(entry), ...conversionSteps(mapping, rule, alternative, entry)]);
  if (alternative.sum !== undefined && entries.length > 1) steps.push({ says: `sum of ${entries.length}`, value });
  if (alternative.less !== undefined) steps.push({ says: `less ${alternative.less.text}`, value });
  if (isPart && steps.at(-1)?.value !== value) steps.push({ says: 'gives this field', value });
  return steps;
}

/** Entries stand in the order of the inputs: `from` gives one at most, `sum` any number. */
function calcSteps(mapping: CompiledMapping, rule: Rule, { expression, inputs }: Calculation, entries: readonly LineageEntry[]): TraceStep[] {
  const steps: TraceStep[] = [];
  let open = inputs;
  for (const entry of entries) {
    while (open[0] !== undefined && !readsPlace(open[0].alternative, entry)) open = open.slice(1);
    const [input] = open;
    if (input === undefined) return [...entries.map(sourceStep), { says: `calc ${expression.text}`, value: entry.value }];
    const field: Rule = { ...rule, target: input.field };
    const step = sourceStep(entry);
    steps.push({ ...step, says: `${input.name}: ${step.says}` }, ...conversionSteps(mapping, field, input.alternative, entry));
    if (input.alternative.sum === undefined) open = open.slice(1);
  }
  return [...steps, { says: `calc ${expression.text}`, value: entries[0]?.value ?? null }];
}

function readsPlace({ from, sum }: Alternative, { source }: LineageEntry): boolean {
  return [...from, ...(sum === undefined ? [] : [sum])].some(
    (selector) =>
      selector.kind === 'path' &&
      selector.steps.at(-1)?.id === source?.segmentId &&
      (selector.value?.kind !== 'element' || selector.value.element === source?.element),
  );
}

function conversionSteps(mapping: CompiledMapping, rule: Rule, alternative: Alternative, { source, value }: LineageEntry): TraceStep[] {
  if (source === undefined) return [];
  const steps: TraceStep[] = [];
  let { text } = source;
  for (const { says, apply } of preparationsOf(alternative)) {
    text = apply(text) ?? '';
    steps.push({ says, value: text });
  }
  const table = tableOf(alternative, mapping.effective);
  const { codes, lookup } = alternative;
  if (table !== undefined) {
    const entry = table.get(text.trim());
    if (entry !== undefined) steps.push({ says: codes === undefined ? `lookup ${lookup}` : `codes ${codes}`, value: entry.value, at: entry.at });
    else if (alternative.otherwise === 'keep') steps.push({ says: 'otherwise keep', value: text.trim() });
    else steps.push({ says: 'otherwise', value: alternative.otherwise ?? value });
    return steps;
  }
  const kind = rule.target.kind === 'object' ? 'text' : (alternative.as ?? rule.target.kind);
  // The time of a date stands in an element of its own, so that only the value tells what both made.
  const made = alternative.time === undefined ? conversionTo(kind, alternative).convert(text) : value;
  if (made !== undefined && made !== text) steps.push({ says: nameOfConversion(kind, alternative), value: made });
  return steps;
}

function nameOfConversion(kind: string, { implied, group, format, zone, time }: Alternative): string {
  if (implied !== undefined) return `implied ${implied}`;
  if (group !== undefined) return `group "${group}"`;
  const more = [
    format === undefined ? '' : ` ${format}`,
    time === undefined ? '' : ` with ${time.text}`,
    zone === undefined ? '' : ` in ${zone}`,
  ].join('');
  return `as ${kind}${more}`;
}
