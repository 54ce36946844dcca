/**
 * Cuts raw bytes into segments, whatever the chunks, and says what every byte is: part of one segment, lead of one, or of a skipped range.
 *
 * Guarantees: the same frames for every chunking; linear time; at most one segment (SEGMENT_LIMIT) and one window (64 KB) in memory.
 * The letters ISA are looked for only at the start of a segment and, after junk, where a whole ISA can be read from there.
 * Trade: BIN segments, which may hold terminators, are not supported.
 */
import { type Delimiters, type Encoding, HEADER_LIMIT, isLineEnd, mayBeHeader, readHeader, showDelimiter } from './delimiters.ts';
import { faultAt } from './fault.ts';
import { isaAt, isaInside } from './find-isa.ts';
import type { Frame, SkipReason } from './frames.ts';
import { X12Segment } from './segment.ts';
import { segmentName } from './segment-name.ts';
import type { SeverityOf } from './severity.ts';

export const SEGMENT_LIMIT = 1024 * 1024;
/** Below this a rope of strings is quicker than joined bytes. */
const ROPE = 4096;

const isPadding = (code: number): boolean => code <= 0x20 && (code === 0x20 || isLineEnd(code) || code === 0x09 || code === 0 || code === 0x1a);
const LETTER_I = 0x49;
const ENVELOPE: ReadonlySet<string> = new Set(['ISA', 'GS', 'ST', 'SE', 'GE', 'IEA']);
/** By their first letter. */
const mayBeEnvelope = (code: number): boolean => code === 0x53 || code === 0x47 || code === LETTER_I;
const BOM = '\xef\xbb\xbf';

const SCRATCH = Buffer.allocUnsafeSlow(128 * 1024);

/** Text of one piece: a rope, even one that was flattened, is read more slowly. */
function joined(held: string, window: Buffer): string {
  const length = held.length + window.length;
  if (held === '' || length < ROPE) return held + window.toString('latin1');
  if (length > SCRATCH.length) return Buffer.concat([Buffer.from(held, 'latin1'), window]).toString('latin1');
  SCRATCH.write(held, 0, 'latin1');
  window.copy(SCRATCH, held.length);
  return SCRATCH.toString('latin1', 0, length);
}

export class Framer {
  private readonly encoding: Encoding;
  private readonly severityOf: SeverityOf;
  private readonly envelopesOnly: boolean;
  private readonly queue: Frame[] = [];
  private mode: 'between' | 'header' | 'body' | 'resync' | 'done' = 'between';
  /** Window: everything not yet framed; `base` is the offset of its first byte. */
  private text = '';
  private at = 0;
  private base = 0;
  private ended = false;
  /** Inside a segment whose terminator has not come yet. */
  private stalled = false;
  private ordinal = 0;
  /** Offset after the last segment: bytes from here to the next one are its lead. */
  private lastEnd = 0;
  /** As much of a lead as was passed in windows before this one. */
  private leadBefore = '';
  private delimiters: Delimiters | undefined;
  private nextLf = -1;
  private nextCr = -1;
  private skipFrom = -1;
  private skipReason: SkipReason = 'padding';

  /** `envelopesOnly`: of segments, only those of envelopes and sets (ISA, GS, ST, SE, GE, IEA) become frames; the others are counted. */
  constructor(encoding: Encoding, severityOf: SeverityOf, { envelopesOnly = false } = {}) {
    this.encoding = encoding;
    this.severityOf = severityOf;
    this.envelopesOnly = envelopesOnly;
  }

  feed(window: Buffer): void {
    if (this.mode === 'body') this.leadBefore += this.text.slice(Math.max(0, this.lastEnd - this.base), this.at);
    const held = this.at === 0 ? this.text : this.text.slice(this.at);
    this.base += this.at;
    this.at = 0;
    this.nextLf = -1;
    this.nextCr = -1;
    // A rope of small chunks is joined only when its segment can end or has become too long: no quadratic copying.
    if (this.stalled && held.length + window.length <= SEGMENT_LIMIT + HEADER_LIMIT) {
      const more = window.toString('latin1');
      if (!this.mayEnd(more)) {
        this.text = held + more;
        return;
      }
    }
    this.stalled = false;
    this.text = joined(held, window);
  }

