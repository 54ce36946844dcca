/**
 * What `quayside x12 inspect` says of a file: what is in it, each set's verdict, and every fault with its place.
 *
 * Built from the same events as parse, so that it can never say otherwise. The report is the JSON of the command. More faults
 * than FAULTS_LISTED are counted, not listed.
 */
import type { RawSource } from '../../core/contracts.ts';
import type { ErrorCode } from '../../core/errors/errors.ts';
import type { Problem } from '../../core/problem.ts';
import { type ByteCount, ByteLedger } from './byte-ledger.ts';
import type { Group, Interchange, Party } from './envelope.ts';
import { examineSet, type Verdict } from './examine-set.ts';
import { faultAt } from './fault.ts';
import type { CompiledGuide } from './guide.ts';
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
  readonly repetition: number | null;
  /** `PO1[2]/ACK[1]`. */
  readonly loop: string | null;
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

export interface Totals {
  readonly interchanges: number;
  readonly groups: number;
  readonly sets: number;
  readonly segments: number;
}

export interface Inspection {
  readonly totals: Totals;
  readonly interchanges: readonly InspectedInterchange[];
  /** All of them, those of sets included, in the order of the file. */
  readonly faults: readonly InspectedFault[];
  /** What every byte of the file is. */
  readonly bytes: ByteCount;
}

/** In the order of the file; a set belongs to the group, a group to the interchange that came last. */
export type InspectionPart =
  | { readonly kind: 'interchange'; readonly interchange: Omit<InspectedInterchange, 'groups'> }
  | { readonly kind: 'group'; readonly group: Omit<InspectedGroup, 'sets'> }
  | { readonly kind: 'set'; readonly set: InspectedSet }
  | ({ readonly kind: 'end' } & Omit<Inspection, 'interchanges'>);

const FAULTS_LISTED = 10_000;

export async function inspectX12(source: RawSource, options: X12Options = {}, guide?: CompiledGuide): Promise<Inspection> {
  const interchanges: InspectedInterchange[] = [];
  for await (const part of inspectParts(source, options, guide)) {
    const interchange = interchanges[interchanges.length - 1];
    if (part.kind === 'interchange') interchanges.push({ ...part.interchange, groups: [] });
    else if (part.kind === 'group') interchange?.groups.push({ ...part.group, sets: [] });
    else if (part.kind === 'set') interchange?.groups[interchange.groups.length - 1]?.sets.push(part.set);
    else return { totals: part.totals, interchanges, faults: part.faults, bytes: part.bytes };
  }
  throw new Error('an inspection ends with its totals');
}

/** The same piece by piece, for files whose sets are too many to be kept. Ends with totals and faults. */
export async function* inspectParts(source: RawSource, options: X12Options = {}, guide?: CompiledGuide): AsyncGenerator<InspectionPart> {
  const reading = readingFor(options, guide);
  const ledger = new ByteLedger();
  const totals = { interchanges: 0, groups: 0, sets: 0, segments: 0 };
  const faults: InspectedFault[] = [];
  const unlisted = { count: 0, error: false };
  const leaveOut = ({ severity }: Pick<Problem, 'severity'>) => {
    unlisted.count++;
    unlisted.error ||= severity === 'error';
  };
  /** Of the group that is shown; `undefined` before the first one of an interchange. */
  let shownGroup: Group | typeof OUTSIDE | undefined;
  const list = (fault: Problem): InspectedFault => {
    const inspected = inspectFault(fault);
    if (faults.length < FAULTS_LISTED) faults.push(inspected);
    else leaveOut(fault);
    return inspected;
  };
  for await (const event of readInterchanges(source, reading, ledger)) {
    if (event.kind === 'interchange') {
      totals.interchanges++;
      shownGroup = undefined;
      yield { kind: 'interchange', interchange: inspectInterchange(event.interchange) };
    } else if (event.kind === 'interchange-end') totals.segments += event.segments;
    else if (event.kind === 'group') {
      totals.groups++;
      shownGroup = event.group;
      yield { kind: 'group', group: inspectGroup(event.group) };
    } else if (event.kind === 'fault') list(event.fault);
    else if (event.kind === 'set') {
      totals.sets++;
      if (event.set.group === undefined && shownGroup !== OUTSIDE) {
        shownGroup = OUTSIDE;
        yield { kind: 'group', group: OUTSIDE };
      }
      const { verdict, faults: found } = examineSet(event.set, reading);
      const { id, control, segmentCount, offset } = event.set;
      const listed = faults.length < FAULTS_LISTED ? found : found.slice(0, 1);
      yield { kind: 'set', set: { id, control, segments: segmentCount, offset, verdict, faults: listed.map(list) } };
      for (const fault of found.slice(listed.length)) leaveOut(fault);
    }
  }
  if (unlisted.count > 0) {
    const what = `${unlisted.count} more faults are not listed`;
    const place = { kind: 'segment', offset: faults[faults.length - 1]?.offset ?? 0 } as const;
    const found = `${FAULTS_LISTED + unlisted.count}`;
    const limit = inspectFault(faultAt(reading.severityOf, 'ERR_X12_FAULT_LIMIT', place, what, `at most ${FAULTS_LISTED}`, found));
    // Who looks only at the list must see that there is an error.
    faults.push(unlisted.error ? { ...limit, severity: 'error' } : limit);
  }
  yield { kind: 'end', totals, faults, bytes: ledger.count };
}

const OUTSIDE = { functionalId: '', control: '', version: '' } as const;

const inspectGroup = ({ functionalId, control, version }: Group): Omit<InspectedGroup, 'sets'> => ({ functionalId, control, version });

function inspectInterchange({ control, sender, receiver, delimiters, offset }: Interchange): Omit<InspectedInterchange, 'groups'> {
  const { element, component, repetition, terminator } = delimiters;
  return { control, sender, receiver, delimiters: { element, component, repetition: repetition ?? null, segment: terminator }, offset };
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
    repetition: place?.repetition ?? null,
    loop: place?.loop ?? null,
    expected: expected ?? null,
    found: found ?? null,
    hint: hint ?? null,
  };
}
