/** The differential test: each segment framed by us, read by x12-parser's own `Segment`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Segment } from 'x12-parser';
import type { SourceLoop, SourceSegment } from '../../core/source-tree.ts';
import { x12Format } from './format.ts';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, sampleInterchange, sourceOf } from './sample-interchange.ts';

async function segmentsOf(text: string): Promise<SourceSegment[]> {
  const segments: SourceSegment[] = [];
  const collect = (loop: SourceLoop): void => {
    segments.push(...loop.segments);
    loop.loops.forEach(collect);
  };
  for await (const parsed of x12Format.parse(sourceOf(Buffer.from(text, 'utf8')), {})) if (parsed.kind === 'document') collect(parsed.tree);
  return segments.sort((a, b) => a.ordinal - b.ordinal);
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
      fc.asyncProperty(body, style, async (lines, { ...delimiters }) => {
        const sets = [{ id: '850', body: lines }, SAMPLE_855, SAMPLE_856, SAMPLE_810];
        const text = sampleInterchange([{ id: 'PO', sets }], delimiters);
        const bytes = Buffer.from(text, 'utf8');
        const separators = { segment: '~', element: '*', component: '>', ...delimiters };
        for (const ours of await segmentsOf(text)) {
          const end = bytes.indexOf(separators.segment, ours.offset);
          const raw = bytes.toString('utf8', ours.offset, end);
          const theirs = new Segment(raw, { ...separators, repetition: '' });
          expect(theirs.name).toBe(ours.id);
          // It trims every component; what remains must be ours.
          const elements = Array.from({ length: ours.size }, (_, i) => {
            const count = Math.max(1, ours.components(i + 1));
            return Array.from({ length: count }, (_, c) => ours.value(i + 1, c + 1).trim());
          });
          expect(elements).toEqual(theirs.parsed);
        }
      }),
      { numRuns: 40 },
    );
  });
});