  end(): void {
    this.ended = true;
    this.stalled = false;
  }

  /** Bytes before this offset that no frame has named yet can only be skipped or lead. */
  get position(): number {
    return this.base + this.at;
  }

  /** The next frame; `undefined` when more bytes are needed, or after the end. */
  next(): Frame | undefined {
    for (;;) {
      if (this.queue.length > 0) return this.queue.shift();
      if (this.stalled || this.mode === 'done') return undefined;
      const before = this.mode;
      const frame = this.step();
      if (frame !== undefined) return frame;
      if (this.queue.length === 0 && this.mode === before) return undefined;
    }
  }

  private step(): Frame | undefined {
    if (this.mode === 'body') return this.nextSegment();
    if (this.mode === 'between') this.skipPadding();
    else if (this.mode === 'header') this.openInterchange();
    else this.resync();
    return undefined;
  }

  private mayEnd(more: string): boolean {
    const { terminator } = this.delimiters ?? { terminator: '' };
    if (more.includes(terminator.charAt(terminator.length - 1))) return true;
    return isLineEnd(terminator.charCodeAt(0)) && (more.includes('\r') || more.includes('\n'));
  }

  // ── Between interchanges ──

  private skipPadding(): void {
    if (this.skipFrom < 0) this.startSkip('padding');
    for (;;) {
      while (this.at < this.text.length && isPadding(this.text.charCodeAt(this.at))) this.at++;
      const head = this.text.slice(this.at, this.at + 3);
      if (head.length < 3 && !this.ended && (head === '' || BOM.startsWith(head) || 'ISA'.startsWith(head))) return;
      if (head !== BOM) {
        this.endSkip();
        if (head === '') this.mode = 'done';
        else if (head === 'ISA') this.mode = 'header';
        else this.reportJunk();
        return;
      }
      this.endSkip();
      this.startSkip('byte-order-mark');
      this.at += 3;
      this.endSkip();
      this.startSkip('padding');
    }
  }

  private reportJunk(): void {
    const found = JSON.stringify(this.text.slice(this.at, this.at + 1));
    this.report('ERR_X12_JUNK', this.base + this.at, 'these bytes belong to no interchange', 'ISA', `bytes that begin with ${found}`);
    this.startSkip('junk');
    this.mode = 'resync';
  }

  private startSkip(reason: SkipReason): void {
    this.skipFrom = this.base + this.at;
    this.skipReason = reason;
  }

  private endSkip(): void {
    const length = this.base + this.at - this.skipFrom;
    if (length > 0) this.queue.push({ kind: 'skipped', reason: this.skipReason, offset: this.skipFrom, length });
    this.skipFrom = -1;
  }

  /** Goes on to the next place where a whole, plausible ISA can be read. */
  private resync(): void {
    for (;;) {
      const found = this.text.indexOf('ISA', this.at);
      if (found < 0) {
        this.at = this.ended ? this.text.length : Math.max(this.at, this.text.length - 2);
        if (!this.ended) return;
        this.endSkip();
        this.mode = 'done';
        return;
      }
      this.at = found;
      if (!mayBeHeader(this.text, found)) {
        this.at = found + 1;
        continue;
      }
      const header = readHeader(this.text, found, this.ended, this.encoding);
      if (header.kind === 'more') return;
      if (header.kind === 'header' && header.plausible) {
        this.endSkip();
        this.mode = 'header';
        return;
      }
      this.at = found + 1;
    }
  }

  // ── Interchanges ──

