/**
 * The envelope machine: segments in, interchanges, groups and whole transaction sets out.
 *
 * Guarantees: holds one set at a time, within a limit; every set is closed at its SE, or with a fault at the next ST, GS, GE,
 * IEA, ISA or the end; a broken envelope never takes its neighbours along.
 */
import type { Problem } from '../../core/problem.ts';
import { checkHeader } from './check-header.ts';
import { copyText } from './encoding.ts';
import type { EnvelopeEvent, Group, Interchange, TransactionSet } from './envelope.ts';
import { faultAt, placeOf, type Report, reporterTo, shown } from './fault.ts';
import { type Frame, isHarmless } from './frames.ts';
import { groupsFor } from './functional-groups.ts';
import type { X12Segment } from './segment.ts';
import type { SeverityOf } from './severity.ts';

/** What a kept segment costs beside its text. */
const SEGMENT_OVERHEAD = 200;

interface OpenInterchange {
  readonly interchange: Interchange;
  groups: number;
  sets: number;
  segments: number;
  end: number;
  warnedOfBreaks: boolean;
  /** Its delimiters turned out to be wrong: nothing in it can be trusted. */
  garbled: Problem | undefined;
}

interface OpenSet {
  readonly st: X12Segment;
  readonly segments: X12Segment[];
  readonly faults: Problem[];
  count: number;
  bytes: number;
  whole: boolean;
}

const numeral = (text: string): string => text.trim().replace(/^0+(?=\d)/, '');

export class EnvelopeReader {
  private readonly severityOf: SeverityOf;
  private readonly setLimitBytes: number;
  private events: EnvelopeEvent[] = [];
  private readonly report: Report;
  private interchanges = 0;
  private sets = 0;
  private open: OpenInterchange | undefined;
  private group: Group | undefined;
  private groupSets = 0;
  private set: OpenSet | undefined;
  /** Inside a run of segments that have no place: only the first is reported. */
  private astray = false;

  constructor(severityOf: SeverityOf, setLimitBytes: number) {
    this.severityOf = severityOf;
    this.setLimitBytes = setLimitBytes;
    this.report = (...details) => {
      const faults: Problem[] = [];
      reporterTo(faults, severityOf)(...details);
      for (const fault of faults) this.events.push({ kind: 'fault', fault });
    };
  }

  /** The events since the last call. */
  drain(): EnvelopeEvent[] {
    const { events } = this;
    if (events.length > 0) this.events = [];
    return events;
  }

  take(frame: Frame): void {
    if (frame.kind === 'segment') this.takeSegment(frame);
    else {
      // An interchange whose bytes went on into something unreadable has ended there.
      if (frame.kind === 'skipped' && !isHarmless(frame.reason)) this.closeInterchange(undefined, 'unreadable bytes');
      this.events.push(frame);
    }
  }

  end(): void {
    this.closeInterchange(undefined, 'end of file');
    if (this.interchanges === 0) {
      const place = { kind: 'segment', offset: 0 } as const;
      const fault = faultAt(this.severityOf, 'ERR_X12_NO_INTERCHANGE', place, 'no interchange was found', 'ISA', 'none');
      this.events.push({ kind: 'fault', fault });
    }
  }

  private takeSegment(segment: X12Segment): void {
    if (segment.id === 'ISA') this.openInterchange(segment);
    const { open } = this;
    if (open === undefined) return;
    open.segments++;
    open.end = segment.end;
    if (segment.wrapped && !open.warnedOfBreaks) {
      open.warnedOfBreaks = true;
      this.report('ERR_X12_LINE_BREAK', segment, undefined, 'line breaks inside segments were taken out', 'none', `the first in ${segment.id}`);
    }
    const { id } = segment;
    if (id === 'GS') this.openGroup(segment, open);
    else if (id === 'ST') this.openSet(segment, open);
    else if (id === 'SE' && this.set !== undefined) this.closeSet(segment, 'SE');
    else if (id === 'GE') this.closeGroup(segment);
    else if (id === 'IEA') this.closeInterchange(segment, 'IEA');
    else if (id !== 'ISA') this.takeOther(segment);
  }

