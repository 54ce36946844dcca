/**
 * Selectors compiled to closures, once per mapping: no text is looked at again while documents are mapped.
 *
 * A value selector takes the *first* match of every step and never looks further, so that a segment that is missing in one
 * line can never be answered by the next line's. A loop selector takes all matches. Both count what they visit against the run's budget.
 */
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import { isBlank, withoutBlanks, withoutPadding } from './blanks.ts';
import type { Condition } from './condition-syntax.ts';
import { markPart, markRead, type Reads } from './reads.ts';
import type { ElementName, Selector, Step, Test, ValueName } from './selector-syntax.ts';

/** Where a rule stands while it reads: in a loop, or at one segment of it. */
export interface Spot {
  readonly loop: SourceLoop;
  /** Set when the loop rule named a segment that opens no loop. */
  readonly segment: SourceSegment | undefined;
  /** 1-based; 0 where no code expanded. */
  readonly part: number;
  /** All that `group-by` brought together, this one the first; undefined where it is alone. */
  readonly together: readonly Spot[] | undefined;
}

/** A value that is there, and where. */
export class Hit {
  readonly segment: SourceSegment;
  readonly name: ElementName;
  /** As sent. */
  readonly text: string;

  constructor(segment: SourceSegment, name: ElementName, text: string) {
    this.segment = segment;
    this.name = name;
    this.text = text;
  }
}

/** What bounds the work of one document. */
export interface Effort {
  /** Counts down; the run ends with a fault below zero. */
  left: number;
  readonly root: Spot;
  /** Answers of selectors from the root: the same in every loop of the document. */
  readonly fromRoot: Map<Selector, { readonly segment: SourceSegment | undefined; readonly name: ElementName; readonly text: string }>;
  /** Qualifiers of the product-id pairs of the segment asked last: a line asks its own for a dozen of them. */
  readonly pairs: { segment: SourceSegment | undefined; readonly qualifiers: string[] };
  /** What was looked at. */
  readonly reads: Reads;
  /** Where the value that was read last stands: that costs no object for each of them. */
  segment: SourceSegment | undefined;
  name: ElementName;
}

export class EffortSpent extends Error {}

/** The text as sent, and in `effort` where it stands; empty where there is none. */
export type ReadValue = (spot: Spot, effort: Effort) => string;
export type FindSpots = (spot: Spot, effort: Effort) => readonly Spot[];
export type Holds = (spot: Spot, effort: Effort) => boolean;

export const spotOf = (loop: SourceLoop, segment?: SourceSegment): Spot => ({ loop, segment, part: 0, together: undefined });

/** The segment that a spot is about. */
export const segmentAt = (spot: Spot): SourceSegment | undefined => spot.segment ?? spot.loop.segments[0];

type FindSegment = (spot: Spot, effort: Effort) => SourceSegment | undefined;

export function compileValue(selector: Selector): ReadValue {
  if (selector.kind === 'part' || selector.value === undefined) return () => '';
  const find = compileSegment(selector.steps, selector.origin);
  const read = compileRead(selector.value);
  const [step, ...more] = selector.steps;
  if (selector.origin === 'here' && step !== undefined && more.length === 0 && isPlain(step) && selector.value.kind === 'element')
    return compileOwn(step.id, find, selector.value);
  if (selector.origin !== 'root')
    return (spot, effort) => {
      const segment = find(spot, effort);
      return segment === undefined ? '' : read(segment, effort);
    };
  return (spot, effort) => {
    const known = effort.fromRoot.get(selector);
    if (known !== undefined) {
      effort.segment = known.segment;
      effort.name = known.name;
      return known.text;
    }
    const segment = find(spot, effort);
    const text = segment === undefined ? '' : read(segment, effort);
    effort.fromRoot.set(selector, { segment, name: effort.name, text });
    return text;
  };
}

const isPlain = ({ axis, tests, nth }: Step): boolean => axis === 'child' && tests.length === 0 && nth === undefined;

