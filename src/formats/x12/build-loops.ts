/**
 * Puts the segments of a set into its loops, by the set's definition.
 *
 * By position and, where a part has them, by qualifiers. Nearest loop first: a segment belongs to the innermost open loop that has a place for it. What comes late in a loop is kept
 * there with a warning, and never slides on into a later table of the set, where it would mean something else (a TXI after PID
 * is the line's tax, not the invoice's). What fits no open loop is kept where it stands, and reported.
 */
import type { SourceLoop, SourceSegment } from '../../core/source-tree.ts';
import { type Report, shown } from './fault.ts';
import type { LoopDefinition, Part, SetDefinition } from './grammar.ts';
import type { X12Segment } from './segment.ts';
import { isSegmentName } from './segment-name.ts';

export interface LoopNode extends SourceLoop {
  readonly segments: SourceSegment[];
  readonly loops: LoopNode[];
  parent: LoopNode | null;
}

interface OpenLoop {
  node: LoopNode;
  definition: LoopDefinition;
  /** Of the last part that came. */
  position: number;
  /** Pairs: the index of a part that came, and how often. A loop sees few of its many parts. */
  readonly tally: number[];
}

interface Match {
  readonly depth: number;
  readonly part: Part;
  readonly late: boolean;
}

export const loopNode = (id: string, parent: LoopNode | null): LoopNode => ({ id, segments: [], loops: [], parent });

/** `segments`: from ST on; SE too when it came. */
export function buildLoops(definition: SetDefinition, segments: readonly X12Segment[], report: Report): LoopNode {
  const root = loopNode(definition.id, null);
  const open: OpenLoop[] = [{ node: root, definition: definition.root, position: 0, tally: [] }];
  const closed: OpenLoop[] = [];
  for (const segment of segments) {
    if (segment.id === 'ST' || segment.id === 'SE') {
      if (segment.id === 'SE') closeTo(open, 0, closed, report);
      root.segments.push(segment);
      continue;
    }
    const match = findPlace(open, segment);
    if (match === undefined) keepUnplaced(open, definition, segment, report);
    else place(open, match, closed, segment, report);
  }
  closeTo(open, -1, closed, report);
  return root;
}

/** Takes up again what a closed loop left: a message opens and closes a loop with nearly every segment. */
function openLoop(node: LoopNode, definition: LoopDefinition, closed: OpenLoop[]): OpenLoop {
  const loop = closed.pop();
  if (loop === undefined) return { node, definition, position: 0, tally: [] };
  loop.node = node;
  loop.definition = definition;
  loop.position = 0;
  loop.tally.length = 0;
  return loop;
}

function tallyOf({ tally }: OpenLoop, part: Part): number {
  for (let i = tally.length - 2; i >= 0; i -= 2) if (tally[i] === part.index) return tally[i + 1] as number;
  return 0;
}

/** Counts one more; returns how many there are now. */
function count({ tally }: OpenLoop, part: Part): number {
  for (let i = tally.length - 2; i >= 0; i -= 2) {
    if (tally[i] !== part.index) continue;
    const more = (tally[i + 1] as number) + 1;
    tally[i + 1] = more;
    return more;
  }
  tally.push(part.index, 1);
  return 1;
}

function findPlace(open: readonly OpenLoop[], segment: X12Segment): Match | undefined {
  let late: Match | undefined;
  for (let depth = open.length - 1; depth >= 0; depth--) {
    const loop = open[depth];
    const parts = loop?.definition.byId.get(segment.id);
    if (loop === undefined || parts === undefined) continue;
    let part: Part | undefined;
    let passed: Part | undefined;
    for (const candidate of parts) {
      if (candidate.only !== undefined && !candidate.only.has(segment.value(segment.id === 'HL' ? 3 : 1).trim())) continue;
      passed = candidate;
      if (candidate.position < loop.position) continue;
      part = candidate;
      break;
    }
    if (part !== undefined && (late === undefined || part.position === loop.position)) return { depth, part, late: false };
    if (late === undefined && passed !== undefined) late = { depth, part: passed, late: true };
  }
  return late;
}

function place(open: OpenLoop[], { depth, part, late }: Match, closed: OpenLoop[], segment: X12Segment, report: Report): void {
  closeTo(open, depth, closed, report);
  const loop = open[depth];
  if (loop === undefined) return;
  const name = loop.node.id;
  if (late) report('ERR_X12_SEGMENT_ORDER', segment, undefined, `${segment.id} comes late in ${name}`, `it before ${laterPart(loop)}`, 'it after');
  else loop.position = part.position;
  if (part.forbidden)
    report('ERR_X12_SEGMENT_FORBIDDEN', segment, undefined, `${nameOf(part)} in ${name} is not used by the partner's guide`, 'none', segment.id);
  if (count(loop, part) === part.max + 1)
    report('ERR_X12_SEGMENT_REPEATED', segment, undefined, `${nameOf(part)} in ${name} occurs too often`, `at most ${part.max}`, 'more');
  if (part.loop === undefined) {
    loop.node.segments.push(segment);
    return;
  }
  const node = loopNode(part.id, loop.node);
  node.segments.push(segment);
  loop.node.loops.push(node);
  open.push(openLoop(node, part.loop, closed));
}

const nameOf = ({ id, only }: Part): string => (only === undefined ? id : `${id}(${[...only].join('|')})`);

const laterPart = (loop: OpenLoop): string => loop.definition.parts.find(({ position }) => position === loop.position)?.id ?? 'the end';

function keepUnplaced(open: readonly OpenLoop[], definition: SetDefinition, segment: X12Segment, report: Report): void {
  const innermost = open[open.length - 1];
  const homes = definition.homes.get(segment.id);
  if (!isSegmentName(segment.id)) {
    report('ERR_X12_SEGMENT_ID', segment, undefined, 'a segment has no identifier', 'a letter and one or two letters or digits', shown(segment.id));
  } else if (homes === undefined) {
    report(
      'ERR_X12_SEGMENT_UNKNOWN',
      segment,
      undefined,
      `${segment.id} is not part of a ${definition.id}`,
      `a segment of ${definition.id}`,
      segment.id,
    );
  } else {
    const expected = `${segment.id} inside ${[...new Set(homes)].join(' or ')}`;
    report(
      'ERR_X12_SEGMENT_UNEXPECTED',
      segment,
      undefined,
      `${segment.id} stands outside its loop`,
      expected,
      `inside ${innermost?.node.id ?? definition.id}`,
    );
  }
  innermost?.node.segments.push(segment);
}

/** Closes the loops inside `depth`; what a loop still lacks is reported at its trigger. */
function closeTo(open: OpenLoop[], depth: number, closed: OpenLoop[], report: Report): void {
  while (open.length > depth + 1) {
    const loop = open.pop();
    if (loop === undefined) return;
    closed.push(loop);
    for (const part of loop.definition.mandatory) {
      if (tallyOf(loop, part) > 0) continue;
      const trigger = loop.node.segments[0];
      if (trigger !== undefined)
        report('ERR_X12_SEGMENT_MISSING', trigger, undefined, `${loop.node.id} lacks a mandatory segment`, nameOf(part), 'none');
    }
  }
}
