import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delimiters, Encoding } from './delimiters.ts';
import { Framer } from './framer.ts';
import { windowsOf } from './frames.ts';
import { printInterchange, printSegment } from './print.ts';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, sampleInterchange } from './sample-interchange.ts';
import type { X12Segment } from './segment.ts';
import { severitiesFor } from './severity.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/x12');

function segmentsOf(bytes: Buffer, size = bytes.length, encoding: Encoding = 'utf-8'): X12Segment[] {
  const framer = new Framer(encoding, severitiesFor());
  const segments: X12Segment[] = [];
  const take = () => {
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) if (frame.kind === 'segment') segments.push(frame);
  };
  for (let at = 0; at < bytes.length; at += size) {
    for (const window of windowsOf(bytes.subarray(at, at + size))) framer.feed(window);
    take();
  }
  framer.end();
  take();
  return segments;
}

const DELIMITERS: Delimiters = { element: '*', component: '>', repetition: '^', terminator: '~', encoding: 'utf-8' };

describe('printSegment', () => {
  it('joins elements, repetitions and components, and keeps empty ones at the end', () => {
    expect(printSegment(['N1', 'ST', '', '92', '', ''], DELIMITERS)).toBe('N1*ST**92**~');
    expect(printSegment(['SV1', [['HC', '99213', ''], 'X'], [], ['A', '', 'B', '']], DELIMITERS)).toBe('SV1*HC>99213>^X**A^^B^~');
  });

  it('writes text in the encoding, as the bytes that the reader decodes', () => {
    expect(printSegment(['N1', 'Müller'], DELIMITERS)).toBe('N1*M\xc3\xbcller~');
    expect(printSegment(['N1', 'Müller'], { ...DELIMITERS, encoding: 'latin1' })).toBe('N1*M\xfcller~');
    expect(() => printSegment(['N1', 'Müller'], { ...DELIMITERS, encoding: 'ascii' })).toThrow('ascii has no');
    expect(() => printSegment(['N1', 'zł'], { ...DELIMITERS, encoding: 'latin1' })).toThrow('latin1 has no');
  });

  it.each(['*', '>', '^', '~'])('refuses an element that holds the delimiter %s, which would be read as something else', (delimiter) => {
    expect(() => printSegment(['N1', `a${delimiter}b`], DELIMITERS)).toThrow('cannot hold the delimiter');
  });

  it('lets ISA11 and ISA16 be separators, and a ^ be data where nothing repeats', () => {
    expect(printSegment(['ISA', '^', '>'], DELIMITERS)).toBe('ISA*^*>~');
    expect(printSegment(['MSG', '2^3'], { ...DELIMITERS, repetition: undefined })).toBe('MSG*2^3~');
  });
});

describe('an interchange printed from its elements', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9 .,/_-]{0,14}$/);
  const text = fc.oneof({ weight: 6, arbitrary: word }, { weight: 1, arbitrary: fc.constantFrom('Müller', '日本', ' lead', 'trail ', '') });
  const many = (one: fc.Arbitrary<string>, separator: string, most: number) =>
    fc.array(one, { minLength: 1, maxLength: most }).map((parts) => parts.join(separator));
  const line = fc
    .tuple(fc.constantFrom('REF', 'N1', 'PO1', 'MSG', 'SV1'), fc.array(many(many(text, '>', 3), '^', 3), { maxLength: 8 }))
    .map(([id, elements]) => [id, ...elements].join('*'));
  const body = fc.array(line, { maxLength: 8 });
  const style = fc.record({
    element: fc.constantFrom('*', '|', '\x1d'),
    component: fc.constantFrom('>', ':', '\\'),
    segment: fc.constantFrom('~', "'", '\x1c', '\x85'),
    suffix: fc.constantFrom('', '\n', '\r\n', ' \r\n', '\0', '\x1a'),
    version: fc.constantFrom('00401', '00501'),
    repetition: fc.constantFrom('^', 'U'),
  });

  it('has the same bytes, whatever its delimiters, suffixes and chunks', () => {
    fc.assert(
      fc.property(body, style, fc.constantFrom(1, 7, 64, 106, 65536), (lines, options, size) => {
        const sets = [{ id: '850', body: lines }, SAMPLE_855, SAMPLE_856, SAMPLE_810];
        const bytes = Buffer.from(sampleInterchange([{ id: 'PO', sets }], options), 'utf8');
        // A terminator over 0x7f is one byte here, not the two of its character.
        const wire = options.segment === '\x85' ? Buffer.from(bytes.toString('latin1').replaceAll('\xc2\x85', '\x85'), 'latin1') : bytes;
        const end = wire.length - (options.suffix === '' ? 0 : options.suffix.length);
        expect(printInterchange(segmentsOf(wire, size)).toString('latin1')).toBe(wire.toString('latin1', 0, end));
      }),
      { numRuns: 150 },
    );
  });

  it.each(['\n', '\r', '\r\n'])('keeps the line ends that stand for the terminator %j, mixed ones too', (segment) => {
    const file = sampleInterchange([{ id: 'PR', sets: [SAMPLE_855] }], { segment })
      .replace(`${segment}PO1`, '\nPO1')
      .replace(`${segment}N1`, '\r\n\r\nN1');
    for (const size of [1, 64, file.length]) {
      const printed = printInterchange(segmentsOf(Buffer.from(file, 'latin1'), size)).toString('latin1');
      expect(file.startsWith(printed)).toBe(true);
      expect(file.slice(printed.length)).toMatch(/^\n?$/);
    }
  });

  const fixtures = readdirSync(FIXTURES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  it.each(fixtures.map((entry) => entry.name))('has the same bytes: fixtures/x12/%s', (name) => {
    const bytes = readFileSync(join(FIXTURES, name, 'input.edi'));
    const segments = segmentsOf(bytes);
    const isSound = (segment: X12Segment) => !segment.wrapped && !segment.value(segment.size).includes('\ufffd');
    for (const segment of segments.filter(isSound)) {
      const wire = segment.leadText.length;
      expect(printInterchange([segment]).toString('latin1')).toBe(bytes.toString('latin1', segment.offset - wire, segment.end));
    }
  });
});