/** Most rules read an element of the very segment they stand at, or of the trigger of their loop: that is tried before anything is searched. */
function compileOwn(id: string, search: FindSegment, name: ElementName): ReadValue {
  const read = compileElement(name);
  return (spot, effort) => {
    const own = spot.segment ?? spot.loop.segments[0];
    const segment = own !== undefined && own.id === id ? own : search(spot, effort);
    return segment === undefined ? '' : read(segment, effort);
  };
}

function compileSegment(steps: readonly Step[], origin: 'here' | 'root' | 'enclosing'): FindSegment {
  const [only, ...more] = steps.map(compileStep);
  const final = more.pop() ?? only;
  if (only === undefined || final === undefined) return () => undefined;
  if (steps.length === 1) {
    if (origin === 'enclosing') return (spot, effort) => only.enclosing(spot, effort)?.loop.segments[0];
    return origin === 'here' ? only.firstSegment : (_spot, effort) => only.firstSegment(effort.root, effort);
  }
  return (start, effort) => {
    let spot = origin === 'enclosing' ? only.enclosing(start, effort) : only.firstSpot(origin === 'root' ? effort.root : start, effort);
    for (let i = 0; i < more.length && spot !== undefined; i++) spot = more[i]?.firstSpot(spot, effort);
    return spot === undefined ? undefined : final.firstSegment(spot, effort);
  };
}

/** Every match of a value selector, not only the first. */
export function compileAllValues(selector: Selector): (spot: Spot, effort: Effort) => Hit[] {
  if (selector.kind === 'part' || selector.value === undefined) return () => [];
  const find = compileSpots(selector);
  const read = compileRead(selector.value);
  return (spot, effort) =>
    find(spot, effort).flatMap((one) => {
      const segment = segmentAt(one);
      const text = segment === undefined ? '' : read(segment, effort);
      return segment === undefined || text === '' ? [] : [new Hit(segment, effort.name, text)];
    });
}

export function compileSpots(selector: Selector): FindSpots {
  if (selector.kind === 'part') return () => NONE;
  const [first, ...more] = selector.steps.map(compileStep);
  if (first === undefined) return () => NONE;
  const { origin } = selector;
  return (start, effort) => {
    let spots = origin === 'enclosing' ? listOf(first.enclosing(start, effort)) : first.all(origin === 'root' ? effort.root : start, effort);
    for (const step of more)
      spots = spots.length === 1 && spots[0] !== undefined ? step.all(spots[0], effort) : spots.flatMap((spot) => step.all(spot, effort));
    return spots;
  };
}

const listOf = (spot: Spot | undefined): readonly Spot[] => (spot === undefined ? NONE : [spot]);

export function compileCondition(condition: Condition): Holds {
  const { selector, values, negated } = condition;
  if (selector.kind === 'part') {
    const parts = new Set(values ?? []);
    return (spot) => parts.has(String(spot.part)) !== negated;
  }
  if (selector.value === undefined) {
    const find = compileSpots(selector);
    return (spot, effort) => find(spot, effort).length > 0;
  }
  const find = compileSegment(selector.steps, selector.origin);
  const textOf = compileTextOf(selector.value);
  const text: (spot: Spot, effort: Effort) => string = (spot, effort) => {
    const segment = find(spot, effort);
    return segment === undefined ? '' : textOf(segment, effort);
  };
  if (values === undefined) return (spot, effort) => !isBlank(text(spot, effort));
  const [wantedOnly, ...more] = values;
  if (more.length === 0) return (spot, effort) => (withoutBlanks(text(spot, effort)) === wantedOnly) !== negated;
  const wanted = new Set(values);
  return (spot, effort) => wanted.has(withoutBlanks(text(spot, effort))) !== negated;
}

