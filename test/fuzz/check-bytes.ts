/**
 * What must hold for any bytes: a result or a fault with a place, every byte in one segment or one named range, the same whatever the chunks,
 * and units that lie apart. The answer is the first thing that does not hold.
 */
import type { RawSource, SourceUnit } from '../../src/core/contracts.ts';
import { x12Format } from '../../src/formats/x12/format.ts';
import { Framer } from '../../src/formats/x12/framer.ts';
import { type Frame, windowsOf } from '../../src/formats/x12/frames.ts';
import { type Inspection, inspectX12 } from '../../src/formats/x12/inspect.ts';
import { severitiesFor } from '../../src/formats/x12/severity.ts';

export const CHUNKINGS = [1, 7, 64, 105, 106, 107, 1460, 65_536] as const;

/** `undefined`: all of it holds. */
export async function checkBytes(bytes: Buffer): Promise<string | undefined> {
  const frames = framesOf(bytes, bytes.length);
  const whole = await readIn(bytes, Math.max(1, bytes.length));
  const wrong = ranges(frames, bytes.length) ?? places(whole.report, bytes.length) ?? units(whole.units);
  if (wrong !== undefined) return wrong;
  const plainFrames = JSON.stringify(frames.map(plain));
  const plainWhole = JSON.stringify(whole);
  for (const size of CHUNKINGS) {
    if (JSON.stringify(framesOf(bytes, size).map(plain)) !== plainFrames) return `other frames in chunks of ${size}`;
    if (JSON.stringify(await readIn(bytes, size)) !== plainWhole) return `another result in chunks of ${size}`;
  }
  return undefined;
}

/** Each where the one before ended, up to the end of the input. */
function ranges(frames: readonly Frame[], length: number): string | undefined {
  let at = 0;
  for (const frame of frames) {
    if (frame.kind === 'fault') continue;
    const from = frame.kind === 'segment' ? frame.offset - frame.lead : frame.offset;
    if (from !== at) return `the bytes from ${at} to ${from} are in no range, or in two`;
    at = frame.kind === 'segment' ? frame.end : frame.offset + frame.length;
  }
  return at === length ? undefined : `the bytes from ${at} to ${length} are in no range`;
}

function places({ totals, faults }: Inspection, length: number): string | undefined {
  const apart = faults.find(({ offset, expected, found }) => offset < 0 || offset > length || expected === null || found === null);
  if (apart !== undefined) return `a fault without a place or without what was expected: ${JSON.stringify(apart)}`;
  return totals.interchanges === 0 && faults.length === 0 ? 'neither a result nor a fault' : undefined;
}

function units(found: readonly SourceUnit[]): string | undefined {
  const overlapping = found.find((unit, i) => unit.length < 1 || unit.offset < (found[i - 1]?.offset ?? 0) + (found[i - 1]?.length ?? 0));
  return overlapping === undefined ? undefined : `the unit at ${overlapping.offset} lies in another`;
}

async function readIn(bytes: Buffer, size: number) {
  const source: RawSource = {
    async *open() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
  const units: SourceUnit[] = [];
  for await (const unit of x12Format.identify(source)) units.push(unit);
  return { report: await inspectX12(source), units };
}

function framesOf(bytes: Buffer, size: number): Frame[] {
  const framer = new Framer('utf-8', severitiesFor());
  const frames: Frame[] = [];
  const take = () => {
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) frames.push(frame);
  };
  for (let at = 0; at < bytes.length; at += size) {
    for (const window of windowsOf(bytes.subarray(at, at + size))) framer.feed(window);
    take();
  }
  framer.end();
  take();
  return frames;
}

function plain(frame: Frame): unknown {
  if (frame.kind !== 'segment') return frame;
  const { id, text, leadText, ending, ordinal, offset, end, lead, wrapped, terminated, size } = frame;
  const elements = Array.from({ length: size }, (_, i) => [frame.value(i + 1), frame.offsetOf(i + 1)]);
  return { id, text, leadText, ending, ordinal, offset, end, lead, wrapped, terminated, elements };
}