  private takeOther(segment: X12Segment): void {
    if (this.set !== undefined) this.keep(this.set, segment);
    else if (segment.id === 'TA1' && this.group === undefined) this.events.push({ kind: 'acknowledgment', segment });
    else this.stray(segment);
  }

  private stray(segment: X12Segment): void {
    if (this.astray) return;
    this.astray = true;
    const expected = this.group === undefined ? 'GS, TA1 or IEA' : 'ST or GE';
    this.report('ERR_X12_STRAY_SEGMENT', segment, undefined, 'a segment stands outside any transaction set', expected, shown(segment.id));
  }

  // ── Interchanges ──

  private openInterchange(isa: X12Segment): void {
    this.closeInterchange(undefined, 'the next ISA');
    const party = (element: number) => ({ qualifier: text(isa, element).trim(), id: text(isa, element + 1).trimEnd() });
    const interchange: Interchange = {
      index: this.interchanges++,
      offset: isa.offset,
      sender: party(5),
      receiver: party(7),
      control: text(isa, 13).trim(),
      test: text(isa, 15) === 'T',
      delimiters: isa.delimiters,
      isa,
    };
    this.open = { interchange, groups: 0, sets: 0, segments: 0, end: isa.end, warnedOfBreaks: false, garbled: undefined };
    this.astray = false;
    this.events.push({ kind: 'interchange', interchange });
    checkHeader(isa, this.report);
  }

  private closeInterchange(iea: X12Segment | undefined, at: string): void {
    const { open } = this;
    if (open === undefined) return;
    if (this.set !== undefined) this.closeSet(undefined, at);
    if (this.group !== undefined) this.leaveGroup(iea, at);
    const { interchange } = open;
    if (iea === undefined) {
      const what = `interchange ${interchange.control} has no IEA`;
      const place = { kind: 'segment', offset: open.end, segmentId: 'IEA' } as const;
      this.events.push({ kind: 'fault', fault: faultAt(this.severityOf, 'ERR_X12_INTERCHANGE_UNCLOSED', place, what, 'IEA', at) });
    } else {
      this.compare('ERR_X12_INTERCHANGE_CONTROL', iea, 2, 'IEA02 is not ISA13', interchange.control);
      this.compare('ERR_X12_INTERCHANGE_COUNT', iea, 1, 'IEA01 is not the number of groups', String(open.groups));
    }
    this.events.push({ kind: 'interchange-end', interchange, end: open.end, segments: open.segments });
    this.open = undefined;
  }

  private compare(code: Parameters<Report>[0], segment: X12Segment, element: number, what: string, expected: string): void {
    const found = segment.value(element);
    if (numeral(found) !== numeral(expected)) this.report(code, segment, element, what, expected, shown(found));
  }

  // ── Groups ──

  private openGroup(gs: X12Segment, open: OpenInterchange): void {
    if (this.set !== undefined) this.closeSet(undefined, 'the next GS');
    if (this.group !== undefined) this.leaveGroup(gs, 'the next GS');
    const group: Group = { functionalId: text(gs, 1).trim(), control: text(gs, 6).trim(), version: text(gs, 8).trim(), offset: gs.offset, gs };
    this.group = group;
    this.groupSets = 0;
    this.astray = false;
    open.groups++;
    this.events.push({ kind: 'group', group });
    checkHeader(gs, this.report);
    // No element of GS is composite: a component separator at its end is the terminator of a sender who left ISA16 out.
    const { component } = gs.delimiters;
    if (open.garbled === undefined && gs.text.trimEnd().endsWith(component)) {
      const problems: Problem[] = [];
      const report = reporterTo(problems, this.severityOf);
      report('ERR_X12_DELIMITERS', gs, gs.size, 'ISA16 seems to be missing', `no ${shown(component)} at the end of GS`, shown(component));
      open.garbled = problems[0];
      for (const fault of problems) this.events.push({ kind: 'fault', fault });
    }
  }

