/** What samples ask of whoever knows the partner: everything that the base does not read, does not know, or cannot be sure of. */
import type { Problem } from '../../core/problem.ts';
import type { CompiledMapping } from '../compiled-mapping.ts';
import { addCoverage, beginCoverage, unexplainedIn } from '../coverage.ts';
import { mapTree } from '../map-document.ts';
import type { Rule } from '../rule-syntax.ts';
import { SKINS } from '../selector-syntax.ts';
import { type Counted, placeOf, type Sample, segmentsOf, Tally } from './seen.ts';
import { type SuggestedLine, suggestLine } from './suggest-line.ts';

export interface Question {
  /** In which part of the file its answer would stand. */
  readonly about: 'file' | 'set' | 'codes' | 'reader';
  readonly text: string;
  /** A line that would answer it: valid as it stands, but for a `…` where only a person knows. */
  readonly answer?: { readonly target: string; readonly says: string } | undefined;
}

/** Segments that a list may take whole, whatever their qualifier says. */
const NAMED_BY_QUALIFIER = ['REF', 'DTM', 'N1'];

/** `ACK` of `PO1/ACK29`. */
const segmentOf = (key: string): string => /^[A-Z][A-Z0-9]{1,2}(?=[(.\d])/.exec(key.split('/').at(-1) ?? '')?.[0] ?? '';

/** Gathers over all samples of one transaction set. */
export class Questions {
  readonly #mapping: CompiledMapping;
  readonly #unread = new Tally();
  readonly #unnamed = new Tally();
  readonly #problems = new Tally();
  readonly #reader = new Tally();
  readonly #unknownCodes = new Map<string, { rule: Rule; table: string; code: string; counted: Counted }>();
  readonly #prices = new Map<string, { element: string; texts: Tally; whole: boolean }>();
  readonly #filled = new Set<string>();

  constructor(mapping: CompiledMapping) {
    this.#mapping = mapping;
  }

  ask({ file, document }: Sample): void {
    const mapping = this.#mapping;
    const wrongVersion = !mapping.source.versions.some((version) => document.envelope.version.startsWith(version));
    if (wrongVersion) {
      const message = `GS08 is ${document.envelope.version}: ${mapping.name} is written for ${mapping.source.versions.join(' and ')}`;
      this.#problems.add(message, () => ({ text: message, where: file }));
    }
    const { problems, reads, placed } = mapTree(mapping, document);
    const lineage = placed.spellOut();
    /** Where a code is asked for: what else stands there is read once it is known. */
    const coded = new Set<string>();
    for (const problem of problems) {
      if (!this.#addCode(file, problem)) this.#addProblem(this.#problems, file, problem);
      else if (problem.at?.kind === 'segment') coded.add(problem.at.segmentId ?? '');
    }
    for (const fault of document.faults) {
      const isCode = fault.code === 'ERR_X12_ELEMENT_CODE' && fault.at?.kind === 'segment' && coded.has(fault.at.segmentId ?? '');
      if (!isCode) this.#addProblem(this.#reader, file, fault);
    }
    const coverage = beginCoverage();
    addCoverage(coverage, mapping, document, reads);
    for (const { key, count, example } of unexplainedIn(coverage).filter((one) => !coded.has(segmentOf(one.key))))
      this.#unread.add(key, () => ({ text: example.text, where: `${file} segment ${example.segment}, offset ${example.offset}` }), count);
    this.#addUnnamed(file, document, lineage);
    for (const { target, source } of lineage) {
      const path = target.replace(/\[\d+\]/g, '[]');
      this.#filled.add(path);
      if (source !== undefined && /(^|\.)price\.amount$/.test(path)) this.#addPrice(path, file, source);
    }
  }

  /** A qualifier that no selector and no table of codes names, in a segment that was read all the same. */
  #addUnnamed(file: string, document: Sample['document'], lineage: readonly { target: string; source?: { segment: number } | undefined }[]): void {
    const named = namedQualifiers(this.#mapping);
    const targets = new Map<number, Set<string>>();
    for (const { target, source } of lineage)
      if (source !== undefined) targets.set(source.segment, (targets.get(source.segment) ?? new Set()).add(target.replace(/\[\d+\]/g, '[]')));
    for (const segment of segmentsOf(document.tree)) {
      if (!NAMED_BY_QUALIFIER.includes(segment.id)) continue;
      const qualifier = segment.value(1).trim();
      const goesTo = targets.get(segment.ordinal);
      if (qualifier === '' || goesTo === undefined || named.has(`${segment.id} ${qualifier}`)) continue;
      const lists = [...new Set([...goesTo].map((target) => target.replace(/\.[^[\]]*$/, '')))];
      this.#unnamed.add(`${segment.id}(${qualifier})02 goes to ${lists.join(' and ')} only, as no rule names it`, () => ({
        text: segment.value(2).trim(),
        where: placeOf(file, segment, 2),
      }));
    }
  }

  #addPrice(path: string, file: string, source: { text: string; segment: number; offset: number; segmentId: string; element: number }): void {
    const rule = this.#mapping.effective.rules.get(path);
    if (rule === undefined || rule.alternatives.some(({ implied }) => implied !== undefined)) return;
    const element = `${source.segmentId}${String(source.element).padStart(2, '0')}`;
    const price = this.#prices.get(path) ?? { element, texts: new Tally(), whole: true };
    price.whole &&= /^\d{3,}$/.test(source.text.trim());
    price.texts.add(element, () => ({ text: source.text, where: `${file} segment ${source.segment}, offset ${source.offset}` }));
    this.#prices.set(path, price);
  }

  #addProblem(tally: Tally, file: string, { code, message, at, hint }: Problem): void {
    const place = at?.kind === 'segment' ? `${file} segment ${at.segment ?? '-'}, offset ${at.offset}` : file;
    const kind = at?.kind === 'segment' ? `${code} ${at.segmentId ?? ''}${at.element ?? ''}` : code;
    tally.add(kind, () => ({ text: `${code} ${message}${hint === undefined ? '' : ` · ${hint}`}`, where: place }));
  }

  #addCode(file: string, { code, found, at, message }: Problem): boolean {
    const table = /a code of ([^,]+), found/.exec(message)?.[1];
    if (code !== 'ERR_MAPPING_CODE' || table === undefined || found === undefined || at?.kind !== 'segment') return false;
    const target = message.split(':')[0]?.replace(/\[\d+\]/g, '[]') ?? '';
    const rule = this.#mapping.effective.rules.get(target);
    if (rule === undefined) return false;
    const key = `${table} ${found}`;
    const known = this.#unknownCodes.get(key);
    if (known !== undefined) known.counted.count++;
    else if (this.#unknownCodes.size < 200) {
      const element = `${at.segmentId}${String(at.element ?? 0).padStart(2, '0')}`;
      const counted = { text: element, where: `${file} segment ${at.segment}, offset ${at.offset}`, count: 1 };
      this.#unknownCodes.set(key, { rule, table, code: found, counted });
    }
    return true;
  }

  /** In the order in which they are best answered: what stops a document first. */
  list(): Question[] {
    const { effective } = this.#mapping;
    const line = (suggested: SuggestedLine | undefined) => suggested && { target: suggested.target, says: suggested.from };
    const worded = (what: string, { count, text, where }: Counted): string => `${what} ×${count}, e.g. ${JSON.stringify(text)} in ${where}`;
    return [
      ...this.#reader.entries.map(([, { count, text, where }]): Question => ({ about: 'reader', text: `${text} (×${count}, first in ${where})` })),
      ...this.#problems.entries.map(([, { count, text, where }]): Question => ({ about: 'file', text: `${text} (×${count}, first in ${where})` })),
      ...[...this.#unknownCodes.values()].map(({ rule, table, code, counted }): Question => {
        const text = `${counted.text} "${code}" ×${counted.count}, first in ${counted.where}: codes.${table} does not know it. What does it mean?${acceptedBy(this.#mapping, rule)}`;
        return { about: 'codes', text, answer: { target: table, says: code } };
      }),
      ...[...this.#prices].flatMap(([target, { element, texts, whole }]): Question[] => {
        const counted = texts.entries[0]?.[1];
        if (!whole || counted === undefined) return [];
        const text = `${worded(`${element} has no decimal point in any sample`, counted)}: are decimals implied, and how many?`;
        return [{ about: 'set', text, answer: { target, says: `{ from: ${element}, implied: … }` } }];
      }),
      ...this.#unnamed.entries.map(([what, counted]): Question => {
        const from = what.split(' ')[0] ?? '';
        return { about: 'set', text: `${worded(what, counted)}. Has it a field of its own?`, answer: line(suggestLine(effective, from)) };
      }),
      ...this.#unread.entries.map(([key, counted]): Question => {
        const text = `${worded(`${key} is read by no rule`, counted)}. Which field is it, or why may it be ignored?`;
        return { about: 'set', text, answer: line(suggestLine(effective, key)) };
      }),
    ];
  }

  /** Fields of plain values for which the base has a rule and that no sample fills. */
  unfilled(): string[] {
    const { rules } = this.#mapping.effective;
    return [...rules.values()].filter(({ target }) => target.kind !== 'object' && !this.#filled.has(target.path)).map(({ target }) => target.path);
  }
}

