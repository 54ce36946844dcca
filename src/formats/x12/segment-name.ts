/** The identifier of a segment, as one shared string for each identifier. */

const KNOWN = new Map<number, string>();

/** Up to the first element separator; a name of three letters at most is shared, so that it keeps no chunk alive. */
export function segmentName(text: string, start: number, end: number, separator: string, wrapped: boolean): string {
  if (!wrapped) {
    const code = separator.charCodeAt(0);
    const size = start + 2 === end || text.charCodeAt(start + 2) === code ? 2 : start + 3 === end || text.charCodeAt(start + 3) === code ? 3 : 0;
    if (size > 0) {
      const key = text.charCodeAt(start) | (text.charCodeAt(start + 1) << 8) | (size === 2 ? 0 : text.charCodeAt(start + 2) << 16);
      const known = KNOWN.get(key);
      if (known !== undefined) return known;
      const name = text.slice(start, start + size);
      if (!/^[A-Z][A-Z0-9]{1,2}$/.test(name)) return plainName(text, start, end, separator);
      KNOWN.set(key, name);
      return name;
    }
  }
  return plainName(text, start, end, separator);
}

function plainName(text: string, start: number, end: number, separator: string): string {
  const found = text.indexOf(separator, start);
  const stop = found < 0 || found > end ? end : found;
  return text.slice(start, Math.min(stop, start + 64)).replace(/[\r\n]+/g, '');
}

export const isSegmentName = (name: string): boolean => /^[A-Z][A-Z0-9]{1,2}$/.test(name);
