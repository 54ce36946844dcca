/** The state of mapping one document: what was found wrong, where values came from, and how much effort is left. */
import type { Json } from '../core/canonical.ts';
import type { ErrorCode } from '../core/errors/errors.ts';
import { elementName, type SegmentPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import { type Item, PlacedValues, type Slot } from './placed.ts';
import { beginReads } from './reads.ts';
import type { Alternative } from './rule-syntax.ts';
import { type Effort, Hit, NO_ELEMENT, type Spot, segmentAt, spotOf } from './selector.ts';
import type { ElementName } from './selector-syntax.ts';

/** Steps of selectors per document; two hundred for each segment of the largest set that is parsed. */
const MAX_EFFORT = 50_000_000;
/** Values per document: bounds memory, lineage included. */
const MAX_VALUES = 2_000_000;
/** A document with more faults than this is not read any better for listing them. */
export const MAX_PROBLEMS = 100;

export class ValuesSpent extends Error {}

export interface Fault {
  readonly code: ErrorCode;
  readonly severity?: 'error' | 'warning';
  readonly target: string;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly hint?: string | undefined;
  readonly rule: Pick<Alternative, 'place'>;
}

export interface SharedValue {
  readonly value: Json;
  readonly segment: SourceSegment | undefined;
  readonly name: ElementName;
}

const NO_SLOT: Slot = { suffix: '', rule: '' };

export interface Run {
  readonly effort: Effort;
  readonly problems: Problem[];
  readonly placed: PlacedValues;
  /** Of the value that a rule gave last: where it stands, if anywhere, and which rule that was. */
  segment: SourceSegment | undefined;
  name: ElementName;
  slot: Slot;
  /** Targets for which a fault was reported: the schema need not report them again. */
  readonly failed: Set<string>;
  /** Where the answers of `same` are kept. */
  readonly shared: Map<object, SharedValue | null>;
  /** Counts values that the document gave: tells whether an object has any. */
  sourced: number;
  /** A value was put in place that its field may not take: only the whole schema can say what is wrong. */
  doubtful: boolean;
  readonly causes: Set<string>;
}

export function beginRun(tree: SourceLoop, segments: number): Run {
  return {
    effort: {
      left: MAX_EFFORT,
      root: spotOf(tree),
      fromRoot: new Map(),
      pairs: { segment: undefined, qualifiers: [] },
      reads: beginReads(tree.segments[0]?.ordinal ?? 1, segments),
      segment: undefined,
      name: NO_ELEMENT,
    },
    problems: [],
    placed: new PlacedValues(segments),
    segment: undefined,
    name: NO_ELEMENT,
    slot: NO_SLOT,
    failed: new Set(),
    shared: new Map(),
    causes: new Set(),
    sourced: 0,
    doubtful: false,
  };
}

/** Notes the value that a rule gave last. */
export function keep(run: Run, item: Item, value: Json): void {
  if (run.placed.count >= MAX_VALUES) throw new ValuesSpent();
  run.placed.add(item, run.slot, value, run.segment, run.name);
}

const placeOfHit = ({ segment, name: { element, component, repetition } }: Hit): SegmentPlace => ({
  kind: 'segment',
  offset: segment.offsetOf(element, component, repetition),
  segment: segment.ordinal,
  segmentId: segment.id,
  element,
  component,
  repetition,
});

/** `PO1[2]/ACK[1]`: the loops around a place, outermost first; the root is not named. */
function loopPath(loop: SourceLoop): string | undefined {
  const names: string[] = [];
  for (let at = loop; at.parent !== null && names.length < 32; at = at.parent) {
    const alike = at.parent.loops.filter((one) => one.id === at.id);
    names.unshift(`${at.id}[${alike.indexOf(at) + 1}]`);
  }
  return names.length === 0 ? undefined : names.join('/');
}

function placeOfSpot(spot: Spot): SegmentPlace | undefined {
  const segment = segmentAt(spot);
  if (segment === undefined) return undefined;
  return { kind: 'segment', offset: segment.offset, segment: segment.ordinal, segmentId: segment.id, loop: loopPath(spot.loop) };
}

export const nameOfHit = (hit: Hit): string => elementName(placeOfHit(hit));

/** Reports once per cause: the same fault of the same element is said once, whichever rules met it. */
export function reportFault(run: Run, where: Hit | Spot, fault: Fault): void {
  const at = where instanceof Hit ? placeOfHit(where) : placeOfSpot(where);
  const severity = fault.severity ?? 'error';
  if (severity === 'error') run.failed.add(fault.target);
  const cause = `${fault.code} ${at?.segment} ${at?.element} ${at?.component} ${at?.repetition} ${at?.element === undefined ? fault.target : fault.expected}`;
  if (run.causes.has(cause) || run.problems.length >= MAX_PROBLEMS) return;
  run.causes.add(cause);
  run.problems.push({
    code: fault.code,
    severity,
    message: `${fault.target}: ${fault.message}`,
    at,
    expected: fault.expected,
    found: fault.found,
    hint: fault.hint,
    rule: fault.rule.place,
  });
}
