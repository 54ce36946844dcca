/** What x12.* is measured against: each reads every element of the chunks and returns the checksum over them. */
import { Readable } from 'node:stream';
import { X12Parser as NodeX12Parser, type X12Segment as NodeX12Segment } from 'node-x12';
import { X12parser } from 'x12-parser';

/** Mixes one element in; the order counts. ISA stays out on all sides: x12-parser trims it, node-x12 makes numbers of it. */
export const mixed = (sum: number, element: string): number => (Math.imul(sum, 31) + element.length * 7 + (element.charCodeAt(0) | 0)) | 0;

/** The least that a reader of chunks must do: no positions, no look at the ISA, no faults. */
export function bareSplit(chunks: Iterable<Buffer>): number {
  let sum = 0;
  let held = '';
  for (const chunk of chunks) {
    const segments = (held + chunk.toString('latin1')).split('~');
    held = segments.pop() ?? '';
    for (const segment of segments) {
      const elements = segment.split('*');
      if (elements[0] === 'ISA') continue;
      for (let i = 1; i < elements.length; i++) sum = mixed(sum, elements[i] ?? '');
    }
  }
  return sum;
}

export async function readByX12Parser(chunks: Iterable<Buffer>): Promise<number> {
  let sum = 0;
  const parser = Readable.from(chunks).pipe(new X12parser());
  for await (const segment of parser as AsyncIterable<Record<string | number, string> & { readonly name: string }>) {
    if (segment.name === 'ISA') continue;
    for (let i = 1; ; i++) {
      const element = segment[i];
      if (element === undefined) break;
      sum = mixed(sum, element);
    }
  }
  return sum;
}

export async function readByNodeX12(chunks: Iterable<Buffer>): Promise<number> {
  let sum = 0;
  const parser = Readable.from(chunks).pipe(new NodeX12Parser());
  for await (const segment of parser as AsyncIterable<NodeX12Segment>) {
    if (segment.tag === 'ISA') continue;
    for (const element of segment.elements) sum = mixed(sum, element.value);
  }
  return sum;
}
