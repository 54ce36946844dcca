/**
 * From bytes to text, per element and only where a byte over 0x7f stands. The encoding is the partner's word, never guessed.
 */
import type { Encoding } from './delimiters.ts';

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const isAscii = (latin1: string): boolean => {
  for (let i = 0; i < latin1.length; i++) if (latin1.charCodeAt(i) > 0x7f) return false;
  return true;
};

/** Whether the bytes (as latin1 text) are text in this encoding. */
export function isEncoded(latin1: string, encoding: Encoding): boolean {
  if (encoding === 'latin1' || isAscii(latin1)) return true;
  if (encoding === 'ascii') return false;
  try {
    STRICT.decode(Buffer.from(latin1, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

/** Bytes that are not in the encoding become U+FFFD: their set has an error already and is not translated. */
export function decodeText(latin1: string, encoding: Encoding): string {
  if (encoding === 'latin1' || isAscii(latin1)) return latin1;
  if (encoding === 'ascii') return latin1.replace(/[\x80-\xff]/g, '\ufffd');
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** The reverse of `decodeText`. What the encoding has no bytes for throws: nothing is written with a question mark in its place. */
export function encodeText(text: string, encoding: Encoding): string {
  if (isAscii(text)) return text;
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8').toString('latin1');
  const most = encoding === 'latin1' ? 0xff : 0x7f;
  for (const character of text) if ((character.codePointAt(0) ?? 0) > most) throw new RangeError(`${encoding} has no ${JSON.stringify(character)}`);
  return text;
}

/** V8 keeps the parent of a slice alive only from this length on; shorter slices are copies already. */
const SLICED_FROM = 13;

/** A string of its own, for what outlives the chunk that it was cut from. */
export const copyText = (text: string): string => (text.length < SLICED_FROM ? text : Buffer.from(text, 'utf8').toString('utf8'));