/** A condition needs no place, only the text. */
function compileTextOf(value: ValueName): (segment: SourceSegment, effort: Effort) => string {
  const read = compileRead(value);
  if (value.kind === 'pair') return read;
  const { element, component, repetition } = value;
  const mark = marking(value);
  return (segment, effort) => {
    mark(effort.reads, segment, element, component, repetition);
    return segment.value(element, component, repetition);
  };
}

type ReadSegment = (segment: SourceSegment, effort: Effort) => string;

function compileRead(value: ValueName): ReadSegment {
  if (value.kind === 'element') return compileElement(value);
  const { qualifier, start } = value;
  return (segment, effort) => {
    const { pairs } = effort;
    if (pairs.segment !== segment) {
      pairs.segment = segment;
      pairs.qualifiers.length = 0;
      for (let element = start; element < segment.size; element += 2) {
        pairs.qualifiers.push(segment.value(element));
        markRead(effort.reads, segment, element);
      }
    }
    const nth = pairs.qualifiers.indexOf(qualifier);
    if (nth < 0) return '';
    const element = start + nth * 2 + 1;
    const text = segment.value(element);
    markRead(effort.reads, segment, element);
    if (isBlank(text)) return '';
    effort.segment = segment;
    effort.name = wholeElement(element);
    return text;
  };
}

function compileElement(name: ElementName): ReadSegment {
  const { element, component, repetition } = name;
  const mark = marking(name);
  return (segment, effort) => {
    const text = segment.value(element, component, repetition);
    mark(effort.reads, segment, element, component, repetition);
    if (isBlank(text)) return '';
    effort.segment = segment;
    effort.name = name;
    return text;
  };
}

const WHOLE: readonly ElementName[] = Array.from({ length: 64 }, (_, element) => ({ kind: 'element', element }));
const wholeElement = (element: number): ElementName => WHOLE[element] ?? { kind: 'element', element };

export const NO_ELEMENT: ElementName = { kind: 'element', element: 0 };

const marking = ({ component, repetition }: { component?: number | undefined; repetition?: number | undefined }): typeof markPart =>
  component === undefined && repetition === undefined ? markRead : markPart;

const NONE: readonly Spot[] = [];

interface CompiledStep {
  firstSegment(spot: Spot, effort: Effort): SourceSegment | undefined;
  firstSpot(spot: Spot, effort: Effort): Spot | undefined;
  all(spot: Spot, effort: Effort): readonly Spot[];
  enclosing(spot: Spot, effort: Effort): Spot | undefined;
}