  private openInterchange(): void {
    const header = readHeader(this.text, this.at, this.ended, this.encoding);
    if (header.kind === 'more') return;
    const offset = this.base + this.at;
    if (header.kind === 'invalid') {
      const { fault } = header;
      const at = { kind: 'segment', offset: offset + fault.at, segmentId: 'ISA', element: fault.element } as const;
      this.queue.push({ kind: 'fault', fault: faultAt(this.severityOf, fault.code, at, fault.what, fault.expected, fault.found) });
      this.startSkip('unreadable-isa');
      this.at += 1;
      this.mode = 'resync';
      return;
    }
    this.delimiters = header.delimiters;
    const isa = this.cut('ISA', this.at, this.at + header.textLength, this.at + header.length, header.wrapped, true);
    this.mode = 'body';
    this.queue.push(isa);
    for (const { code, what, expected, found, at, element } of header.warnings) {
      const place = { kind: 'segment', offset: offset + at, segment: isa.ordinal, segmentId: 'ISA', element } as const;
      this.queue.push({ kind: 'fault', fault: faultAt(this.severityOf, code, place, what, expected, found) });
    }
  }

  private nextSegment(): Frame | undefined {
    const { text, delimiters } = this;
    if (delimiters === undefined) return undefined;
    const { terminator } = delimiters;
    const byLine = isLineEnd(terminator.charCodeAt(0));
    for (;;) {
      const start = this.skipToSegment(terminator);
      if (this.base + start - this.lastEnd > SEGMENT_LIMIT) return this.refuse(this.lastEnd);
      if (start >= text.length) return this.ended ? this.finish(start, start) : undefined;
      if (text.charCodeAt(start) === LETTER_I) {
        // A segment that begins with ISA is the next interchange: this one has lost its IEA.
        const isa = isaAt(text, start, this.ended);
        if (isa === 'more') return undefined;
        if (isa) {
          this.skipLead(start);
          this.mode = 'header';
          return undefined;
        }
      }
      let end = text.indexOf(terminator, start);
      const lineEnd = Math.min(this.nextLineEnd('\n', start), this.nextLineEnd('\r', start));
      let endLength = terminator.length;
      if (byLine && lineEnd < (end < 0 ? text.length : end)) {
        end = lineEnd;
        endLength = 1;
      }
      const stop = end < 0 ? text.length : end;
      if (stop - start > SEGMENT_LIMIT) {
        this.skipLead(start);
        return this.refuse(this.base + start);
      }
      if (end < 0 && !this.ended) {
        this.stalled = true;
        return undefined;
      }
      const wrapped = !byLine && lineEnd < stop;
      if (this.envelopesOnly && !wrapped && end >= 0 && !mayBeEnvelope(text.charCodeAt(start))) {
        this.pass(end + endLength);
        continue;
      }
      const id = segmentName(text, start, stop, delimiters.element, wrapped);
      if (wrapped || id === 'IEA') {
        const isa = isaInside(text, start, stop, id === 'IEA', this.ended);
        if (isa === 'more') return undefined;
        if (isa !== undefined) return this.cutShort(id, start, isa);
      }
      if (end < 0) return this.finish(start, text.length);
      if (this.envelopesOnly && !ENVELOPE.has(id)) {
        this.pass(end + endLength);
        continue;
      }
      const segment = this.cut(id, start, end, end + endLength, wrapped, true);
      if (id === 'IEA') this.mode = 'between';
      return segment;
    }
  }

  /** Passes what may stand between two segments, empty segments among it. */
  private skipToSegment(terminator: string): number {
    const { text } = this;
    const first = terminator.charCodeAt(0);
    let start = this.at;
    for (; start < text.length; start++) {
      const code = text.charCodeAt(start);
      if (isPadding(code)) continue;
      if (code !== first || !text.startsWith(terminator, start)) break;
      start += terminator.length - 1;
    }
    this.at = start;
    return start;
  }

