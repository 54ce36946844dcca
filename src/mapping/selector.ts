/**
 * Selectors compiled to closures, once per mapping: no text is looked at again while documents are mapped.
 *
 * A value selector takes the *first* match of every step and never looks further, so that a segment that is missing in one
 * line can never be answered by the next line's. A loop selector takes all matches. Both count what they visit against the run's budget.
 */
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import type { Condition } from './condition-syntax.ts';
import type { Selector, Step, Test, ValueName } from './selector-syntax.ts';

/** Where a rule stands while it reads: in a loop, or at one segment of it. */
export interface Spot {
  readonly loop: SourceLoop;
  /** Set when the loop rule named a segment that opens no loop. */
  readonly segment: SourceSegment | undefined;
  /** 1-based; 0 where no code expanded. */
  readonly part: number;
}

/** A value that is there, and where. */
export interface Hit {
  readonly text: string;
  readonly segment: SourceSegment;
  readonly element: number;
  readonly component: number | undefined;
  readonly repetition: number | undefined;
}

/** What bounds the work of one document. */
export interface Effort {
  /** Counts down; the run ends with a fault below zero. */
  left: number;
  readonly root: Spot;
  /** Answers of selectors from the root: the same in every loop of the document. */
  readonly fromRoot: Map<Selector, Hit | undefined>;
}

export class EffortSpent extends Error {}

export type ReadValue = (spot: Spot, effort: Effort) => Hit | undefined;
export type FindSpots = (spot: Spot, effort: Effort) => readonly Spot[];
export type Holds = (spot: Spot, effort: Effort) => boolean;

export const spotOf = (loop: SourceLoop, segment?: SourceSegment): Spot => ({ loop, segment, part: 0 });

/** The segment that a spot is about. */
export const segmentAt = (spot: Spot): SourceSegment | undefined => spot.segment ?? spot.loop.segments[0];

export function compileValue(selector: Selector): ReadValue {
  if (selector.kind === 'part') return () => undefined;
  const { steps, value } = selector;
  const last = steps.at(-1);
  if (last === undefined || value === undefined) return () => undefined;
  const leading = steps.slice(0, -1).map(compileStep);
  const final = compileStep(last);
  const read = compileRead(value);
  const enclosing = selector.origin === 'enclosing';
  const walk: ReadValue = (start, effort) => {
    let spot: Spot | undefined = selector.origin === 'root' ? effort.root : start;
    for (let i = 0; i < leading.length; i++) {
      spot = i === 0 && enclosing ? leading[0]?.enclosing(spot, effort) : leading[i]?.firstSpot(spot, effort);
      if (spot === undefined) return undefined;
    }
    const segment: SourceSegment | undefined =
      enclosing && leading.length === 0 ? final.enclosing(spot, effort)?.loop.segments[0] : final.firstSegment(spot, effort);
    return segment === undefined ? undefined : read(segment);
  };
  if (selector.origin !== 'root') return walk;
  return (start, effort) => {
    if (effort.fromRoot.has(selector)) return effort.fromRoot.get(selector);
    const hit = walk(start, effort);
    effort.fromRoot.set(selector, hit);
    return hit;
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
      const hit = segment === undefined ? undefined : read(segment);
      return hit === undefined ? [] : [hit];
    });
}

export function compileSpots(selector: Selector): FindSpots {
  if (selector.kind === 'part') return () => [];
  const steps = selector.steps.map(compileStep);
  return (start, effort) => {
    let spots: readonly Spot[] = [selector.origin === 'root' ? effort.root : start];
    for (const [index, step] of steps.entries()) {
      const found: Spot[] = [];
      for (const spot of spots) {
        if (index === 0 && selector.origin === 'enclosing') {
          const around = step.enclosing(spot, effort);
          if (around !== undefined) found.push(around);
        } else step.collect(spot, effort, found);
      }
      spots = found;
    }
    return spots;
  };
}

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
  const read = compileValue(selector);
  if (values === undefined) return (spot, effort) => read(spot, effort) !== undefined;
  const wanted = new Set(values);
  return (spot, effort) => wanted.has(read(spot, effort)?.text.trim() ?? '') !== negated;
}

function compileRead(value: ValueName): (segment: SourceSegment) => Hit | undefined {
  if (value.kind === 'element') {
    const { element, component, repetition } = value;
    return (segment) => {
      const text = segment.value(element, component, repetition);
      return isBlank(text) ? undefined : { text, segment, element, component, repetition };
    };
  }
  const { qualifier, start } = value;
  return (segment) => {
    for (let element = start; element < segment.size; element += 2) {
      if (segment.value(element) !== qualifier) continue;
      const text = segment.value(element + 1);
      return isBlank(text) ? undefined : { text, segment, element: element + 1, component: undefined, repetition: undefined };
    }
    return undefined;
  };
}

/** X12 pads with blanks: an element of nothing else says nothing. */
const isBlank = (text: string): boolean => text === '' || (text.charCodeAt(0) === 0x20 && text.trim() === '');

interface CompiledStep {
  firstSegment(spot: Spot, effort: Effort): SourceSegment | undefined;
  firstSpot(spot: Spot, effort: Effort): Spot | undefined;
  collect(spot: Spot, effort: Effort, into: Spot[]): void;
  enclosing(spot: Spot, effort: Effort): Spot | undefined;
}