function compileStep(step: Step): CompiledStep {
  const { id } = step;
  const nth = step.nth ?? 1;
  const passes = compileTests(step.tests);
  const triggerPasses = (loop: SourceLoop, effort: Effort): boolean => {
    const trigger = loop.segments[0];
    return loop.id === id && trigger !== undefined && passes(trigger, effort);
  };

  /** All matches, own segments and loops directly inside in the order of the document. */
  const gatherChildren = (spot: Spot, effort: Effort): readonly Spot[] => {
    if (spot.segment !== undefined) return spot.segment.id === id && passes(spot.segment, effort) ? [spotOf(spot.loop, spot.segment)] : NONE;
    const { segments, loops } = spot.loop;
    spend(effort, segments.length + loops.length);
    let spots: Spot[] | undefined;
    let own = 0;
    for (let i = 1; i < segments.length; i++) {
      const segment = segments[i];
      if (segment === undefined || segment.id !== id || !passes(segment, effort)) continue;
      spots ??= [];
      spots.push(spotOf(spot.loop, segment));
      own++;
    }
    for (let i = 0; i < loops.length; i++) {
      const loop = loops[i];
      if (loop === undefined || !triggerPasses(loop, effort)) continue;
      spots ??= [];
      spots.push(spotOf(loop));
    }
    if (spots !== undefined) {
      if (own > 0 && own < spots.length) spots.sort((a, b) => (segmentAt(a)?.ordinal ?? 0) - (segmentAt(b)?.ordinal ?? 0));
      return spots;
    }
    // A loop's own trigger is the loop itself: it is meant only where nothing inside has that name.
    const trigger = segments[0];
    return trigger !== undefined && trigger.id === id && passes(trigger, effort) ? [spotOf(spot.loop, trigger)] : NONE;
  };

  /** Loops and segments below, depth first without recursion: a hostile HL chain may nest thousands deep. */
  const gatherDescendants = (spot: Spot, effort: Effort, wanted: number): Spot[] => {
    const spots: Spot[] = [];
    const waiting: SourceLoop[] = spot.segment === undefined ? [spot.loop] : [];
    for (let loop = waiting.pop(); loop !== undefined && spots.length < wanted; loop = waiting.pop()) {
      const { segments, loops } = loop;
      spend(effort, segments.length);
      if (loop !== spot.loop && triggerPasses(loop, effort)) spots.push(spotOf(loop));
      for (let i = 1; i < segments.length; i++) {
        const segment = segments[i];
        if (segment !== undefined && segment.id === id && passes(segment, effort)) spots.push(spotOf(loop, segment));
      }
      for (let i = loops.length - 1; i >= 0; i--) {
        const inner = loops[i];
        if (inner !== undefined) waiting.push(inner);
      }
    }
    return spots;
  };

  const gather = (spot: Spot, effort: Effort, wanted: number): readonly Spot[] =>
    step.axis === 'descendant' ? gatherDescendants(spot, effort, wanted) : gatherChildren(spot, effort);

  return {
    firstSegment(spot, effort) {
      if (step.axis === 'descendant') {
        const found = gatherDescendants(spot, effort, nth)[nth - 1];
        return found === undefined ? undefined : segmentAt(found);
      }
      let seen = 0;
      if (spot.segment !== undefined) return spot.segment.id === id && passes(spot.segment, effort) && nth === 1 ? spot.segment : undefined;
      const { segments, loops } = spot.loop;
      for (let i = 0; i < segments.length; i++) {
        const segment = segments[i];
        if (segment !== undefined && segment.id === id && passes(segment, effort) && ++seen === nth) return segment;
      }
      for (let i = 0; i < loops.length; i++) {
        const loop = loops[i];
        if (loop !== undefined && triggerPasses(loop, effort) && ++seen === nth) {
          spend(effort, i);
          return loop.segments[0];
        }
      }
      spend(effort, segments.length + loops.length);
      return undefined;
    },
    firstSpot: (spot, effort) => gather(spot, effort, nth)[nth - 1],
    all: (spot, effort) =>
      step.nth === undefined ? gather(spot, effort, Number.POSITIVE_INFINITY) : listOf(gather(spot, effort, step.nth)[step.nth - 1]),
    enclosing(spot, effort) {
      for (let loop = spot.segment === undefined ? spot.loop.parent : spot.loop; loop !== null; loop = loop.parent) {
        spend(effort, 1);
        if (triggerPasses(loop, effort)) return spotOf(loop);
      }
      return undefined;
    },
  };
}

function compileTests(tests: readonly Test[]): (segment: SourceSegment, effort: Effort) => boolean {
  const [only, ...more] = tests;
  if (only === undefined) return () => true;
  const { element, negated } = only;
  const wanted = only.values[0] ?? '';
  if (more.length === 0 && only.values.length === 1 && !negated)
    return (segment, effort) => {
      markRead(effort.reads, segment, element);
      return withoutPadding(segment.value(element)) === wanted;
    };
  const all = tests.map((test) => ({ element: test.element, values: new Set(test.values), negated: test.negated }));
  return (segment, effort) =>
    all.every((test) => {
      markRead(effort.reads, segment, test.element);
      return test.values.has(withoutPadding(segment.value(test.element))) !== test.negated;
    });
}

function spend(effort: Effort, steps: number): void {
  effort.left -= steps;
  if (effort.left < 0) throw new EffortSpent();
}
