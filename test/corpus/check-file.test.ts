/** The corpus itself is not ours to keep here; what would count as wrong is. */
import { describe, expect, it } from 'vitest';
import { sample855 } from '../../src/formats/x12/sample-interchange.ts';
import { checkFile, type IndexRow, readIndex } from './check-file.ts';

const row: IndexRow = { file: 'a.edi', class: 'A', counts: { interchanges: 1, groups: 1, sets: 1, segments: 12 } };
const check = (text: string, over: Partial<IndexRow> = {}) => checkFile({ ...row, ...over }, Buffer.from(text, 'latin1'));

describe('checkFile', () => {
  it('has nothing to say of a file that is read as the index has it', async () => {
    expect(await check(sample855({ suffix: '\r\n' }))).toEqual([]);
    expect(await check(sample855().replace(/.{80}/g, '$&\n'), { class: 'B' })).toEqual([]);
  });

  it('names each count that is not the one of the index, and says when no fault was reported either', async () => {
    expect(await check(sample855(), { counts: { ...row.counts, sets: 2, segments: 14 } })).toEqual([
      'sets: expected 2, found 1',
      'segments: expected 14, found 12',
      'silently wrong',
    ]);
    expect(await check(sample855().slice(0, 300))).not.toContain('silently wrong');
  });

  it('wants an error for a malformed file', async () => {
    expect(await check(sample855(), { class: 'C' })).toEqual(['malformed, and no error was reported']);
    expect(await check('ST*855*0001~', { class: 'C' })).toEqual([]);
  });
});

describe('readIndex', () => {
  it('finds columns by their names and refuses a row without a class or counts', () => {
    const head = 'file\tclass\tinterchanges\tgroups\tsets\tsegments\tnotes\n';
    expect(readIndex(`${head}a.edi\tA\t1\t1\t1\t12\t\n`)).toEqual([row]);
    expect(() => readIndex(`${head}a.edi\tD\t1\t1\t1\t12\t\n`)).toThrow('not a row');
    expect(() => readIndex(`${head}a.edi\tA\tone\t1\t1\t12\t\n`)).toThrow('not a row');
  });
});
