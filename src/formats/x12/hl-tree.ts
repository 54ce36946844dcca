/**
 * Nests HL loops by HL02, which names the parent's HL01: never by order, never by BSN05.
 *
 * Orphans, duplicates and cycles are faults that name the HL; the loops concerned stay directly under the set.
 */
import type { LoopNode } from './build-loops.ts';
import { type Report, shown } from './fault.ts';

/** Deeper than any shipment; keeps whoever walks the tree within its stack. */
const DEPTH_LIMIT = 64;

interface Level {
  readonly loop: LoopNode;
  readonly number: string;
  readonly parentNumber: string;
  /** 0: not known yet; -1: being found. */
  depth: number;
}

const numberOf = (loop: LoopNode, element: number): string => (loop.segments[0]?.value(element) ?? '').trim().replace(/^0+(?=.)/, '');

export function nestHierarchy(root: LoopNode, report: Report): void {
  const levels = root.loops
    .filter((loop) => loop.id === 'HL')
    .map((loop): Level => ({ loop, number: numberOf(loop, 1), parentNumber: numberOf(loop, 2), depth: 0 }));
  if (levels.length === 0) return;
  const byNumber = new Map<string, Level>();
  for (const level of levels) {
    const first = byNumber.get(level.number);
    if (level.number === '') fault(report, level, 'ERR_X12_HL_NUMBER', 1, 'an HL has no number', 'a number', 'none');
    else if (first === undefined) byNumber.set(level.number, level);
    else fault(report, level, 'ERR_X12_HL_NUMBER', 1, `HL ${level.number} occurs twice`, 'a number of its own', shown(level.number));
  }
  for (const level of levels) findDepth(level, byNumber, report);
  const roots: LoopNode[] = [];
  for (const level of levels) {
    const parent = level.depth > 1 ? byNumber.get(level.parentNumber) : undefined;
    (parent?.loop.loops ?? roots).push(level.loop);
    level.loop.parent = parent?.loop ?? root;
  }
  const others = root.loops.filter((loop) => loop.id !== 'HL');
  root.loops.length = 0;
  for (const loop of inOrder([...roots, ...others])) root.loops.push(loop);
}

const inOrder = (loops: LoopNode[]): LoopNode[] => loops.sort((a, b) => (a.segments[0]?.ordinal ?? 0) - (b.segments[0]?.ordinal ?? 0));

function fault(report: Report, level: Level, code: Parameters<Report>[0], element: number, what: string, expected: string, found: string): void {
  const hl = level.loop.segments[0];
  if (hl !== undefined) report(code, hl, element, what, expected, found);
}

/** Walks up to a level whose depth is known, then numbers the way back: each HL is visited once. */
function findDepth(start: Level, byNumber: ReadonlyMap<string, Level>, report: Report): void {
  const way: Level[] = [];
  let level: Level | undefined = start;
  while (level !== undefined && level.depth === 0) {
    level.depth = -1;
    way.push(level);
    if (level.parentNumber === '') break;
    const parent = byNumber.get(level.parentNumber);
    if (parent === undefined && level.parentNumber === '0') {
      // No HL is called 0, so it cannot mean anything else than that there is no parent.
      fault(report, level, 'ERR_X12_HL_ZERO', 2, `HL ${level.number} has the parent 0`, 'an empty HL02', shown('0'));
      break;
    }
    if (parent === undefined)
      fault(report, level, 'ERR_X12_HL_ORPHAN', 2, `HL ${level.number} has no parent`, 'the number of an HL', shown(level.parentNumber));
    if (parent?.depth === -1) {
      fault(
        report,
        level,
        'ERR_X12_HL_CYCLE',
        2,
        `HL ${level.number} is its own ancestor`,
        'a parent that is not inside it',
        shown(level.parentNumber),
      );
      break;
    }
    level = parent;
  }
  let depth = level !== undefined && level.depth > 0 ? level.depth : 0;
  for (const passed of way.reverse()) {
    depth = depth >= DEPTH_LIMIT ? 1 : depth + 1;
    passed.depth = depth;
    if (depth === 1 && passed.parentNumber !== '' && byNumber.get(passed.parentNumber)?.depth === DEPTH_LIMIT) {
      fault(report, passed, 'ERR_X12_HL_DEPTH', 2, `HL ${passed.number} is nested too deep`, `at most ${DEPTH_LIMIT} levels`, 'more');
    }
  }
}
