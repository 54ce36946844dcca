import { describe, expect, it } from 'vitest';
import { readHeader } from './delimiters.ts';
import { sample855 } from './sample-interchange.ts';

const read = (text: string, ended = true) => readHeader(text, 0, ended, 'utf-8');

function delimitersOf(text: string) {
  const header = read(text);
  if (header.kind !== 'header') throw new Error(`not a header: ${JSON.stringify(header)}`);
  return header;
}

describe('readHeader', () => {
  it('takes element separator, component separator and terminator from their places in a padded ISA', () => {
    const header = delimitersOf(sample855({ element: '|', component: ':', segment: '\x1c' }));
    expect(header.delimiters).toEqual({ element: '|', component: ':', repetition: undefined, terminator: '\x1c', encoding: 'utf-8' });
    expect(header).toMatchObject({ length: 106, warnings: [], plausible: true, wrapped: false });
  });

  it.each([
    ['^', '00401', undefined],
    ['^', '00402', '^'],
    ['^', '00501', '^'],
    ['U', '00501', undefined],
    ['>', '00501', undefined],
  ])('reads ISA11 %s under %s as the repetition separator %s', (repetition, version, expected) => {
    expect(delimitersOf(sample855({ repetition, version })).delimiters.repetition).toBe(expected);
  });

  it('reads an unpadded ISA by its separators and says which element is too short', () => {
    const header = delimitersOf(sample855().replace('ACME           ', 'ACME'));
    expect(header.delimiters.terminator).toBe('~');
    expect(header.warnings).toMatchObject([{ code: 'ERR_X12_ISA_LENGTH', element: 6, expected: '15 characters', found: '4', at: 35 }]);
  });

  it('reads an ISA that is wrapped at column 80', () => {
    const text = sample855();
    const header = delimitersOf(`${text.slice(0, 80)}\r\n${text.slice(80)}`);
    expect(header).toMatchObject({ wrapped: true, length: 108, warnings: [], delimiters: { terminator: '~' } });
  });

  it('accepts a multi-byte terminator and blanks before a line end, with a warning', () => {
    expect(delimitersOf(sample855({ segment: '\xe2\x80\xa6' }))).toMatchObject({
      length: 108,
      delimiters: { terminator: '\xe2\x80\xa6' },
      warnings: [{ code: 'ERR_X12_TERMINATOR' }],
    });
    expect(delimitersOf(sample855({ segment: '  \r' }))).toMatchObject({
      length: 108,
      delimiters: { terminator: '\r' },
      warnings: [{ code: 'ERR_X12_TERMINATOR' }],
    });
    expect(delimitersOf(sample855({ segment: '\x85' })).warnings).toEqual([]);
  });

  it.each([
    ['a component separator equal to the element separator', sample855({ component: '*' })],
    ['a terminator equal to the component separator', sample855({ segment: '>' })],
    ['a letter as component separator', sample855({ component: 'A' })],
    ['a letter as terminator', sample855({ segment: 'A' })],
    ['a blank as element separator', sample855({ element: ' ' })],
    ['fifteen separators', `${sample855().slice(0, 103)}~${'GS*PR'}`],
    ['nothing after ISA', 'ISA'],
    ['no terminator', sample855().slice(0, 105)],
  ])('refuses %s', (_, text) => {
    const limited = text.length > 106 ? text.slice(0, 110) : text;
    expect(read(limited).kind).toBe('invalid');
  });

  it('asks for more bytes until it can decide, and gives up after its limit', () => {
    const text = sample855();
    for (let length = 3; length < 106; length++) expect(read(text.slice(0, length), false).kind).toBe('more');
    expect(read(text.slice(0, 106), false).kind).toBe('header');
    expect(read(`ISA*${'x'.repeat(400)}`, false)).toMatchObject({ kind: 'invalid', fault: { code: 'ERR_X12_HEADER' } });
  });
});