function acceptedBy({ effective }: CompiledMapping, { target }: Rule): string {
  const field = target.kind === 'object' ? effective.fields.find(`${target.path}.code`) : target;
  return field?.accepted === undefined ? '' : ` One of ${field.accepted.join(', ')}`;
}

/** `REF VN`: what some selector, condition or table of codes asks for. */
function namedQualifiers({ effective }: CompiledMapping): Set<string> {
  const named = new Set<string>();
  for (const { alternatives } of effective.rules.values())
    for (const alternative of alternatives) {
      const { from, all, each, groupBy, sum, less, time, when, where, codes } = alternative;
      const conditions = [...when, ...where];
      const selectors = [
        ...from,
        ...all,
        ...each,
        ...groupBy,
        ...[sum, less, time].filter((one) => one !== undefined),
        ...conditions.map((one) => one.selector),
      ];
      for (const selector of selectors)
        if (selector.kind === 'path')
          for (const { id, tests } of selector.steps)
            for (const { element, values } of tests)
              if (element === SKINS.x12.qualifierOf(id)) for (const value of values) named.add(`${id} ${value}`);
      for (const { selector, values = [] } of conditions) {
        const id =
          selector.kind === 'path' && selector.value?.kind === 'element' && selector.value.element === 1 ? selector.steps.at(-1)?.id : undefined;
        for (const value of values) named.add(`${id} ${value}`);
      }
      const translated = codes === undefined ? undefined : effective.codes.get(codes);
      for (const selector of translated === undefined ? [] : from)
        if (selector.kind === 'path' && selector.value?.kind === 'element' && selector.value.element === 1)
          for (const code of translated?.keys() ?? []) named.add(`${selector.steps.at(-1)?.id} ${code}`);
    }
  return named;
}
