/**
 * Does an X12 file end where it should? An upload that broke off can look settled; its missing IEA gives it away.
 *
 * Looks at the last bytes only and knows no delimiters, so it accepts every legal ending and a few dirty ones: blanks, line ends, NUL
 * and 0x1A after the terminator, lines wrapped at 80 columns, no terminator at all. Whether the interchange is right is for the format to say.
 */

/** Enough for an IEA under a page of padding. */
export const TAIL_BYTES = 4096;

/** Separator, IEA01 (1–5 digits), separator, IEA02 (9 digits; fewer are met), then the terminator or the end. */
const IEA = /(?:^|[^A-Za-z0-9])IEA([^A-Za-z0-9\r\n])\d{1,5}\1(\d{1,9})\1*(?:[^A-Za-z0-9][\s\p{Cc}]*)?$/u;

export function endsInIea(tail: Uint8Array): boolean {
  const text = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).toString('latin1');
  // Wrapped lines may break inside the IEA; but a line end may also be the terminator itself, so look at both.
  return ends(text) || ends(text.replace(/[\r\n]/g, ''));
}

function ends(text: string): boolean {
  const match = IEA.exec(text);
  if (match === null) return false;
  // Without a terminator only a full IEA02 shows that nothing is missing.
  const terminated = !/\d$/.test(text);
  return terminated || match[2]?.length === 9;
}
