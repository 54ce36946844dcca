/**
 * Examples of a rule (`examples:`): source text and what the rule must make of it, run whenever the file is read.
 *
 * Everything of the rule is carried out but its selectors and its `when`: what they would find is what the example says. A file whose
 * examples do not hold is refused like one that is not well-formed.
 */
import type { Json } from '../core/canonical.ts';
import { ERRORS } from '../core/errors/errors.ts';
import type { FilePlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import { suggest } from '../core/suggest.ts';
import type { EffectiveMapping } from './effective.ts';
import { Item } from './placed.ts';
import { compileReading, type ReadingContext } from './reading.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { beginRun, type Run } from './run.ts';
import type { Selector } from './selector-syntax.ts';

export interface Example {
  /** The text of `from`; by name where there are several: `from` and `time`, or the inputs of a calc. Empty: it is not there. */
  readonly in: string | Readonly<Record<string, string>>;
  /** Null: no value. */
  readonly out?: Json;
  readonly error?: string;
  readonly place: FilePlace;
}

/** Runs the examples that the mapping's own file has; how many there are. Those of a base ran with the base. */
export function runExamples(mapping: EffectiveMapping, context: ReadingContext, report: (problem: Problem) => void): number {
  let count = 0;
  for (const rule of mapping.rules.values())
    for (const alternative of rule.alternatives) {
      if (alternative.place.file !== mapping.file) continue;
      count += alternative.examples.length;
      for (const example of alternative.examples) {
        const fault = faultOf(rule, alternative, example, context);
        if (fault !== undefined)
          report({ code: 'ERR_MAPPING_EXAMPLE', severity: 'error', at: example.place, ...fault, message: `${rule.target.path}: ${fault.message}` });
      }
    }
  return count;
}

type ExampleFault = Pick<Problem, 'message' | 'expected' | 'found' | 'hint'>;

function faultOf(rule: Rule, alternative: Alternative, { in: given, out, error }: Example, context: ReadingContext): ExampleFault | undefined {
  if ((out === undefined) === (error === undefined)) return { message: 'expected one of out and error in an example' };
  if (error !== undefined && !Object.hasOwn(ERRORS, error)) {
    const near = suggest(error, Object.keys(ERRORS));
    return { message: `there is no fault "${error}"`, found: error, hint: near === undefined ? undefined : `did you mean "${near}"?` };
  }
  const names = namesOf(alternative);
  const texts = typeof given === 'string' ? { [names[0] ?? '']: given } : given;
  const strange = Object.keys(texts).find((name) => !names.includes(name));
  if (strange !== undefined)
    return { message: `expected ${names.join(', ')} in an example, found "${strange}"`, expected: names.join(', '), found: strange };
  const places = names.map((_name, index) => selectorOf(index + 1));
  const run = beginRun(treeOf(names.map((name) => texts[name] ?? '')), 1);
  const found = carryOut(rule, withSelectors(alternative, places), context, run);
  if (found === out || (error !== undefined && found === undefined && run.problems.some(({ code }) => code === error))) return undefined;
  const expected = error ?? inWords(out);
  const was = run.problems.find(({ severity }) => severity === 'error');
  const fact = was?.code ?? inWords(found);
  return { message: `of ${inWords(given)} expected ${expected}, found ${fact}`, expected, found: fact, hint: was?.hint };
}

function carryOut(rule: Rule, alternative: Alternative, context: ReadingContext, run: Run): Json | undefined {
  const plain: Rule = { ...rule, target: { ...rule.target, list: false }, alternatives: [alternative] };
  const value = compileReading(plain, rule.target.path, context)(run.effort.root, new Item(), run);
  return value === undefined && run.problems.length === 0 ? null : value;
}

/** What an example may say, the first of them without a name. */
const namesOf = ({ calc, time }: Alternative): string[] =>
  calc === undefined ? ['from', ...(time === undefined ? [] : ['time'])] : calc.inputs.map(({ name }) => name);

/** The rule as it would be if all it reads stood side by side in one segment. */
function withSelectors(alternative: Alternative, [first, second, ...more]: readonly Selector[]): Alternative {
  if (first === undefined) return alternative;
  const { calc, time } = alternative;
  if (calc === undefined) return readingAt({ ...alternative, time: time === undefined ? undefined : second }, first);
  const places = [first, ...(second === undefined ? [] : [second]), ...more];
  const inputs = calc.inputs.map((input, index) => ({ ...input, alternative: readingAt(input.alternative, places[index] ?? first) }));
  return { ...alternative, when: [], calc: { ...calc, inputs } };
}

const readingAt = (alternative: Alternative, place: Selector): Alternative => ({
  ...alternative,
  when: [],
  each: [],
  all: [],
  from: alternative.sum === undefined ? [place] : [],
  sum: alternative.sum === undefined ? undefined : place,
});

/** No segment of X12 has a name of one letter. */
const SEGMENT = 'X';

const selectorOf = (element: number): Selector => ({
  kind: 'path',
  text: 'the example',
  origin: 'here',
  steps: [{ axis: 'child', id: SEGMENT, tests: [] }],
  value: { kind: 'element', element },
});

function treeOf(texts: readonly string[]): SourceLoop {
  const segment: SourceSegment = {
    id: SEGMENT,
    ordinal: 1,
    offset: 0,
    size: texts.length,
    value: (element) => texts[element - 1] ?? '',
    isEmpty: (element) => (texts[element - 1] ?? '') === '',
    offsetOf: () => 0,
    components: () => 1,
    repetitions: () => 1,
  };
  return { id: 'example', segments: [segment], loops: [], parent: null };
}

const inWords = (value: unknown): string => (value === null || value === undefined ? 'nothing' : JSON.stringify(value));
