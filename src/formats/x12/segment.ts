/**
 * One segment as it stands in the message: a range of its window's text, split only when an element is asked for.
 *
 * Text is latin1, one character a byte, so that positions in it are byte offsets; an element with bytes over 0x7f is
 * decoded when it is read. A class, not closures: millions of these are made a second, and where their elements begin is
 * written into blocks that they share, so that no element costs an allocation before it is read.
 * Trade: a segment keeps its window (64 KB as a rule) and its block (16 KB) alive.
 */
import type { SourceSegment } from '../../core/source-tree.ts';
import type { Delimiters } from './delimiters.ts';
import { decodeText } from './encoding.ts';

const BREAKS = /[\r\n]+/g;

export interface SegmentFrame {
  readonly id: string;
  /** The text that the segment was cut from, and where in it the segment begins and ends. */
  readonly window: string;
  readonly from: number;
  readonly to: number;
  readonly ordinal: number;
  readonly offset: number;
  readonly end: number;
  readonly lead: number;
  /** As much of the lead as no longer stands in the window. */
  readonly leadBefore: string;
  readonly delimiters: Delimiters;
  readonly wrapped: boolean;
  readonly terminated: boolean;
}

export class X12Segment implements SourceSegment {
  readonly id: string;
  readonly ordinal: number;
  readonly offset: number;
  /** Offset after the terminator. */
  readonly end: number;
  /** How many bytes of line ends, blanks, NUL or 0x1A stand between the segment before and this one. */
  readonly lead: number;
  readonly delimiters: Delimiters;
  /** CR or LF stand inside: they are no data. */
  readonly wrapped: boolean;
  readonly terminated: boolean;
  private readonly leadBefore: string;
  private readonly window: string;
  private readonly from: number;
  private readonly to: number;
  /** Where in the window each element starts, the id first; one past the end plus one last. */
  private marks: Int32Array | undefined;
  /** Of this segment's marks in the block. */
  private first: number;
  private elements: number;
  private odd: boolean;

  constructor(frame: SegmentFrame) {
    this.id = frame.id;
    this.ordinal = frame.ordinal;
    this.offset = frame.offset;
    this.end = frame.end;
    this.lead = frame.lead;
    this.delimiters = frame.delimiters;
    this.wrapped = frame.wrapped;
    this.terminated = frame.terminated;
    this.leadBefore = frame.leadBefore;
    this.window = frame.window;
    this.from = frame.from;
    this.to = frame.to;
    this.marks = undefined;
    this.first = 0;
    this.elements = 0;
    this.odd = false;
  }

  get kind(): 'segment' {
    return 'segment';
  }

  /** As sent, in latin1, without the terminator. */
  get text(): string {
    return this.window.slice(this.from, this.to);
  }

  /** The bytes of `lead`: the suffix of the terminator before. */
  get leadText(): string {
    return this.leadBefore + this.window.slice(this.from - this.lead + this.leadBefore.length, this.from);
  }

  /** What ends it: the terminator with blanks before it, the line end that stands for it, or nothing. */
  get ending(): string {
    return this.window.slice(this.to, this.from + this.end - this.offset);
  }

  /** Bytes of `text`. */
  get length(): number {
    return this.to - this.from;
  }

  get size(): number {
    if (this.marks === undefined) this.split();
    return this.elements;
  }

  /** Whether a NUL or a byte over 0x7f stands in an element. */
  get hasOddBytes(): boolean {
    if (this.marks === undefined) this.split();
    return this.odd;
  }

  value(element: number, component?: number, repetition?: number): string {
    const raw = component === undefined && repetition === undefined ? this.whole(element) : this.raw(element, component, repetition);
    if (!this.odd && !this.wrapped) return raw;
    const unbroken = this.wrapped ? raw.replace(BREAKS, '') : raw;
    return this.odd ? decodeText(unbroken, this.delimiters.encoding) : unbroken;
  }

