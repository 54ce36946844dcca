import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatProblem } from '../core/problem.ts';
import { parseTable } from './table-file.ts';

const rowsOf = (text: string) => [...(parseTable('t.csv', text).table?.rows.values() ?? [])].map((row) => row.map((cell) => cell.text));
const faults = (text: string) => parseTable('t.csv', text).problems.map(formatProblem);

test('every value is text, just as it is written', () => {
  expect(rowsOf('sku,ours\n0042,10.10\n1E5,true\n"a,b","say ""x"""\n"two\nlines", y \n')).toEqual([
    ['0042', '10.10'],
    ['1E5', 'true'],
    ['a,b', 'say "x"'],
    ['two\nlines', ' y '],
  ]);
});

test.each([
  ['lines that end in CR LF', 'a,b\r\n1,2\r\n'],
  ['no end of the last line', 'a,b\n1,2'],
  ['a byte order mark', '\ufeffa,b\n1,2\n'],
  ['empty lines', 'a,b\n\n1,2\n\n'],
])('%s', (_what, text) => {
  expect(rowsOf(text)).toEqual([['1', '2']]);
});

test('a comma at the end of a line is an empty value, on the last line too', () => {
  expect(rowsOf('a,b\n1,\n2,')).toEqual([
    ['1', ''],
    ['2', ''],
  ]);
});

test('what anyone wrote after RFC 4180 is read back, and each value has its place', () => {
  const value = fc.string({ unit: fc.constantFrom('a', '0', ',', '"', '\n', ' ', 'ä') });
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 8 }), (pairs) => {
      const lines = pairs.map(([first, second], index) => [`k${index}`, first, second]);
      const text = ['key,one,two', ...lines.map((line) => line.map(quote).join(','))].join('\n');
      expect(rowsOf(text)).toEqual(lines);
      const source = text.split('\n');
      for (const row of parseTable('t.csv', text).table?.rows.values() ?? [])
        for (const { text: found, place } of row)
          expect(source[place.line - 1]?.slice(place.column - 1).startsWith(quote(found).split('\n')[0] ?? '')).toBe(true);
    }),
  );
});

test.each([
  ['', 't.csv:1:1', 'an empty file'],
  ['a\n1\n', 't.csv:1:1', 'expected 2 to 100 columns, found 1'],
  ['a,a\n', 't.csv:1:3', '"a" twice'],
  ['a,\n', 't.csv:1:3', 'found none'],
  ['a,b\n1,2\n1,3\n', 't.csv:3:1', 'found "1" in line 2 too'],
  ['a,b\n1,2,3\n', 't.csv:2:1', 'expected 2 values in a line, found 3'],
  ['a,b\n,2\n', 't.csv:2:1', 'expected a key'],
  ['a,b\n 1,2\n', 't.csv:2:1', 'without blanks'],
  ['a,b\n1,"2\n', 't.csv:2:3', 'a closing quote'],
  ['a,b\n1,"2"x\n', 't.csv:2:6', 'a comma or the end of the line'],
  ['a,b\n1,2"x\n', 't.csv:2:3', 'quotes around the whole value'],
])('%j is refused with its place', (text, place, words) => {
  expect(faults(text).join('\n')).toContain(`${place}: error ERR_MAPPING_TABLE`);
  expect(faults(text).join('\n')).toContain(words);
});

test('a table of more lines than any buyer has items is refused', () => {
  const text = `a,b\n${Array.from({ length: 200_002 }, (_, index) => `${index},x`).join('\n')}`;
  expect(faults(text).at(-1)).toContain('at most 200000 lines');
});
