/**
 * What `quayside x12 inspect` says of a file: what is in it, each set's verdict, and every fault with its place.
 *
 * Built from the same events as parse, so that it can never say otherwise. The report is the JSON of the command. It grows with the
 * number of sets and faults, not with the bytes; more faults than FAULTS_LISTED are counted, not listed.
 */
import type { RawSource } from '../../core/contracts.ts';
import type { ErrorCode } from '../../core/errors/errors.ts';
import type { Problem } from '../../core/problem.ts';
import type { Group, Interchange, Party, TransactionSet } from './envelope.ts';
import { examineSet, type Verdict } from './examine-set.ts';
import { faultAt } from './fault.ts';
import { readingFor, type X12Options } from './options.ts';
import { readInterchanges } from './read-interchanges.ts';

export interface InspectedFault {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** 1-based in the file, ISA included. */
  readonly segment: number | null;
  readonly segmentId: string | null;
  readonly element: number | null;
  readonly expected: string | null;
  readonly found: string | null;
  readonly hint: string | null;
}

export interface InspectedSet {
  /** ST01. */
  readonly id: string;
  readonly control: string;
  /** ST and SE included. */
  readonly segments: number;
  readonly offset: number;
  readonly verdict: Verdict;
  readonly faults: readonly InspectedFault[];
}

export interface InspectedGroup {
  readonly functionalId: string;
  readonly control: string;
  readonly version: string;
  readonly sets: InspectedSet[];
}

export interface InspectedInterchange {
  readonly control: string;
  readonly sender: Party;
  readonly receiver: Party;
  /** `repetition` is null where there is none; `segment` is the terminator without its suffix. */
  readonly delimiters: { readonly element: string; readonly component: string; readonly repetition: string | null; readonly segment: string };
  readonly offset: number;
  /** Sets outside any group stand in one with an empty `functionalId`, which is not counted. */
  readonly groups: InspectedGroup[];
}

export interface Inspection {
  readonly totals: { readonly interchanges: number; readonly groups: number; readonly sets: number; readonly segments: number };
  readonly interchanges: readonly InspectedInterchange[];
  /** All of them, those of sets included, in the order of the file. */
  readonly faults: readonly InspectedFault[];
}

const FAULTS_LISTED = 10_000;

export async function inspectX12(source: RawSource, options: X12Options = {}): Promise<Inspection> {
  const reading = readingFor(options);
  const totals = { interchanges: 0, groups: 0, sets: 0, segments: 0 };
  const interchanges: InspectedInterchange[] = [];
  const faults: InspectedFault[] = [];
  let unlisted = 0;
  const list = (fault: Problem): InspectedFault => {
    const inspected = inspectFault(fault);
    if (faults.length < FAULTS_LISTED) faults.push(inspected);
    else unlisted++;
    return inspected;
  };
  for await (const event of readInterchanges(source, reading)) {
    const interchange = interchanges[interchanges.length - 1];
    if (event.kind === 'interchange') {
      totals.interchanges++;
      interchanges.push(inspectInterchange(event.interchange));
    } else if (event.kind === 'interchange-end') totals.segments += event.segments;
    else if (event.kind === 'group') {
      totals.groups++;
      interchange?.groups.push(inspectGroup(event.group));
    } else if (event.kind === 'fault') list(event.fault);
    else if (event.kind === 'set' && interchange !== undefined) {
      totals.sets++;
      const { verdict, faults: found } = examineSet(event.set, reading.severityOf);
      const { id, control, segmentCount, offset } = event.set;
      const listed = faults.length < FAULTS_LISTED ? found : found.slice(0, 1);
      groupOf(interchange, event.set).sets.push({ id, control, segments: segmentCount, offset, verdict, faults: listed.map(list) });
      unlisted += found.length - listed.length;
    }
  }
  if (unlisted > 0) {
    const what = `${unlisted} more faults are not listed`;
    const place = { kind: 'segment', offset: faults[faults.length - 1]?.offset ?? 0 } as const;
    const severity = reading.severityOf;
    faults.push(inspectFault(faultAt(severity, 'ERR_X12_FAULT_LIMIT', place, what, `at most ${FAULTS_LISTED}`, `${FAULTS_LISTED + unlisted}`)));
  }
  return { totals, interchanges, faults };
}

function groupOf(interchange: InspectedInterchange, set: TransactionSet): InspectedGroup {
  const last = interchange.groups[interchange.groups.length - 1];
  const outside = set.group === undefined;
  if (last !== undefined && (last.functionalId === '' || !outside)) return last;
  const group = inspectGroup(set.group ?? { functionalId: '', control: '', version: '' });
  interchange.groups.push(group);
  return group;
}

const inspectGroup = ({ functionalId, control, version }: Pick<Group, 'functionalId' | 'control' | 'version'>): InspectedGroup => ({
  functionalId,
  control,
  version,
  sets: [],
});

function inspectInterchange({ control, sender, receiver, delimiters, offset }: Interchange): InspectedInterchange {
  const { element, component, repetition, terminator } = delimiters;
  return { control, sender, receiver, delimiters: { element, component, repetition: repetition ?? null, segment: terminator }, offset, groups: [] };
}

function inspectFault({ code, severity, at, expected, found, hint }: Problem): InspectedFault {
  const place = at?.kind === 'segment' ? at : undefined;
  return {
    code,
    severity,
    offset: place?.offset ?? 0,
    segment: place?.segment ?? null,
    segmentId: place?.segmentId ?? null,
    element: place?.element ?? null,
    expected: expected ?? null,
    found: found ?? null,
    hint: hint ?? null,
  };
}
