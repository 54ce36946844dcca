/** The segments of a 997 or a 999 between ST and SE. */
import type { ElementNote, GroupReading, SegmentNote, SetReading } from '../../../core/acknowledgment.ts';

/** A segment as its elements, the identifier first; a list among them is a composite. */
export type AnswerSegment = readonly (string | readonly string[])[];

/** AK905 to AK909. */
const MOST_CODES = 5;

interface Words {
  readonly segment: 'AK3' | 'IK3';
  readonly element: 'AK4' | 'IK4';
  readonly set: 'AK5' | 'IK5';
}
const WORDS: Readonly<Record<'997' | '999', Words>> = {
  997: { segment: 'AK3', element: 'AK4', set: 'AK5' },
  999: { segment: 'IK3', element: 'IK4', set: 'IK5' },
};

/** `refused`: sets that a person refused are rejected, without a code of the standard for it. */
export function answerGroup(group: GroupReading, kind: '997' | '999', refused: ReadonlySet<number>): AnswerSegment[] {
  const modern = group.version >= '005010';
  const sets = group.sets.map((set): SetReading => (refused.has(set.ordinal) ? { ...set, verdict: 'R' } : set));
  const lines: AnswerSegment[] = [['AK1', group.functionalId, group.control, ...(modern ? [group.version] : [])]];
  for (const set of sets) {
    lines.push(['AK2', set.id, set.control, ...(modern && set.implementation !== '' ? [set.implementation] : [])]);
    for (const segment of set.segments) lines.push(...answerSegment(segment, kind, modern));
    lines.push([WORDS[kind].set, set.verdict, ...set.codes]);
  }
  const accepted = sets.filter(({ verdict }) => verdict !== 'R').length;
  const codes = [...group.codes].sort().slice(0, MOST_CODES);
  lines.push(['AK9', verdictOf(sets, accepted, codes), group.claimed, String(sets.length), String(accepted), ...codes]);
  return lines;
}

function verdictOf(sets: readonly SetReading[], accepted: number, codes: readonly string[]): string {
  if (accepted === 0) return 'R';
  if (accepted < sets.length) return 'P';
  return codes.length > 0 || sets.some(({ verdict }) => verdict === 'E') ? 'E' : 'A';
}

function answerSegment({ id, position, code, elements }: SegmentNote, kind: '997' | '999', modern: boolean): AnswerSegment[] {
  const words = WORDS[kind];
  const lines: AnswerSegment[] = [[words.segment, id, String(position), '', code]];
  for (const element of elements) {
    lines.push([words.element, placeOf(element, modern), '', element.code, ...(element.value === undefined ? [] : [element.value])]);
    // What another element requires or excludes: the one that does so is in the segment named.
    if (kind === '999' && (element.code === '2' || element.code === '10'))
      lines.push(['CTX', ['SITUATIONAL TRIGGER'], id, String(position), '', placeOf(element, modern)]);
  }
  return lines;
}

/** C030: element, component, and from 005010 on the repetition. */
function placeOf({ element, component, repetition }: ElementNote, modern: boolean): readonly string[] {
  return [String(element), component === undefined ? '' : String(component), modern && repetition !== undefined ? String(repetition) : ''];
}