  /** The same as sent: latin1, line breaks kept. */
  raw(element: number, component?: number, repetition?: number): string {
    const range = this.range(element, component, repetition);
    return range === undefined ? '' : this.window.slice(range.from, range.to);
  }

  offsetOf(element: number, component?: number, repetition?: number): number {
    const range = this.range(element, component, repetition);
    return this.offset - this.from + (range === undefined ? this.to : range.from);
  }

  /** Characters of the element as sent; 0 when it is absent. */
  lengthOf(element: number): number {
    const marks = this.marks ?? this.split();
    if (element < 1 || element > this.elements) return 0;
    const at = this.first + element;
    return (marks[at + 1] ?? 0) - 1 - (marks[at] ?? 0);
  }

  isEmpty(element: number): boolean {
    return this.lengthOf(element) === 0;
  }

  components(element: number, repetition?: number): number {
    return count(this.raw(element, undefined, repetition ?? 1), this.id === 'ISA' ? undefined : this.delimiters.component);
  }

  repetitions(element: number): number {
    return count(this.whole(element), this.id === 'ISA' ? undefined : this.delimiters.repetition);
  }

  private whole(element: number): string {
    const marks = this.marks ?? this.split();
    if (element < 1 || element > this.elements) return '';
    const at = this.first + element;
    return this.window.slice(marks[at] ?? 0, (marks[at + 1] ?? 0) - 1);
  }

  private range(element: number, component: number | undefined, repetition: number | undefined): Range | undefined {
    const marks = this.marks ?? this.split();
    if (element < 1 || element > this.elements) return undefined;
    const at = this.first + element;
    const whole = { from: marks[at] ?? 0, to: (marks[at + 1] ?? 0) - 1 };
    if (component === undefined && repetition === undefined) return whole;
    // ISA11 and ISA16 *are* separators; no other element of ISA may hold one.
    const { delimiters, window } = this;
    const ofIsa = this.id === 'ISA';
    const repeated = piece(window, whole, ofIsa ? undefined : delimiters.repetition, repetition ?? 1);
    if (component === undefined || repeated === undefined) return repeated;
    return piece(window, repeated, ofIsa ? undefined : delimiters.component, component);
  }

  private split(): Int32Array {
    const { window, from, to } = this;
    const separator = this.delimiters.element.charCodeAt(0);
    const marks = blockFor(to - from + 2);
    let at = used;
    let odd = 0;
    marks[at++] = from;
    for (let i = from; i < to; i++) {
      const code = window.charCodeAt(i);
      if (code === separator) marks[at++] = i + 1;
      // Of NUL, code - 1 has every bit set.
      else odd |= code | (code - 1);
    }
    marks[at] = to + 1;
    this.marks = marks;
    this.first = used;
    this.elements = at - used - 1;
    this.odd = (odd & ~0x7f) !== 0;
    used = at + 1;
    return marks;
  }
}

/** Where elements begin, of one segment after the other; a full block is left to the segments that are in it. */
const BLOCK = 4096;
let block = new Int32Array(BLOCK);
let used = 0;

function blockFor(most: number): Int32Array {
  if (used + most <= block.length) return block;
  used = 0;
  block = new Int32Array(Math.max(BLOCK, most));
  return block;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function piece(window: string, range: Range, separator: string | undefined, nth: number): Range | undefined {
  if (separator === undefined) return nth === 1 ? range : undefined;
  const text = window.slice(range.from, range.to);
  let from = 0;
  for (let skipped = 1; skipped < nth; skipped++) {
    const next = text.indexOf(separator, from);
    if (next < 0) return undefined;
    from = next + 1;
  }
  const end = text.indexOf(separator, from);
  return { from: range.from + from, to: end < 0 ? range.to : range.from + end };
}

function count(text: string, separator: string | undefined): number {
  if (text === '') return 0;
  let pieces = 1;
  if (separator !== undefined) for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + 1)) pieces++;
  return pieces;
}
