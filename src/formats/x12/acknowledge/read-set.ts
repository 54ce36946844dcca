/** The verdict of a transaction set and its faults, in the codes of an acknowledgment. */
import type { ElementNote, SegmentNote, SetReading } from '../../../core/acknowledgment.ts';
import type { SegmentPlace } from '../../../core/place.ts';
import type { Problem } from '../../../core/problem.ts';
import type { SourceLoop } from '../../../core/source-tree.ts';
import { copyText } from '../encoding.ts';
import type { TransactionSet } from '../envelope.ts';
import type { ExaminedSet } from '../examine-set.ts';
import type { X12Segment } from '../segment.ts';
import { isSegmentName } from '../segment-name.ts';
import { codeOf, type Told, toldOf } from './told-codes.ts';

/** AK502 to AK506. */
const MOST_CODES = 5;
/** Of AK404. */
const LONGEST_VALUE = 99;
const SEGMENTS_IN_ERROR = '5';

interface OpenNote extends SegmentNote {
  readonly elements: ElementNote[];
}

/** `room`: how many segments may be named; the verdict never depends on it. */
export function readSet(set: TransactionSet, { faults, tree, verdict }: ExaminedSet, room: number): SetReading {
  const codes = new Set<string>();
  const notes = new Map<string, OpenNote>();
  for (const fault of faults) {
    const told = toldOf(fault);
    if (told.set !== undefined) codes.add(told.set);
    if (told.segment === undefined && told.element === undefined) continue;
    codes.add(SEGMENTS_IN_ERROR);
    if (fault.at?.kind === 'segment' && notes.size < room) note(notes, set, tree, fault, fault.at, told);
  }
  const noted = codes.size > 0;
  const st = set.segments[0];
  return {
    ordinal: set.ordinal,
    id: set.id,
    control: set.control,
    implementation: copyText(st?.value(3).trim() ?? ''),
    verdict: verdict === 'rejected' ? 'R' : noted ? 'E' : 'A',
    codes: [...codes].sort().slice(0, MOST_CODES),
    segments: [...notes.values()].sort((a, b) => a.position - b.position),
  };
}

function note(notes: Map<string, OpenNote>, set: TransactionSet, tree: SourceLoop, fault: Problem, at: SegmentPlace, told: Told): void {
  const first = set.segments[0]?.ordinal ?? 1;
  const position = Math.max(1, (at.segment ?? first) - first + 1);
  const segment = set.segments[position - 1];
  const said = told.segment === undefined ? '8' : codeOf(told.segment, fault);
  const code = said === '5' && segment !== undefined && startsLoop(tree, segment.ordinal) ? '4' : said;
  const id = idOf(fault, at, code);
  const key = `${position} ${code} ${id}`;
  const open: OpenNote = notes.get(key) ?? { id, position, code, elements: [] };
  notes.set(key, open);
  if (told.element === undefined || at.element === undefined) return;
  const { element, component, repetition } = at;
  const elementCode = codeOf(told.element, fault);
  if (open.elements.some((known) => known.element === element && known.component === component && known.code === elementCode)) return;
  const value = copyOf(segment, at);
  open.elements.push({
    element,
    ...(component !== undefined && { component }),
    ...(repetition !== undefined && { repetition }),
    code: elementCode,
    ...(value !== '' && { value }),
  });
}

/** Of a missing segment its own name, not that of the one where it was missed. */
function idOf({ expected = '' }: Problem, { segmentId = '' }: SegmentPlace, code: string): string {
  if (code === '3' && isSegmentName(expected)) return expected;
  return isSegmentName(segmentId) ? segmentId : segmentId.replace(/[^A-Z0-9]/g, '').slice(0, 3) || 'ZZZ';
}

/** What may be sent back: printable ASCII, not too long. */
function copyOf(segment: X12Segment | undefined, { element = 0, component, repetition }: SegmentPlace): string {
  const value = segment?.value(element, component, repetition) ?? '';
  return value.length <= LONGEST_VALUE && /^[\x20-\x7e]*$/.test(value) ? copyText(value) : '';
}

const startsLoop = (loop: SourceLoop, ordinal: number): boolean =>
  loop.loops.some((inner) => inner.segments[0]?.ordinal === ordinal || startsLoop(inner, ordinal));
