import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parsed, SourceUnit } from '../../core/contracts.ts';
import { compileSchema } from '../../core/schema-check.ts';
import { x12Format } from './format.ts';
import { readingFor } from './options.ts';
import { readInterchanges } from './read-interchanges.ts';
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, sample855, sampleInterchange, sourceOf } from './sample-interchange.ts';

async function unitsOf(content: string, size?: number): Promise<SourceUnit[]> {
  const units: SourceUnit[] = [];
  for await (const { interchange, ...unit } of x12Format.identify(sourceOf(content, size))) {
    expect(JSON.parse(interchange?.parties ?? '')).toHaveLength(5);
    units.push(unit);
  }
  return units;
}

async function parsedOf(content: string | Uint8Array, size?: number): Promise<Parsed[]> {
  const all: Parsed[] = [];
  for await (const parsed of x12Format.parse(sourceOf(content, size), {})) all.push(parsed);
  return all;
}

const sha256 = (text: string) => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');

/** The unit boundaries that the reader tells of. */
async function boundariesOf(content: string): Promise<{ offset: number; length: number }[]> {
  const boundaries: { offset: number; length: number }[] = [];
  for await (const event of readInterchanges(sourceOf(content), readingFor({}))) {
    if (event.kind === 'interchange-end') boundaries.push({ offset: event.interchange.offset, length: event.end - event.interchange.offset });
  }
  return boundaries;
}

describe('x12Format', () => {
  it('has examples that its own options accept, and refuses unknown names', () => {
    const check = compileSchema(x12Format.options);
    for (const { options } of x12Format.examples) expect(check(options)).toEqual([]);
    expect(check({ encoding: 'ebcdic' })).toHaveLength(1);
    expect(check({ leniencies: ['everything'] })).toHaveLength(1);
  });

  it.each([
    ['an ISA', sample855(), true],
    ['an ISA after BOM, line ends, NUL and 0x1A', `\xef\xbb\xbf\r\n\0\x1a${sample855()}`, true],
    ['UNB', 'UNA:+.? UNB+UNOC', false],
    ['a word that begins with ISA', 'ISAAC*1', false],
    ['a set without its envelope', 'ST*855*0001~', false],
    ['nothing', '', false],
  ])('detects %s: %s', (_, head, expected) => {
    expect(x12Format.detect(Buffer.from(head, 'latin1'))).toBe(expected);
  });
});

describe('parse', () => {
  it('yields one document a set with its envelope, unit and ordinals', async () => {
    const text =
      sample855({ control: '000000007' }) +
      sampleInterchange(
        [
          { id: 'SH', sets: [SAMPLE_856] },
          { id: 'IN', sets: [SAMPLE_810] },
        ],
        { usage: 'T' },
      );
    const documents = (await parsedOf(text)).flatMap((parsed) => (parsed.kind === 'document' ? [parsed] : []));
    expect(documents.map(({ type, ordinal, unit, unitOrdinal, verdict }) => [type, ordinal, unit, unitOrdinal, verdict])).toEqual([
      ['855', 1, 0, 1, 'accepted'],
      ['856', 2, 1, 1, 'accepted'],
      ['810', 3, 1, 2, 'accepted'],
    ]);
    expect(documents[0]?.envelope).toEqual({
      sender: { qualifier: 'ZZ', id: 'ACME' },
      receiver: { qualifier: 'ZZ', id: 'QUAYSIDE' },
      interchangeControl: '000000007',
      groupControl: '1',
      transactionControl: '0001',
      version: '004010',
      test: false,
    });
    expect(documents[2]?.envelope).toMatchObject({ test: true, groupControl: '2' });
    const tds = documents[2]?.tree.segments.find((segment) => segment.id === 'TDS');
    expect(text.slice(tds?.offsetOf(1)).startsWith('12625~')).toBe(true);
  });

  it('gives every good set of a file with one broken set, and the fault where it stands', async () => {
    const broken = { id: '855', body: [...SAMPLE_855.body.slice(0, -2), 'ACK*IA*ten*EA', 'CTT*1'] };
    const text = sampleInterchange([{ id: 'PR', sets: [SAMPLE_855, broken, SAMPLE_855] }]);
    const parsed = await parsedOf(text, 7);
    expect(parsed.map((one) => (one.kind === 'document' ? one.verdict : one.fault.code))).toEqual(['accepted', 'rejected', 'accepted']);
    const [fault] = parsed.flatMap((one) => (one.kind === 'document' ? one.faults : []));
    expect(fault).toMatchObject({
      code: 'ERR_X12_ELEMENT_NUMBER',
      at: { segmentId: 'ACK', element: 2, offset: text.indexOf('ten') },
      found: '"ten"',
    });
    expect(fault?.message).toBe('ACK02 is not a number: expected digits, with a point where needed, found "ten"');
  });

  it('passes on what the source throws and nothing else', async () => {
    const source = {
      async *open() {
        yield Buffer.from(sample855());
        throw new Error('connection lost');
      },
    };
    const seen: Parsed[] = [];
    const reading = (async () => {
      for await (const parsed of x12Format.parse(source, {})) seen.push(parsed);
    })();
    await expect(reading).rejects.toThrow('connection lost');
    expect(seen).toHaveLength(1);
  });
});

