/** The loops and segments of one set as lines, the faults of each segment below it. */
import type { createColors } from 'picocolors';
import type { Problem } from '../core/problem.ts';
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import { explainSegment } from '../formats/x12/explain.ts';
import { type Dictionary, dictionaryOf } from '../formats/x12/segment-table.ts';

type Colours = ReturnType<typeof createColors>;

export interface InspectStyle {
  readonly colours: Colours;
  /** How many segments of a set are shown at most. */
  readonly segments: number;
  readonly faultLine: (fault: Problem, indent: string, colours: Colours) => string[];
}

/** Under 0: those of no segment. */
export type FaultsBySegment = ReadonlyMap<number, readonly Problem[]>;

export function faultsBySegment(faults: readonly Problem[]): FaultsBySegment {
  const bySegment = new Map<number, Problem[]>();
  for (const fault of faults) {
    const ordinal = fault.at?.kind === 'segment' ? (fault.at.segment ?? 0) : 0;
    bySegment.set(ordinal, [...(bySegment.get(ordinal) ?? []), fault]);
  }
  return bySegment;
}

/** For segments of a set that is kept flat: what any release calls them. */
const KNOWN = dictionaryOf('005010');

export function segmentLine(segment: SourceSegment, dictionary: Dictionary | undefined, indent: string, { colours }: InspectStyle): string {
  const { name, words } = explainSegment(segment, (dictionary ?? KNOWN).get(segment.id));
  const title = name === undefined ? '' : `  ${name}`;
  // What a sender wrote must not steer a terminal.
  const told = words.join(', ').replace(/\p{Cc}/gu, '�');
  return `${indent}${colours.bold(segment.id.replace(/\p{Cc}/gu, '�').padEnd(3))}${title}${told === '' ? '' : colours.dim(': ') + told}`;
}

interface Line {
  readonly segment: SourceSegment;
  readonly depth: number;
}

/** As they stand in the file, deeper by one for each loop around them. */
function inFileOrder(loop: SourceLoop, depth: number, lines: Line[]): Line[] {
  loop.segments.forEach((segment, n) => void lines.push({ segment, depth: depth === 0 || n === 0 ? depth : depth + 1 }));
  for (const inner of loop.loops) inFileOrder(inner, depth === 0 ? 1 : depth + 1, lines);
  return depth === 0 ? lines.sort((a, b) => a.segment.ordinal - b.segment.ordinal) : lines;
}

export function treeLines(tree: SourceLoop, dictionary: Dictionary | undefined, faults: FaultsBySegment, style: InspectStyle): string[] {
  const lines: string[] = [];
  let hidden = 0;
  inFileOrder(tree, 0, []).forEach(({ segment, depth }, index) => {
    const indent = `        ${'  '.repeat(depth)}`;
    const own = faults.get(segment.ordinal) ?? [];
    if (index >= style.segments && own.length === 0) hidden++;
    else lines.push(segmentLine(segment, dictionary, indent, style));
    for (const fault of own) lines.push(...style.faultLine(fault, `${indent}  `, style.colours));
  });
  if (hidden > 0) lines.push(style.colours.dim(`        … ${hidden} more segments of this set are not shown: --all shows them`));
  const shown = new Set(ordinalsOf(tree));
  for (const [ordinal, some] of faults)
    if (!shown.has(ordinal)) for (const fault of some) lines.push(...style.faultLine(fault, '        ', style.colours));
  return lines;
}

function ordinalsOf(loop: SourceLoop): number[] {
  return [...loop.segments.map(({ ordinal }) => ordinal), ...loop.loops.flatMap(ordinalsOf)];
}
