/**
 * Takes a structured CloudEvent apart for the binary mode of the HTTP binding (CloudEvents 1.0.2, HTTP §3.1).
 *
 * The body is a slice of the stored bytes: `data` is sent as it was written, not as a parser would write it again. Attributes are few and
 * short, so that only they are parsed.
 */
export interface BinaryEvent {
  readonly contentType: string;
  /** `ce-…`, percent-encoded. */
  readonly attributes: Record<string, string>;
  readonly body: Uint8Array;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Throws when the bytes are no CloudEvent with `data` in the JSON format. */
export function takeApart(event: Uint8Array): BinaryEvent {
  const bytes = Buffer.from(event.buffer, event.byteOffset, event.byteLength);
  const attributes: Record<string, string> = {};
  let contentType = 'application/json';
  let body: Uint8Array | undefined;
  for (const { name, start, end } of membersOf(bytes)) {
    if (name === 'data') body = bytes.subarray(start, end);
    else {
      const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
      if (!/^[a-z0-9]+$/.test(name) || !isAttributeValue(value)) throw unfit(`the attribute ${JSON.stringify(name)}`);
      if (name === 'datacontenttype') contentType = mediaType(String(value));
      else attributes[`ce-${name}`] = headerValue(String(value));
    }
  }
  if (body === undefined) throw unfit('no data');
  return { contentType, attributes, body };
}

/** §3.1.3.2: what is not printable ASCII, and blank, quote and percent, as the %xy of its UTF-8 bytes. */
export const headerValue = (text: string): string =>
  text.replace(/[^\x21\x23\x24\x26-\x7e]+/gu, (run) =>
    [...Buffer.from(run, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

/** Goes into its header as it is. */
function mediaType(text: string): string {
  if (!/^[\x21-\x7e]+( *;[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) throw unfit('a datacontenttype that is no media type');
  return text;
}

const isAttributeValue = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);
const unfit = (found: string) => new TypeError(`binary mode: expected a CloudEvent with data and attributes of text, found ${found}`);

/** The members of the outermost object and where their values stand, without the blanks around them. */
function* membersOf(bytes: Buffer): Generator<{ name: string; start: number; end: number }> {
  let at = skipBlanks(bytes, 0);
  if (bytes[at] !== OPEN) throw unfit('no object');
  at = skipBlanks(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    const nameEnd = endOfText(bytes, at);
    const name = String(JSON.parse(bytes.toString('utf8', at, nameEnd)));
    at = skipBlanks(bytes, nameEnd);
    if (bytes[at] !== COLON) throw unfit('no JSON');
    const start = skipBlanks(bytes, at + 1);
    const end = endOfValue(bytes, start);
    yield { name, start, end };
    at = skipBlanks(bytes, end);
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1);
  }
  if (bytes[at] !== CLOSE || skipBlanks(bytes, at + 1) !== bytes.length) throw unfit('no JSON');
}

function endOfValue(bytes: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (depth === 0 && (byte === COMMA || byte === CLOSE)) break;
    else {
      if (byte === OPEN || byte === OPEN_LIST) depth++;
      if (byte === CLOSE || byte === CLOSE_LIST) depth--;
      at++;
    }
    if (depth === 0 && (byte === QUOTE || byte === CLOSE || byte === CLOSE_LIST)) return at;
  }
  while (isBlank(bytes[at - 1])) at--;
  if (at <= start) throw unfit('no JSON');
  return at;
}

/** Behind the closing quote; a backslash takes the byte after it along. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  throw unfit('no JSON');
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
