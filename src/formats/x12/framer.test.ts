import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Encoding } from './delimiters.ts';
import { Framer, SEGMENT_LIMIT } from './framer.ts';
import { type Frame, windowsOf } from './frames.ts';
import { sample855, sampleInterchange } from './sample-interchange.ts';
import { severitiesFor } from './severity.ts';

function framesOf(content: string | Uint8Array, size = Number.POSITIVE_INFINITY, encoding: Encoding = 'utf-8'): Frame[] {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const framer = new Framer(encoding, severitiesFor());
  const frames: Frame[] = [];
  const drain = () => {
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) frames.push(frame);
  };
  for (let at = 0; at < bytes.length; at += Math.min(size, bytes.length)) {
    for (const window of windowsOf(bytes.subarray(at, at + Math.min(size, bytes.length)))) framer.feed(window);
    drain();
  }
  framer.end();
  drain();
  return frames;
}

/** Frames as plain data, to compare. */
const plain = (frames: readonly Frame[]) =>
  frames.map((frame) => {
    if (frame.kind !== 'segment') return frame;
    const { id, text, ordinal, offset, end, lead, wrapped, terminated } = frame;
    return { id, text, ordinal, offset, end, lead, wrapped, terminated };
  });

const ids = (frames: readonly Frame[]) => frames.flatMap((frame) => (frame.kind === 'segment' ? [frame.id] : []));
const codes = (frames: readonly Frame[]) => frames.flatMap((frame) => (frame.kind === 'fault' ? [frame.fault.code] : []));
const skipped = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => (frame.kind === 'skipped' ? [[frame.reason, frame.offset, frame.length]] : []));

/** Every byte in one segment, in the lead of one, or in one skipped range. */
function expectCovered(frames: readonly Frame[], length: number): void {
  let at = 0;
  for (const frame of frames) {
    if (frame.kind === 'fault') continue;
    expect(frame.kind === 'segment' ? frame.offset - frame.lead : frame.offset).toBe(at);
    at = frame.kind === 'segment' ? frame.end : frame.offset + frame.length;
  }
  expect(at).toBe(length);
}

const IDS = ['ISA', 'GS', 'ST', 'BAK', 'REF', 'N1', 'PO1', 'ACK', 'CTT', 'SE', 'GE', 'IEA'];

