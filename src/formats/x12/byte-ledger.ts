/** What every byte of an input is: part of one segment or of one named range. The sum is the input; tests hold the two against each other. */
import type { Frame, SkipReason } from './frames.ts';

/** `line-suffix`: what stands between the terminator of a segment and the next segment. */
type RangeName = SkipReason | 'line-suffix';

export interface ByteCount {
  /** With their terminators. */
  readonly segments: number;
  readonly skipped: Readonly<Partial<Record<RangeName, number>>>;
}

export class ByteLedger {
  private segments = 0;
  private readonly skipped: Partial<Record<RangeName, number>> = {};

  get count(): ByteCount {
    return { segments: this.segments, skipped: { ...this.skipped } };
  }

  take(frame: Frame): void {
    if (frame.kind === 'skipped') this.skip(frame.reason, frame.length);
    else if (frame.kind === 'segment') {
      this.segments += frame.end - frame.offset;
      if (frame.lead > 0) this.skip('line-suffix', frame.lead);
    }
  }

  private skip(name: RangeName, bytes: number): void {
    this.skipped[name] = (this.skipped[name] ?? 0) + bytes;
  }
}
