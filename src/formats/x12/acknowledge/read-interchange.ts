/**
 * Gathers from the reader's events, while documents are made of them, what the acknowledgments of an interchange will say.
 *
 * Holds an entry for each set of the interchange under way and, of all its faults together, so many segments at most: beyond them a set
 * says only that segments are in error. Copies what it keeps, so that no chunk lives longer for it.
 */
import type {
  AnswerDelimiters,
  GroupReading,
  InterchangeAnswer,
  InterchangeNote,
  InterchangeReading,
  SetReading,
} from '../../../core/acknowledgment.ts';
import type { Problem } from '../../../core/problem.ts';
import { copyText } from '../encoding.ts';
import type { EnvelopeEvent, Group, Interchange, TransactionSet } from '../envelope.ts';
import type { ExaminedSet } from '../examine-set.ts';
import type { X12Segment } from '../segment.ts';
import { readSet } from './read-set.ts';
import { codeOf, toldOf } from './told-codes.ts';

const NAMED_SEGMENTS = 10_000;

interface OpenGroup extends Omit<GroupReading, 'claimed'> {
  claimed: string | undefined;
  readonly codes: string[];
  readonly sets: SetReading[];
}

interface Open {
  readonly head: Omit<InterchangeReading, 'notes' | 'groups' | 'answers' | 'delimiters'>;
  readonly notes: InterchangeNote[];
  readonly groups: OpenGroup[];
  readonly answers: InterchangeAnswer[];
  readonly delimiters: AnswerDelimiters;
  room: number;
}

export class InterchangeReader {
  #open: Open | undefined;
  #group: OpenGroup | undefined;

  /** All that are no sets. Returns the interchange that has ended with this one. */
  take(event: Exclude<EnvelopeEvent, { kind: 'set' }>): InterchangeReading | undefined {
    if (event.kind === 'interchange') this.#begin(event.interchange);
    else if (event.kind === 'group') this.#beginGroup(event.group);
    else if (event.kind === 'group-end') this.#group = undefined;
    else if (event.kind === 'fault') this.#note(event.fault);
    else if (event.kind === 'acknowledgment') this.#open?.answers.push(answerOf(event.segment));
    else if (event.kind === 'interchange-end') return this.#end();
    return undefined;
  }

  takeSet(set: TransactionSet, examined: ExaminedSet): void {
    const { faults } = examined;
    const open = this.#open;
    if (open === undefined) return;
    const reading = readSet(set, examined, open.room);
    open.room -= reading.segments.length;
    if (set.group !== undefined) this.#group?.sets.push(reading);
    for (const fault of faults) this.#note(fault);
  }

  #begin({ index, sender, receiver, control, delimiters, isa }: Interchange): void {
    const text = (element: number) => copyText(isa.value(element));
    const { element, component, repetition, terminator } = delimiters;
    this.#group = undefined;
    this.#open = {
      head: {
        unit: index,
        sender,
        receiver,
        control,
        date: text(9),
        time: text(10),
        standard: text(11),
        version: text(12),
        usage: text(15),
        asksForAnswer: text(14).trim() === '1',
      },
      // A terminator of several bytes is reported and not repeated.
      delimiters: { element, component, repetition, segment: terminator.length === 1 ? terminator : '~', suffix: '' },
      notes: [],
      groups: [],
      answers: [],
      room: NAMED_SEGMENTS,
    };
  }

  #beginGroup({ functionalId, control, version, gs }: Group): void {
    const open = this.#open;
    if (open === undefined) return;
    // As its own segments are parted, so are ours.
    if (open.groups.length === 0) Object.assign(open.delimiters, { suffix: gs.lead === 0 ? '' : gs.lead === 2 ? '\r\n' : '\n' });
    const text = (element: number) => copyText(gs.value(element).trimEnd());
    const codes = /^\d{1,9}$/.test(control) ? [] : ['6'];
    const group = { functionalId, control, version, sender: text(2), receiver: text(3) };
    this.#group = { index: open.groups.length, ...group, claimed: undefined, codes, sets: [] };
    open.groups.push(this.#group);
  }

  #note(fault: Problem): void {
    const { interchange, group } = toldOf(fault);
    const { severity } = fault;
    if (interchange !== undefined) {
      const code = codeOf(interchange, fault);
      const notes = this.#open?.notes;
      if (notes?.some((known) => known.code === code && known.severity === severity) === false) notes.push({ code, severity });
    }
    if (group === undefined || this.#group === undefined) return;
    if (!this.#group.codes.includes(group)) this.#group.codes.push(group);
    if (fault.code === 'ERR_X12_GROUP_COUNT') this.#group.claimed = claimedIn(fault);
  }

  #end(): InterchangeReading | undefined {
    const open = this.#open;
    this.#open = undefined;
    this.#group = undefined;
    if (open === undefined) return undefined;
    const { head, delimiters, notes, answers } = open;
    const groups = open.groups.map((group) => ({ ...group, claimed: group.claimed ?? String(group.sets.length) }));
    return { ...head, delimiters, notes, groups, answers };
  }
}

/** GE01, where it is a number that may be sent back. */
function claimedIn({ found = '' }: Problem): string | undefined {
  return /^"0*(\d{1,6})"$/.exec(found)?.[1];
}

const answerOf = (ta1: X12Segment): InterchangeAnswer => ({
  control: copyText(ta1.value(1).trim()),
  verdict: copyText(ta1.value(4).trim()),
  code: copyText(ta1.value(5).trim()),
});
