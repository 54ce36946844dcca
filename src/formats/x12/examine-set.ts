/**
 * Turns a framed transaction set into what parse and inspect hand on: its tree of loops, its faults and its verdict.
 *
 * A set without a definition is kept flat under its root and checked for nothing but its envelope and encoding.
 */
import type { Problem } from '../../core/problem.ts';
import type { SourceLoop } from '../../core/source-tree.ts';
import { buildLoops, type LoopNode, loopNode } from './build-loops.ts';
import { checkAcknowledgment } from './check-acknowledgment.ts';
import { checkElements } from './check-elements.ts';
import { checkFormat } from './check-formats.ts';
import { checkFooting } from './check-invoice.ts';
import { checkShipment } from './check-shipment.ts';
import { checkTotals } from './check-totals.ts';
import { crossCheck } from './cross-check.ts';
import { type Definitions, definitionsOf, type Release, releaseFor, setLines } from './definitions.ts';
import type { TransactionSet } from './envelope.ts';
import { faultAt, placeOf, type Report, reporterTo, shown } from './fault.ts';
import { nestHierarchy } from './hl-tree.ts';
import { withLoops } from './loop-path.ts';
import type { Reading } from './options.ts';

export type Verdict = 'accepted' | 'accepted_with_errors' | 'rejected';

export interface ExaminedSet {
  readonly tree: SourceLoop;
  readonly faults: readonly Problem[];
  readonly verdict: Verdict;
  /** What it was read with; undefined: it was kept flat. */
  readonly definitions: Definitions | undefined;
}

/** As many as anyone reads; a set of a million segments can have as many faults. */
const FAULT_LIMIT = 100;

export function examineSet(set: TransactionSet, reading: Reading): ExaminedSet {
  const { severityOf, isChecked } = reading;
  const faults: Problem[] = [...set.faults];
  let rejected = faults.some((fault) => fault.severity === 'error');
  let unreported = 0;
  const add = reporterTo(faults, severityOf);
  const report: Report = (code, ...details) => {
    if (!isChecked(code)) return;
    rejected ||= severityOf(code) === 'error';
    if (faults.length < FAULT_LIMIT) add(code, ...details);
    else unreported++;
  };
  const definitions = findDefinitions(set, reading, report);
  const tree = definitions === undefined ? flat(set, report) : examine(set, definitions, reading, report);
  if (reading.crossCheck) for (const segment of set.segments) crossCheck(segment, report);
  if (faults.length === 0) return { tree, faults, verdict: 'accepted', definitions };
  const placed = withLoops(faults, tree).sort((a, b) => offsetOf(a) - offsetOf(b));
  const st = set.segments[0];
  if (unreported > 0 && st !== undefined) {
    const what = `${unreported} more faults in this set are not listed`;
    placed.push(faultAt(severityOf, 'ERR_X12_FAULT_LIMIT', placeOf(st), what, `at most ${FAULT_LIMIT}`, `${FAULT_LIMIT + unreported}`));
  }
  return { tree, faults: placed, verdict: rejected ? 'rejected' : 'accepted_with_errors', definitions };
}

const offsetOf = (fault: Problem): number => (fault.at?.kind === 'segment' ? fault.at.offset : 0);

/** `undefined`: the set is not known, or not all of it is there. */
function findDefinitions(set: TransactionSet, { guide }: Reading, report: Report): Definitions | undefined {
  const lines = setLines(set.id);
  const st = set.segments[0];
  if (lines === undefined || st === undefined || !set.whole) return undefined;
  const version = set.group?.version ?? '';
  const found = releaseFor(version);
  if (found?.exact) return definitionsOf(set.id, found.release, guide);
  if (found === undefined && !lines.outline) {
    report('ERR_X12_VERSION', st, undefined, `the version of this ${set.id} is not known`, 'a GS08 such as 004010', shown(version));
    return undefined;
  }
  const release: Release = found?.release ?? '004010';
  const what = `there is no definition of ${set.id} ${version}`;
  report('ERR_X12_VERSION_NEAREST', st, undefined, what, 'a defined release', `read with ${release}`);
  return definitionsOf(set.id, release, guide);
}

function flat(set: TransactionSet, report: Report): LoopNode {
  const root = loopNode(set.id, null);
  for (const segment of set.segments) {
    checkElements(segment, undefined, report);
    root.segments.push(segment);
  }
  return root;
}

function examine(set: TransactionSet, { set: definition, segments }: Definitions, reading: Reading, report: Report): LoopNode {
  for (const segment of set.segments) {
    checkElements(segment, segments.get(segment.id), report);
    checkFormat(segment, report);
  }
  const tree = buildLoops(definition, set.segments, report);
  // The tree is what HL02 says, whether or not the partner wants to hear of its faults.
  nestHierarchy(tree, report);
  if (!reading.isChecked('ERR_X12_LINE_COUNT')) return tree;
  checkTotals(set, definition, report);
  if (set.id === '810') checkFooting(tree, reading.footingTolerance, report);
  else if (set.id === '855') checkAcknowledgment(set, report);
  else if (set.id === '856') checkShipment(tree, report);
  return tree;
}