  private closeGroup(ge: X12Segment): void {
    if (this.set !== undefined) this.closeSet(undefined, 'GE');
    const { group } = this;
    if (group === undefined) {
      this.stray(ge);
      return;
    }
    this.compare('ERR_X12_GROUP_CONTROL', ge, 2, 'GE02 is not GS06', group.control);
    this.compare('ERR_X12_GROUP_COUNT', ge, 1, 'GE01 is not the number of sets', String(this.groupSets));
    this.events.push({ kind: 'group-end', group });
    this.group = undefined;
    this.astray = false;
  }

  private leaveGroup(next: X12Segment | undefined, at: string): void {
    const { group, open } = this;
    if (group === undefined || open === undefined) return;
    const what = `group ${group.control} has no GE`;
    const place = next === undefined ? ({ kind: 'segment', offset: open.end, segmentId: 'GE' } as const) : placeOf(next);
    this.events.push({ kind: 'fault', fault: faultAt(this.severityOf, 'ERR_X12_GROUP_UNCLOSED', place, what, 'GE', at) });
    this.events.push({ kind: 'group-end', group });
    this.group = undefined;
  }

  // ── Transaction sets ──

  private openSet(st: X12Segment, open: OpenInterchange): void {
    if (this.set !== undefined) this.closeSet(undefined, 'the next ST');
    open.sets++;
    this.sets++;
    this.groupSets++;
    this.astray = false;
    const set: OpenSet = { st, segments: [], faults: [], count: 0, bytes: 0, whole: true };
    this.set = set;
    this.keep(set, st);
    const report = reporterTo(set.faults, this.severityOf);
    if (open.garbled !== undefined) set.faults.push(open.garbled);
    const { group } = this;
    const id = st.value(1).trim();
    if (group === undefined) report('ERR_X12_GROUP_MISSING', st, undefined, 'a transaction set stands outside any group', 'GS before ST', 'none');
    else {
      const fitting = groupsFor(id);
      if (fitting !== undefined && !fitting.includes(group.functionalId)) {
        report('ERR_X12_GROUP_FIT', st, 1, `GS01 does not fit a ${id}`, fitting.join(' or '), shown(group.functionalId));
      }
    }
  }

  private keep(set: OpenSet, segment: X12Segment): void {
    set.count++;
    if (!set.whole) return;
    set.bytes += segment.length + SEGMENT_OVERHEAD;
    set.segments.push(segment);
    if (set.bytes <= this.setLimitBytes) return;
    set.whole = false;
    set.segments.length = 1;
    const report = reporterTo(set.faults, this.severityOf);
    report('ERR_X12_SET_SIZE', segment, undefined, 'a transaction set is too large to be kept', `at most ${this.setLimitBytes} bytes`, 'more');
  }

  private closeSet(se: X12Segment | undefined, at: string): void {
    const { set, open, group } = this;
    if (set === undefined || open === undefined) return;
    const control = text(set.st, 2).trim();
    const report = reporterTo(set.faults, this.severityOf);
    if (se === undefined) {
      const last = set.segments[set.segments.length - 1] ?? set.st;
      const what = `transaction set ${control} has no SE`;
      set.faults.push(faultAt(this.severityOf, 'ERR_X12_SET_UNCLOSED', { ...placeOf(last), offset: last.end }, what, 'SE', at));
    } else {
      this.keep(set, se);
      if (numeral(se.value(2)) !== numeral(control)) report('ERR_X12_SET_CONTROL', se, 2, 'SE02 is not ST02', control, shown(se.value(2)));
      const counted = String(set.count);
      if (numeral(se.value(1)) !== counted) report('ERR_X12_SEGMENT_COUNT', se, 1, 'SE01 is not the number of segments', counted, shown(se.value(1)));
    }
    const { segments, faults, count, whole } = set;
    // One literal: objects joined by spreading have a shape each, which only a full collection of the heap lets go of.
    const closed: TransactionSet = {
      ordinal: this.sets,
      unitOrdinal: open.sets,
      interchange: open.interchange,
      group,
      id: text(set.st, 1).trim(),
      control,
      offset: set.st.offset,
      segmentCount: count,
      segments,
      faults,
      whole,
    };
    this.set = undefined;
    this.events.push({ kind: 'set', set: closed });
  }
}

const text = (segment: X12Segment, element: number): string => copyText(segment.value(element));
