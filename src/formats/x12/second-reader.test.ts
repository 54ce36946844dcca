/** The differential test: each segment framed by us, read by x12-parser's own `Segment`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceLoop, SourceSegment } from '../../core/source-tree.ts';
import { crossCheck } from './cross-check.ts';
import { x12Format } from './format.ts';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, sampleInterchange, sourceOf } from './sample-interchange.ts';
import type { X12Segment } from './segment.ts';

async function faultsOf(text: string, encoding: 'utf-8' | 'latin1' = 'utf-8'): Promise<string[]> {
  const codes: string[] = [];
  const source = sourceOf(Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'latin1'));
  for await (const parsed of x12Format.parse(source, { crossCheck: true, encoding })) {
    if (parsed.kind === 'document') codes.push(...parsed.faults.map(({ code }) => code));
  }
  return codes;
}

const word = fc.stringMatching(/^[A-Za-z0-9 .,/_-]{0,12}$/);
const line = fc.tuple(
  fc.constantFrom('REF', 'N1', 'PO1', 'MSG', 'ZZ1'),
  fc.array(
    fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('>')),
    { minLength: 1, maxLength: 6 },
  ),
);
const body = fc.array(
  line.map(([id, elements]) => [id, ...elements].join('*')),
  { minLength: 1, maxLength: 12 },
);

describe('our reader and x12-parser', () => {
  it('read the same elements and components in every well-formed document', async () => {
    const style = fc.constantFrom({}, { suffix: '\n' }, { segment: '\n' }, { segment: '|', component: ':' });
    await fc.assert(
      fc.asyncProperty(body, style, async (lines, delimiters) => {
        const groups = [
          { id: 'PS', sets: [{ id: '830', body: lines }] },
          { id: 'PR', sets: [SAMPLE_855] },
          { id: 'SH', sets: [SAMPLE_856] },
          { id: 'IN', sets: [SAMPLE_810] },
        ];
        expect(await faultsOf(sampleInterchange(groups, delimiters))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('agree on repetitions, text beyond ASCII in either encoding, and wrapped lines', async () => {
    const sets = [{ id: '830', body: ['N1*ST*Müller & Söhne', 'ZZ1*A>B^C>D*E^F'] }];
    const text = sampleInterchange([{ id: 'PS', sets }], { repetition: '^', version: '00501' });
    expect(await faultsOf(text)).toEqual([]);
    expect(await faultsOf(text, 'latin1')).toEqual([]);
    expect((await faultsOf(text.replace('Söhne', 'Sö\nhne'))).filter((code) => code === 'ERR_X12_CROSS_CHECK')).toEqual([]);
  });
});

/** A segment of ours that says something else than its bytes: what a fault of our reader would look like. */
async function disagreement(change: Partial<X12Segment>): Promise<unknown[]> {
  const found: unknown[] = [];
  let segment: SourceSegment | undefined;
  const find = (loop: SourceLoop): void => {
    segment ??= loop.segments.find(({ id }) => id === 'N1');
    loop.loops.forEach(find);
  };
  for await (const parsed of x12Format.parse(sourceOf(sampleInterchange([{ id: 'PR', sets: [SAMPLE_855] }])), {})) {
    if (parsed.kind === 'document') find(parsed.tree);
  }
  const changed = Object.create(segment as object, Object.fromEntries(Object.entries(change).map(([key, value]) => [key, { value }])));
  crossCheck(changed as X12Segment, (code, _, element, what, expected, seen) => void found.push([code, element, what, expected, seen]));
  return found;
}

describe('crossCheck', () => {
  it.each([
    ['the segment', { id: 'N2' }, undefined, 'the second reader finds another segment'],
    ['the number of elements', { size: 3 }, undefined, 'the second reader finds another number of elements in N1'],
    ['an element', { raw: () => 'ST' }, 2, 'the second reader finds something else in N102'],
    ['the components of an element', { components: () => 2 }, 1, 'the second reader finds something else in N101'],
  ])('reports where the two disagree on %s', async (_, change, element, what) => {
    expect(await disagreement(change)).toEqual([['ERR_X12_CROSS_CHECK', element, what, expect.any(String), expect.any(String)]]);
  });

  it('says nothing of a segment on which they agree', async () => {
    expect(await disagreement({})).toEqual([]);
  });

  it('rejects the set of a partner who asks for it, so that nothing goes on that was read in two ways', async () => {
    // A vertical tab belongs to the identifier for the one and is a blank for the other.
    const text = sampleInterchange([{ id: 'PS', sets: [{ id: '830', body: ['BFR\u000b*00'] }] }]);
    const verdicts: string[] = [];
    for (const crossCheck of [false, true]) {
      for await (const parsed of x12Format.parse(sourceOf(text), { crossCheck })) if (parsed.kind === 'document') verdicts.push(parsed.verdict);
    }
    expect(verdicts).toEqual(['accepted', 'rejected']);
  });
});
