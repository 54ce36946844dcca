/** X12 pads with blanks: AN keeps its leading ones, an element of nothing else says nothing. Most texts have none, and cost nothing here. */

const isSpace = (code: number): boolean => code <= 0x20 || code >= 0x80;

export const isBlank = (text: string): boolean => text === '' || (isSpace(text.charCodeAt(0)) && text.trim() === '');

export const withoutPadding = (text: string): string => (isSpace(text.charCodeAt(text.length - 1)) ? text.trimEnd() : text);

export const withoutBlanks = (text: string): string =>
  text !== '' && (isSpace(text.charCodeAt(0)) || isSpace(text.charCodeAt(text.length - 1))) ? text.trim() : text;
