/** The state of mapping one document: what was found wrong, where values came from, and how much effort is left. */
import type { LineageEntry } from '../core/canonical.ts';
import type { ErrorCode } from '../core/errors/errors.ts';
import { elementName, type SegmentPlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceLoop } from '../core/source-tree.ts';
import { beginReads } from './reads.ts';
import type { Alternative } from './rule-syntax.ts';
import { type Effort, type Hit, type Spot, segmentAt, spotOf } from './selector.ts';

/** Steps of selectors per document; two hundred for each segment of the largest set that is parsed. */
const MAX_EFFORT = 50_000_000;
/** Values per document: bounds memory, lineage included. */
const MAX_VALUES = 2_000_000;
/** A document with more faults than this is not read any better for listing them. */
const MAX_PROBLEMS = 100;

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

export interface Run {
  readonly effort: Effort;
  readonly problems: Problem[];
  readonly lineage: LineageEntry[];
  /** Targets for which a fault was reported: the schema need not report them again. */
  readonly failed: Set<string>;
  /** Where the answers of `same` are kept. */
  readonly shared: Map<object, LineageEntry | null>;
  /** Counts values that the document gave: tells whether an object has any. */
  sourced: number;
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
    },
    problems: [],
    lineage: [],
    failed: new Set(),
    shared: new Map(),
    causes: new Set(),
    sourced: 0,
  };
}

export function keep(run: Run, entry: LineageEntry): void {
  if (run.lineage.length >= MAX_VALUES) throw new ValuesSpent();
  run.lineage.push(entry);
}

// Written out: an object made by spreading has a shape of its own, which only a full collection of the heap lets go of.
const placeOfHit = ({ offset, segment, segmentId, element, component, repetition }: Hit): SegmentPlace => ({
  kind: 'segment',
  offset,
  segment,
  segmentId,
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
  const at = 'element' in where ? placeOfHit(where) : placeOfSpot(where);
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
