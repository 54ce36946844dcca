/** Where the letters ISA are the next interchange and where they are data; the answer depends on the bytes only. */
import { isLineEnd, mayBeHeader, readHeader } from './delimiters.ts';

/** Whether a whole, plausible ISA can be read there. */
export function isaAt(text: string, start: number, ended: boolean): boolean | 'more' {
  if (!'ISA'.startsWith(text.slice(start, start + 3)) || !mayBeHeader(text, start)) return false;
  const header = readHeader(text, start, ended, 'latin1');
  return header.kind === 'more' ? 'more' : header.kind === 'header' && header.plausible;
}

/**
 * Where the next interchange begins inside a segment that lost its terminator: files that were cut off or end without one, glued together.
 * At the start of a line, or after the two elements of an IEA; anywhere else the letters are data.
 */
export function isaInside(text: string, start: number, stop: number, anywhere: boolean, ended: boolean): number | 'more' | undefined {
  const inside = text.slice(start, stop);
  for (let found = inside.indexOf('ISA', 1); found >= 0; found = inside.indexOf('ISA', found + 1)) {
    if (!anywhere && !isLineEnd(inside.charCodeAt(found - 1))) continue;
    const isa = isaAt(text, start + found, ended);
    if (isa === 'more') return isa;
    if (isa) return start + found;
  }
  return undefined;
}