function compileStep(step: Step): CompiledStep {
  const { id } = step;
  const nth = step.nth ?? 1;
  const passes = compileTests(step.tests);
  const triggerPasses = (loop: SourceLoop): boolean => {
    const trigger = loop.segments[0];
    return loop.id === id && trigger !== undefined && passes(trigger);
  };

  function* segmentsAt(spot: Spot): Generator<SourceSegment> {
    if (spot.segment !== undefined) {
      if (spot.segment.id === id && passes(spot.segment)) yield spot.segment;
      return;
    }
    for (const segment of spot.loop.segments) if (segment.id === id && passes(segment)) yield segment;
  }

  /** All matches, own segments and loops directly inside in the order of the document. */
  const gatherChildren = (spot: Spot, effort: Effort): Spot[] => {
    const own = [...segmentsAt(spot)];
    // A loop's own trigger is the loop itself: it is meant only where nothing inside has that name.
    const inner = spot.segment === undefined && own[0] === spot.loop.segments[0] ? own.slice(1) : own;
    const spots = inner.map((segment) => spotOf(spot.loop, segment));
    if (spot.segment === undefined) {
      spend(effort, spot.loop.loops.length);
      for (const loop of spot.loop.loops) if (triggerPasses(loop)) spots.push(spotOf(loop));
      if (inner.length > 0) spots.sort((a, b) => (segmentAt(a)?.ordinal ?? 0) - (segmentAt(b)?.ordinal ?? 0));
    }
    return spots.length === 0 && own[0] !== undefined ? [spotOf(spot.loop, own[0])] : spots;
  };

  /** Loops and segments below, depth first without recursion: a hostile HL chain may nest thousands deep. */
  const gatherDescendants = (spot: Spot, effort: Effort, wanted: number): Spot[] => {
    const spots: Spot[] = [];
    const waiting: SourceLoop[] = spot.segment === undefined ? [spot.loop] : [];
    for (let loop = waiting.pop(); loop !== undefined && spots.length < wanted; loop = waiting.pop()) {
      const { segments, loops } = loop;
      spend(effort, segments.length);
      if (loop !== spot.loop && triggerPasses(loop)) spots.push(spotOf(loop));
      for (let i = 1; i < segments.length; i++) {
        const segment = segments[i];
        if (segment !== undefined && segment.id === id && passes(segment)) spots.push(spotOf(loop, segment));
      }
      for (let i = loops.length - 1; i >= 0; i--) {
        const inner = loops[i];
        if (inner !== undefined) waiting.push(inner);
      }
    }
    return spots;
  };

  const gather = (spot: Spot, effort: Effort, wanted: number): Spot[] =>
    step.axis === 'descendant' ? gatherDescendants(spot, effort, wanted) : gatherChildren(spot, effort);

  return {
    firstSegment(spot, effort) {
      if (step.axis === 'descendant') {
        const found = gatherDescendants(spot, effort, nth)[nth - 1];
        return found === undefined ? undefined : segmentAt(found);
      }
      let seen = 0;
      if (spot.segment !== undefined) return spot.segment.id === id && passes(spot.segment) && nth === 1 ? spot.segment : undefined;
      const { segments, loops } = spot.loop;
      for (let i = 0; i < segments.length; i++) {
        const segment = segments[i];
        if (segment !== undefined && segment.id === id && passes(segment) && ++seen === nth) return segment;
      }
      for (let i = 0; i < loops.length; i++) {
        const loop = loops[i];
        if (loop !== undefined && triggerPasses(loop) && ++seen === nth) {
          spend(effort, i);
          return loop.segments[0];
        }
      }
      spend(effort, segments.length + loops.length);
      return undefined;
    },
    firstSpot: (spot, effort) => gather(spot, effort, nth)[nth - 1],
    collect(spot, effort, into) {
      const found = gather(spot, effort, step.nth ?? Number.POSITIVE_INFINITY);
      if (step.nth === undefined) for (const one of found) into.push(one);
      else {
        const one = found[step.nth - 1];
        if (one !== undefined) into.push(one);
      }
    },
    enclosing(spot, effort) {
      for (let loop = spot.segment === undefined ? spot.loop.parent : spot.loop; loop !== null; loop = loop.parent) {
        spend(effort, 1);
        if (triggerPasses(loop)) return spotOf(loop);
      }
      return undefined;
    },
  };
}

function compileTests(tests: readonly Test[]): (segment: SourceSegment) => boolean {
  const [only, ...more] = tests;
  if (only === undefined) return () => true;
  const { element, negated } = only;
  const wanted = only.values[0] ?? '';
  if (more.length === 0 && only.values.length === 1 && !negated) return (segment) => segment.value(element).trimEnd() === wanted;
  const all = tests.map((test) => ({ element: test.element, values: new Set(test.values), negated: test.negated }));
  return (segment) => all.every((test) => test.values.has(segment.value(test.element).trimEnd()) !== test.negated);
}

function spend(effort: Effort, steps: number): void {
  effort.left -= steps;
  if (effort.left < 0) throw new EffortSpent();
}