describe('Framer', () => {
  it.each(['', '\n', '\r\n', '\r', ' \r\n '])('reads segments with the suffix %j after each terminator', (suffix) => {
    const text = sample855({ suffix });
    const frames = framesOf(text);
    expect(ids(frames)).toEqual(IDS);
    expect(codes(frames)).toEqual([]);
    expectCovered(frames, text.length);
  });

  it.each(['\n', '\r', '\r\n', '\x1c', '\x85', "'"])('reads segments ended by %j', (segment) => {
    expect(ids(framesOf(sample855({ segment })))).toEqual(IDS);
  });

  it('takes either line end for a terminator where the terminator is one', () => {
    const text = sample855({ segment: '\r' }).replace('\rPO1', '\nPO1').replace('\rN1', '\r\nN1');
    expect(ids(framesOf(text))).toEqual(IDS);
  });

  it('skips BOM, blanks, NUL and 0x1A before, between and after interchanges, and names the ranges', () => {
    const one = sample855();
    const text = `\xef\xbb\xbf \0${one}\r\n\x1a${one}\x1a\n`;
    const frames = framesOf(text);
    expect(ids(frames)).toEqual([...IDS, ...IDS]);
    expect(codes(frames)).toEqual([]);
    expect(skipped(frames)).toEqual([
      ['byte-order-mark', 0, 3],
      ['padding', 3, 2],
      ['padding', 5 + one.length, 3],
      ['padding', 8 + 2 * one.length, 2],
    ]);
  });

  it('finds the delimiters anew at each ISA', () => {
    const text = sample855() + sample855({ element: '|', segment: '\n', component: '<' });
    expect(ids(framesOf(text))).toEqual([...IDS, ...IDS]);
  });

  it('does not take the letters ISA in data for an interchange', () => {
    const text = sample855().replace('DOCK 4', 'VISA*ISA*ISA*00');
    const frames = framesOf(text);
    expect(ids(frames)).toEqual(IDS);
    expect(codes(frames)).toEqual([]);
  });

  it('reports junk once and goes on at the next whole ISA', () => {
    const text = `${sample855()}hello ISA*world ${sample855()}`;
    const frames = framesOf(text);
    expect(ids(frames)).toEqual([...IDS, ...IDS]);
    expect(codes(frames)).toEqual(['ERR_X12_JUNK']);
    expect(skipped(frames)).toEqual([['junk', sample855().length, 16]]);
  });

  it('sees the next ISA at the start of a segment although IEA is missing', () => {
    const text = sample855().replace(/IEA.*/, '') + sample855({ element: '|' });
    expect(ids(framesOf(text))).toEqual([...IDS.slice(0, -1), ...IDS]);
  });

  it('takes the line breaks of a wrapped file for what they are, in segment ids too', () => {
    const wrapped = sample855().replace(/.{50}/g, '$&\r\n');
    const frames = framesOf(wrapped);
    expect(ids(frames)).toEqual(IDS);
    expect(frames.flatMap((frame) => (frame.kind === 'segment' && frame.wrapped ? [frame.id] : [])).length).toBeGreaterThan(3);
  });

  it('accepts a last segment without terminator, with a warning, and leaves the padding after it out', () => {
    const text = `${sample855().slice(0, -1)}\r\n`;
    const frames = framesOf(text);
    expect(ids(frames)).toEqual(IDS);
    expect(codes(frames)).toEqual(['ERR_X12_UNTERMINATED']);
    expectCovered(frames, text.length);
  });

  it('refuses a segment over the limit and goes on at the next ISA', () => {
    const text = `${sample855().slice(0, 200)}${'x'.repeat(SEGMENT_LIMIT)}${sample855()}`;
    for (const size of [1460, 65536, text.length]) {
      const frames = framesOf(text, size);
      expect(codes(frames)).toEqual(['ERR_X12_SEGMENT_SIZE']);
      expect(ids(frames).slice(-IDS.length)).toEqual(IDS);
      expectCovered(frames, text.length);
    }
  });

  it('gets through text full of the letters ISA in linear time', () => {
    for (const filling of ['ISA x', 'ISA*', 'ISA*00*', 'ISA*  *          *']) {
      const text = `${sample855().slice(0, 200)}${filling.repeat(Math.ceil((3 * SEGMENT_LIMIT) / filling.length))}~${sample855()}`;
      const frames = framesOf(text, 65536);
      expect(codes(frames)).toEqual(['ERR_X12_SEGMENT_SIZE']);
      expect(ids(frames).slice(-IDS.length)).toEqual(IDS);
    }
  });

  it('refuses more than a megabyte of blanks inside an interchange', () => {
    const text = `${sample855().slice(0, 106)}${' '.repeat(SEGMENT_LIMIT + 1)}${sample855()}`;
    for (const size of [1460, text.length]) expect(plain(framesOf(text, size))).toEqual(plain(framesOf(text, 65536)));
    expect(codes(framesOf(text))).toEqual(['ERR_X12_SEGMENT_SIZE']);
  });
});

describe('any bytes', () => {
  const twoGroups = sampleInterchange([{ id: 'PR', sets: [{ id: '855', body: ['BAK*00*AC*1*20260101', 'N1*ST*M\xc3\xbcller'] }] }], {
    suffix: '\r\n',
  });
  const documents = [
    sample855(),
    sample855({ segment: '\n' }),
    sample855({ segment: '\xe2\x80\xa6' }),
    twoGroups,
    sample855().replace(/.{80}/g, '$&\r\n'),
  ];
  const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const cut = fc
    .tuple(fc.constantFrom(...documents), fc.nat(600), fc.nat(600))
    .map(([text, from, to]) => text.slice(from % text.length, to % text.length));
  const pieces = fc.constantFrom('ISA*', 'ISA', 'IEA*1*1~', '~', '\r\n', ' ', '\0', '\xef\xbb\xbf', '\xef', '\x1a', '*', '>');
  const mixture = fc.array(fc.oneof(fc.constantFrom(...documents), cut, noise, pieces), { maxLength: 8 }).map((parts) => parts.join(''));

  it('give the same frames whatever the chunks, and every byte is in one of them', () => {
    fc.assert(
      fc.property(mixture, (text) => {
        const frames = framesOf(text);
        expectCovered(frames, text.length);
        for (const size of [1, 7, 64, 105, 106, 107, 1460, 65536]) expect(plain(framesOf(text, size))).toEqual(plain(frames));
      }),
      { numRuns: 150 },
    );
  });
});
