/**
 * A table beside a mapping (`needs:`), as a spreadsheet or an ERP writes it: CSV after RFC 4180, in which every value is text, so that
 * `0042` stays `0042`. The first line names the columns, the first column is the key.
 */
import type { FilePlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 200_000;
const MAX_COLUMNS = 100;

export interface Cell {
  readonly text: string;
  readonly place: FilePlace;
}

export interface TableFile {
  readonly file: string;
  readonly columns: readonly string[];
  /** By key; as many cells as there are columns, the key first. */
  readonly rows: ReadonlyMap<string, readonly Cell[]>;
}

/** The table is undefined when nothing of it can be used. */
export function parseTable(file: string, text: string): { table?: TableFile; problems: Problem[] } {
  const problems: Problem[] = [];
  const refuse = (place: FilePlace, message: string, hint?: string): void => {
    if (problems.length < 100) problems.push({ code: 'ERR_MAPPING_TABLE', severity: 'error', message, at: place, hint });
  };
  const start: FilePlace = { kind: 'file', file, line: 1, column: 1 };
  if (Buffer.byteLength(text) > MAX_BYTES) {
    refuse(start, `expected at most ${MAX_BYTES} bytes, found ${Buffer.byteLength(text)}`);
    return { problems };
  }
  const lines = readRows(file, text, refuse);
  const header = lines.next().value;
  if (header === undefined) {
    refuse(start, 'expected a line that names the columns, found an empty file');
    return { problems };
  }
  const columns = header.map((cell) => cell.text.trim());
  for (const [index, name] of columns.entries())
    if (name === '' || columns.indexOf(name) < index)
      refuse(header[index]?.place ?? start, `expected a name for each column, found ${name === '' ? 'none' : `"${name}" twice`}`);
  if (columns.length < 2 || columns.length > MAX_COLUMNS) refuse(start, `expected 2 to ${MAX_COLUMNS} columns, found ${columns.length}`);

  const rows = new Map<string, readonly Cell[]>();
  for (const row of lines) {
    const [key] = row;
    if (key === undefined || (row.length === 1 && key.text === '')) continue;
    const other = rows.get(key.text)?.[0];
    if (row.length !== columns.length) refuse(key.place, `expected ${columns.length} values in a line, found ${row.length}`);
    else if (key.text === '' || key.text !== key.text.trim())
      refuse(key.place, `expected a key in column "${columns[0]}" without blanks around it, found "${key.text}"`);
    else if (other !== undefined) refuse(key.place, `expected each key once, found "${key.text}" in line ${other.place.line} too`);
    else rows.set(key.text, row);
    if (rows.size > MAX_ROWS) {
      refuse(key.place, `expected at most ${MAX_ROWS} lines`);
      break;
    }
  }
  return problems.length > 0 ? { problems } : { table: { file, columns, rows }, problems };
}

/** Lines may end in CR LF or LF; a value in quotes may hold commas, quotes twice, and line ends. */
function* readRows(
  file: string,
  text: string,
  refuse: (place: FilePlace, message: string, hint?: string) => void,
): Generator<readonly Cell[], undefined> {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  let lineStart = at;
  let row: Cell[] = [];
  while (at < text.length) {
    const place: FilePlace = { kind: 'file', file, line, column: at - lineStart + 1 };
    let value = '';
    if (text[at] === '"') {
      const end = endOfQuoted(text, at);
      if (end === undefined) {
        refuse(place, 'expected a closing quote, found the end of the file');
        return undefined;
      }
      value = text.slice(at + 1, end).replaceAll('""', '"');
      for (let next = text.indexOf('\n', at); next >= 0 && next < end; next = text.indexOf('\n', next + 1)) {
        line++;
        lineStart = next + 1;
      }
      at = end + 1;
    } else {
      const end = endOfPlain(text, at);
      value = text.slice(at, end);
      at = end;
      if (value.includes('"'))
        refuse(place, `expected quotes around the whole value, found ${value.slice(0, 40)}`, 'a quote inside of a value is written twice');
    }
    row.push({ text: value, place });
    if (text[at] === ',') {
      at++;
      // A comma at the end of a line or of the file: one more value, and it is empty.
      if (at < text.length && !isLineEnd(text, at)) continue;
      row.push({ text: '', place: { ...place, line, column: at - lineStart + 1 } });
    } else if (at < text.length && !isLineEnd(text, at)) {
      refuse({ ...place, line, column: at - lineStart + 1 }, 'expected a comma or the end of the line after a closing quote');
      return undefined;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    lineStart = at;
    yield row;
    row = [];
  }
  return undefined;
}

function endOfQuoted(text: string, start: number): number | undefined {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 2)) if (text[end + 1] !== '"') return end;
  return undefined;
}

function endOfPlain(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== ',' && !isLineEnd(text, end)) end++;
  return end;
}

const isLineEnd = (text: string, at: number): boolean => text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
