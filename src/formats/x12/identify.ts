/**
 * The units of a message and their digests: each interchange from the I of ISA to the terminator of IEA, as sent.
 *
 * Uses the same framer as parse, so both agree on where a unit begins and ends; splits no element. Where IEA is missing, a unit
 * ends with its last segment. Keeps the bytes that no frame has claimed yet (a segment and a window at most).
 */
import { createHash, type Hash } from 'node:crypto';
import type { RawSource, SourceUnit } from '../../core/contracts.ts';
import { copyText } from './encoding.ts';
import { Framer } from './framer.ts';
import { windowsOf } from './frames.ts';
import type { X12Segment } from './segment.ts';
import { severitiesFor } from './severity.ts';

interface OpenUnit {
  readonly offset: number;
  readonly hash: Hash;
  readonly interchange: NonNullable<SourceUnit['interchange']>;
  /** Offset up to which the hash has been fed: the end of the last segment. */
  end: number;
}

export async function* identifyInterchanges(source: RawSource): AsyncGenerator<SourceUnit> {
  const framer = new Framer('latin1', severitiesFor());
  const digester = new Digester();
  for await (const chunk of source.open()) {
    for (const window of windowsOf(chunk)) {
      framer.feed(window);
      digester.hold(window);
      yield* digester.advance(framer);
    }
  }
  framer.end();
  yield* digester.advance(framer);
  yield* digester.close();
}

interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
}

class Digester {
  private unit: OpenUnit | undefined;
  private pieces: Piece[] = [];
  private read = 0;

  hold(window: Buffer): void {
    this.pieces.push({ offset: this.read, bytes: window });
    this.read += window.length;
  }

  *advance(framer: Framer): Generator<SourceUnit> {
    const fresh = this.pieces[this.pieces.length - 1];
    let end = -1;
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.kind === 'segment') {
        if (frame.id === 'ISA') {
          yield* this.close(end);
          this.unit = { offset: frame.offset, hash: createHash('sha256'), interchange: interchangeOf(frame), end: frame.offset };
        }
        end = frame.end;
        if (frame.id === 'IEA') yield* this.close(end);
      } else if (frame.kind === 'skipped' || frame.fault.code === 'ERR_X12_SEGMENT_SIZE') yield* this.close(end);
    }
    this.feed(end);
    this.letGo(this.unit?.end ?? framer.position, fresh);
  }

  *close(end = -1): Generator<SourceUnit> {
    this.feed(end);
    const { unit } = this;
    this.unit = undefined;
    if (unit !== undefined)
      yield { offset: unit.offset, length: unit.end - unit.offset, sha256: unit.hash.digest('hex'), interchange: unit.interchange };
  }

  private feed(end: number): void {
    const { unit } = this;
    if (unit === undefined || end <= unit.end) return;
    for (const { offset, bytes } of this.pieces) {
      const from = Math.max(unit.end, offset);
      const to = Math.min(end, offset + bytes.length);
      if (from < to) unit.hash.update(bytes.subarray(from - offset, to - offset));
    }
    unit.end = end;
  }

  /** Keeps what comes after `offset`; of the chunk just read a copy, since its owner may use it again. */
  private letGo(offset: number, fresh: Piece | undefined): void {
    if (
      offset < this.read &&
      fresh !== undefined &&
      this.pieces[0] !== fresh &&
      (this.pieces[0]?.offset ?? 0) + (this.pieces[0]?.bytes.length ?? 0) > offset
    ) {
      this.pieces[this.pieces.length - 1] = { offset: fresh.offset, bytes: Buffer.from(fresh.bytes) };
      return;
    }
    this.pieces = this.pieces
      .filter((piece) => piece.offset + piece.bytes.length > offset)
      .map((piece) => {
        const from = Math.max(0, offset - piece.offset);
        return { offset: piece.offset + from, bytes: Buffer.from(piece.bytes.subarray(from)) };
      });
  }
}

/** Ids without their padding, so that an unpadded ISA counts in the same sequence. */
function interchangeOf(isa: X12Segment): NonNullable<SourceUnit['interchange']> {
  const parties = [5, 6, 7, 8, 15].map((element) => isa.value(element).trimEnd());
  return { parties: JSON.stringify(parties), control: copyText(isa.value(13).trim()) };
}
