/** One file of a corpus: what our reader finds in it beside the index, a second reader, its own printer and its own byte count. */
import { Segment } from 'x12-parser';
import type { RawSource } from '../../src/core/contracts.ts';
import { Framer } from '../../src/formats/x12/framer.ts';
import { windowsOf } from '../../src/formats/x12/frames.ts';
import { type Inspection, inspectX12 } from '../../src/formats/x12/inspect.ts';
import { printInterchange } from '../../src/formats/x12/print.ts';
import type { X12Segment } from '../../src/formats/x12/segment.ts';
import { severitiesFor } from '../../src/formats/x12/severity.ts';

/** A: a standard ISA; B: deviant, but it can be recovered; C: malformed, must give an error. */
export interface IndexRow {
  readonly file: string;
  readonly class: 'A' | 'B' | 'C';
  readonly counts: Inspection['totals'];
}

/** Columns by the names in the first line. */
export function readIndex(tsv: string): IndexRow[] {
  const [head = '', ...lines] = tsv.split(/\r?\n/).filter((line) => line.trim() !== '');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[names.indexOf(name)] ?? '';
    const count = (name: string) => Number(cell(name));
    const counts = { interchanges: count('interchanges'), groups: count('groups'), sets: count('sets'), segments: count('segments') };
    const kind = cell('class');
    if ((kind !== 'A' && kind !== 'B' && kind !== 'C') || Object.values(counts).some(Number.isNaN)) throw new Error(`not a row of an index: ${line}`);
    return { file: cell('file'), class: kind, counts };
  });
}

/** Every disagreement in a sentence; none: the file is read right. */
export async function checkFile(row: IndexRow, bytes: Buffer): Promise<string[]> {
  const report = await inspectX12(sourceOf(bytes, bytes.length));
  const segments = segmentsOf(bytes);
  return [
    ...againstIndex(row, report),
    ...againstChunks(report, await inspectX12(sourceOf(bytes, 7))),
    ...againstSize(report, bytes.length),
    ...segments.flatMap(againstSecondReader),
    ...(row.class === 'A' ? againstPrinter(segments, bytes) : []),
  ];
}

function againstIndex({ class: kind, counts }: IndexRow, { totals, faults }: Inspection): string[] {
  const failed = faults.some((fault) => fault.severity === 'error');
  if (kind === 'C') return failed ? [] : ['malformed, and no error was reported'];
  const names = ['interchanges', 'groups', 'sets', 'segments'] as const;
  const wrong = names.filter((name) => totals[name] !== counts[name]).map((name) => `${name}: expected ${counts[name]}, found ${totals[name]}`);
  return wrong.length > 0 && !failed ? [...wrong, 'silently wrong'] : wrong;
}

const againstChunks = (whole: Inspection, chunked: Inspection): string[] =>
  JSON.stringify(whole) === JSON.stringify(chunked) ? [] : ['read otherwise in chunks of 7 bytes'];

function againstSize({ bytes }: Inspection, size: number): string[] {
  const accounted = bytes.segments + Object.values(bytes.skipped).reduce((a, b) => a + b, 0);
  return accounted === size ? [] : [`${accounted} of ${size} bytes are accounted for`];
}

/** x12-parser has no repetitions, trims every component and takes line feeds out: held against what remains of ours. */
function againstSecondReader(segment: X12Segment): string[] {
  const { element, component, terminator } = segment.delimiters;
  const theirs = new Segment(segment.text.replaceAll('\r\n', '\n'), { element, component, segment: terminator, repetition: '' });
  const bare = (text: string) => text.replace(/[\r\n]/g, '').trim();
  const ours = Array.from({ length: segment.size }, (_, i) =>
    segment
      .raw(i + 1)
      .split(segment.id === 'ISA' ? /(?!)/ : component)
      .map(bare),
  );
  if (theirs.name === segment.id && JSON.stringify(theirs.parsed.map((one) => one.map(bare))) === JSON.stringify(ours)) return [];
  return [`x12-parser reads segment ${segment.ordinal} (${segment.id}) at offset ${segment.offset} otherwise`];
}

/** From the first ISA to the last terminator; what stands between interchanges is not printed. */
function againstPrinter(segments: readonly X12Segment[], bytes: Buffer): string[] {
  for (const segment of segments) {
    if (segment.wrapped) continue;
    const from = segment.offset - segment.lead;
    if (!printInterchange([segment]).equals(bytes.subarray(from, segment.end))) {
      return [`segment ${segment.ordinal} (${segment.id}) at offset ${segment.offset} is printed otherwise`];
    }
  }
  return [];
}

function segmentsOf(bytes: Buffer): X12Segment[] {
  // Latin-1 has a character for every byte: whatever was sent is printed back.
  const framer = new Framer('latin1', severitiesFor());
  const segments: X12Segment[] = [];
  const take = () => {
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) if (frame.kind === 'segment') segments.push(frame);
  };
  for (const window of windowsOf(bytes)) {
    framer.feed(window);
    take();
  }
  framer.end();
  take();
  return segments;
}

const sourceOf = (bytes: Buffer, size: number): RawSource => ({
  async *open() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  },
});