describe('identify', () => {
  it('digests each interchange from ISA to the terminator of IEA, without what stands around it', async () => {
    const first = sample855({ suffix: '\r\n' }).trimEnd();
    const second = sample855({ segment: '\n', control: '000000002' });
    const text = `\xef\xbb\xbf${first}\r\n\r\njunk${second}\x1a`;
    const expected = [
      { offset: 3, length: first.length, sha256: sha256(first) },
      { offset: 3 + first.length + 8, length: second.length, sha256: sha256(second) },
    ];
    for (const size of [1, 7, 106, 65536]) expect(await unitsOf(text, size)).toEqual(expected);
  });

  it('ends a unit that has lost its IEA with its last segment', async () => {
    const cut = sample855().replace(/SE.*/, '');
    expect(await unitsOf(`${cut}\r\n${sample855()}`)).toMatchObject([
      { offset: 0, length: cut.length, sha256: sha256(cut) },
      { offset: cut.length + 2 },
    ]);
    expect(await unitsOf(`${cut}\r\n`)).toEqual([{ offset: 0, length: cut.length, sha256: sha256(cut) }]);
  });
});

const documents = [
  sample855(),
  sample855({ segment: '\n', element: '|' }),
  sampleInterchange(
    [
      { id: 'SH', sets: [SAMPLE_856] },
      { id: 'IN', sets: [SAMPLE_810, SAMPLE_810] },
    ],
    { suffix: '\r\n' },
  ),
];

/** Deletes, inserts, swaps or cuts, so that what is left still looks like X12. */
const mutated = fc
  .tuple(
    fc.array(fc.constantFrom(...documents), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(3000), fc.nat(30), fc.constantFrom('', '~', '*', 'ISA*', 'SE*1*1~', '\r\n', '\xff', 'ST*855*9~', 'GS*PR~')), {
      maxLength: 5,
    }),
  )
  .map(([parts, edits]) =>
    edits.reduce(
      (text, [at, length, insert]) => text.slice(0, at % text.length) + insert + text.slice((at % text.length) + (length % 9 === 0 ? length : 0)),
      parts.join(''),
    ),
  );

describe('any message', () => {
  it('gives documents and positioned faults, the same whatever the chunks', async () => {
    const plain = (all: readonly Parsed[]) =>
      all.map((parsed) => {
        if (parsed.kind === 'fault') return parsed;
        const { tree, ...rest } = parsed;
        return { ...rest, own: tree.segments.map((segment) => [segment.id, segment.offset]) };
      });
    const check = async (content: string | Uint8Array) => {
      const all = await parsedOf(content);
      for (const parsed of all) for (const fault of parsed.kind === 'fault' ? [parsed.fault] : parsed.faults) expect(fault.at?.kind).toBe('segment');
      for (const size of [1, 106, 1460]) expect(plain(await parsedOf(content, size))).toEqual(plain(all));
    };
    await fc.assert(fc.asyncProperty(mutated, check), { numRuns: 40 });
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), check), { numRuns: 30 });
  });

  it('has the same units for identify as for parse', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, fc.constantFrom(1, 64, 107, 65536), async (text, size) => {
        const units = await unitsOf(text, size);
        expect(units.map(({ offset, length }) => ({ offset, length }))).toEqual(await boundariesOf(text));
        for (const unit of units) expect(unit.sha256).toBe(sha256(text.slice(unit.offset, unit.offset + unit.length)));
      }),
      { numRuns: 60 },
    );
  });
});
