/**
 * Turns a framed transaction set into what parse and inspect hand on: its tree of loops, its faults and its verdict.
 *
 * A set without a definition (850, 997 …) is kept flat under its root and checked for nothing but its envelope and encoding.
 */
import type { Problem } from '../../core/problem.ts';
import type { SourceLoop } from '../../core/source-tree.ts';
import { buildLoops, type LoopNode, loopNode } from './build-loops.ts';
import { checkElements, checkEncoding } from './check-elements.ts';
import { definitionOf, releaseFor } from './definitions.ts';
import { elementsOf } from './element-definitions.ts';
import type { TransactionSet } from './envelope.ts';
import { faultAt, placeOf, type Report, reporterTo, shown } from './fault.ts';
import type { SetDefinition } from './grammar.ts';
import { nestHierarchy } from './hl-tree.ts';
import type { SeverityOf } from './severity.ts';

export type Verdict = 'accepted' | 'accepted_with_errors' | 'rejected';

export interface ExaminedSet {
  readonly tree: SourceLoop;
  readonly faults: readonly Problem[];
  readonly verdict: Verdict;
}

/** As many as anyone reads; a set of a million segments can have as many faults. */
const FAULT_LIMIT = 100;

export function examineSet(set: TransactionSet, severityOf: SeverityOf): ExaminedSet {
  const faults: Problem[] = [...set.faults];
  let rejected = faults.some((fault) => fault.severity === 'error');
  let unreported = 0;
  const add = reporterTo(faults, severityOf);
  const report: Report = (code, ...details) => {
    rejected ||= severityOf(code) === 'error';
    if (faults.length < FAULT_LIMIT) add(code, ...details);
    else unreported++;
  };
  const tree = examine(set, report);
  faults.sort((a, b) => offsetOf(a) - offsetOf(b));
  const st = set.segments[0];
  if (unreported > 0 && st !== undefined) {
    const what = `${unreported} more faults in this set are not listed`;
    faults.push(faultAt(severityOf, 'ERR_X12_FAULT_LIMIT', placeOf(st), what, `at most ${FAULT_LIMIT}`, `${FAULT_LIMIT + unreported}`));
  }
  return { tree, faults, verdict: rejected ? 'rejected' : faults.length > 0 ? 'accepted_with_errors' : 'accepted' };
}

const offsetOf = (fault: Problem): number => (fault.at?.kind === 'segment' ? fault.at.offset : 0);

function examine(set: TransactionSet, report: Report): LoopNode {
  for (const segment of set.segments) checkEncoding(segment, report);
  const definition = definitionOf(set.id);
  const st = set.segments[0];
  const version = set.group?.version ?? '';
  if (definition === undefined || st === undefined || !set.whole) return flat(set);
  const found = releaseFor(version);
  if (found === undefined) {
    report('ERR_X12_VERSION', st, undefined, `the version of this ${set.id} is not known`, 'a GS08 such as 004010', shown(version));
    return flat(set);
  }
  if (!found.exact) {
    report(
      'ERR_X12_VERSION_NEAREST',
      st,
      undefined,
      `there is no definition of ${set.id} ${version}`,
      'a defined release',
      `read with ${found.release}`,
    );
  }
  const elements = elementsOf(found.release);
  const shortDates = version < '004010';
  for (const segment of set.segments) {
    const definitions = elements.get(segment.id);
    if (definitions !== undefined) checkElements(segment, definitions, shortDates, report);
  }
  const tree = buildLoops(definition, set.segments, report);
  nestHierarchy(tree, report);
  checkLineCount(set, definition, report);
  return tree;
}

function flat(set: TransactionSet): LoopNode {
  const root = loopNode(set.id, null);
  for (const segment of set.segments) root.segments.push(segment);
  return root;
}

function checkLineCount(set: TransactionSet, { counted }: SetDefinition, report: Report): void {
  const ctt = set.segments.find((segment) => segment.id === 'CTT');
  if (ctt === undefined) return;
  const lines = set.segments.filter((segment) => segment.id === counted).length;
  const claimed = ctt.value(1).trim();
  if (/^\d+$/.test(claimed) && Number(claimed) !== lines) {
    report('ERR_X12_LINE_COUNT', ctt, 1, `CTT01 is not the number of ${counted}`, String(lines), shown(claimed));
  }
}
