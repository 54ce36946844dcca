import { describe, expect, it } from 'vitest';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, sample855, sampleInterchange, sourceOf } from './sample-interchange.ts';
import { type EnvelopeMark, scanEnvelopes } from './scan.ts';

async function scan(text: string, size?: number): Promise<EnvelopeMark[]> {
  const all: EnvelopeMark[] = [];
  for await (const marks of scanEnvelopes(sourceOf(text, size))) all.push(...marks);
  return all;
}

const file = [
  sampleInterchange(
    [
      { id: 'PR', sets: [SAMPLE_855, SAMPLE_855] },
      { id: 'SH', version: '005010', sets: [SAMPLE_856] },
    ],
    { suffix: '\r\n' },
  ),
  sampleInterchange([{ id: 'IN', sets: [SAMPLE_810] }], { element: '|', segment: '\n', control: '000000002' }),
].join('\x1a');

describe('scanEnvelopes', () => {
  it('tells of every envelope and set with its numbers, its place and its delimiters, and of nothing else', async () => {
    const marks = await scan(file);
    expect(marks.map(({ id, control, of }) => [id, control, ...of].join(' '))).toEqual([
      'ISA 000000001 ZZ ACME ZZ QUAYSIDE',
      'GS 1 PR 004010',
      'ST 0001 855',
      'SE 0001 8',
      'ST 0002 855',
      'SE 0002 8',
      'GE 1 2',
      'GS 2 SH 005010',
      'ST 0001 856',
      'SE 0001 14',
      'GE 2 1',
      'IEA 000000001 2',
      'ISA 000000002 ZZ ACME ZZ QUAYSIDE',
      'GS 1 IN 004010',
      'ST 0001 810',
      'SE 0001 8',
      'GE 1 1',
      'IEA 000000002 1',
    ]);
    for (const { id, offset, end, delimiters } of marks) {
      expect(file.slice(offset, end).startsWith(id + delimiters.element)).toBe(true);
      expect(file.slice(offset, end).endsWith(delimiters.terminator)).toBe(true);
    }
    expect(marks.at(-1)?.ordinal).toBe(36 + 12);
  });

  it('tells the same whatever the chunks', async () => {
    const marks = await scan(file);
    for (const size of [1, 64, 105, 107, 1460]) expect(await scan(file, size)).toEqual(marks);
  });

  it('is not taken in by segments whose names begin alike, wrapped lines or a lost IEA', async () => {
    const ids = async (text: string) => (await scan(text)).map(({ id }) => id).join(' ');
    expect(await ids(sample855().replace('REF*VN', 'SAC*C~SE1*X~GEX*1~ISAX*1~REF*VN'))).toBe('ISA GS ST SE GE IEA');
    expect(await ids(sample855().replace(/.{50}/g, '$&\r\n'))).toBe('ISA GS ST SE GE IEA');
    expect(await ids(sample855().replace(/IEA.*/, '') + sample855())).toBe('ISA GS ST SE GE ISA GS ST SE GE IEA');
  });
});