  /** Index of the next one at or after `from`; a large number when the window has none. Searched once a window. */
  private nextLineEnd(lineEnd: '\n' | '\r', from: number): number {
    const known = lineEnd === '\n' ? this.nextLf : this.nextCr;
    if (known >= from) return known;
    const found = this.text.indexOf(lineEnd, from);
    const next = found < 0 ? Number.MAX_SAFE_INTEGER : found;
    if (lineEnd === '\n') this.nextLf = next;
    else this.nextCr = next;
    return next;
  }

  /** Counts a segment that nobody asked for. */
  private pass(after: number): void {
    this.ordinal++;
    this.at = after;
    this.leadBefore = '';
    this.lastEnd = this.base + after;
  }

  private cut(id: string, start: number, end: number, after: number, wrapped: boolean, terminated: boolean): X12Segment {
    const { delimiters } = this;
    if (delimiters === undefined) throw new Error('a segment before its ISA');
    this.ordinal++;
    this.at = after;
    const offset = this.base + start;
    // Before an ISA that was looked for, the bytes are in ranges of their own.
    const lead = this.mode === 'header' ? 0 : offset - this.lastEnd;
    const leadBefore = lead === 0 ? '' : this.leadBefore;
    this.leadBefore = '';
    this.lastEnd = this.base + after;
    return new X12Segment({
      id,
      window: this.text,
      from: start,
      to: end,
      ordinal: this.ordinal,
      offset,
      end: this.lastEnd,
      lead,
      leadBefore,
      delimiters,
      wrapped,
      terminated,
    });
  }

  /** What stands between the last segment and `to` belongs to no segment. */
  private skipLead(to: number): void {
    this.skipFrom = this.lastEnd;
    this.skipReason = 'padding';
    this.at = to;
    this.endSkip();
  }

  /** The file ends inside or after a segment that has no terminator. */
  private finish(start: number, end: number): Frame | undefined {
    this.mode = 'done';
    this.cutOff(start, end, 'end of file');
    this.skipLead(end);
    return this.queue.shift();
  }

  /** The next interchange begins before the segment was terminated. */
  private cutShort(id: string, start: number, isa: number): Frame | undefined {
    this.cutOff(start, isa, 'the next ISA');
    if (id === 'IEA') this.mode = 'between';
    return this.queue.shift();
  }

  private cutOff(start: number, end: number, found: string): void {
    const { text, delimiters } = this;
    let stop = end;
    while (stop > start && isPadding(text.charCodeAt(stop - 1))) stop--;
    if (stop === start || delimiters === undefined) return;
    const wrapped = /[\r\n]/.test(text.slice(start, stop));
    const id = segmentName(text, start, stop, delimiters.element, wrapped);
    const segment = this.cut(id, start, stop, stop, wrapped, false);
    const place = { kind: 'segment', offset: segment.end, segment: segment.ordinal, segmentId: id } as const;
    const expected = showDelimiter(delimiters.terminator);
    const fault = faultAt(this.severityOf, 'ERR_X12_UNTERMINATED', place, `the last segment (${id}) has no terminator`, expected, found);
    this.queue.push(segment, { kind: 'fault', fault });
  }

  /** `from`: offset where the segment begins that does not end (or the blanks before one that does not come). */
  private refuse(from: number): Frame | undefined {
    const expected = `the terminator ${showDelimiter(this.delimiters?.terminator ?? '')} within ${SEGMENT_LIMIT} bytes`;
    this.report('ERR_X12_SEGMENT_SIZE', from, 'a segment does not end', expected, 'none');
    this.skipFrom = from;
    this.skipReason = 'oversized-segment';
    this.mode = 'resync';
    return this.queue.shift();
  }

  private report(code: Parameters<typeof faultAt>[1], offset: number, what: string, expected: string, found: string): void {
    this.queue.push({ kind: 'fault', fault: faultAt(this.severityOf, code, { kind: 'segment', offset }, what, expected, found) });
  }
}
