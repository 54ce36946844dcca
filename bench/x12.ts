/**
 * The X12 reader beside a bare split of the same bytes (latin1, on the terminator, then on the element separator), x12-parser and node-x12.
 *
 * x12.tokenize: segments with positions, every element read; x12.validate: envelopes, loops and all checks as well; x12.scan: envelopes only;
 * x12.small: as tokenize, a reader for each document of 1.75 KB. A checksum over all elements proves that both sides read the same.
 */
import type { RawSource } from '../src/core/contracts.ts';
import { examineSet } from '../src/formats/x12/examine-set.ts';
import { Framer } from '../src/formats/x12/framer.ts';
import { windowsOf } from '../src/formats/x12/frames.ts';
import { readingFor } from '../src/formats/x12/options.ts';
import { readInterchanges } from '../src/formats/x12/read-interchanges.ts';
import { scanEnvelopes } from '../src/formats/x12/scan.ts';
import { chunksOf, supplierFile } from '../test/support/supplier-file.ts';
import { type Figure, rate } from './measure.ts';
import { bareSplit, mixed, readByNodeX12, readByX12Parser } from './x12-peers.ts';

const SETS = 8000;
const SMALL = 2000;
const WARM_UP = 2;
const ROUNDS = 9;
const reading = readingFor({});

export async function benchX12(): Promise<Figure[]> {
  const chunks = [...chunksOf(supplierFile({ seed: 1, sets: SETS }))];
  const megabytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0) / 1e6;
  const small = [...supplierFile({ seed: 2, sets: SMALL, setsPerInterchange: 1 })].map((text) => [Buffer.from(text, 'latin1')]);
  const checksum = bareSplit(chunks);
  const smallChecksum = small.reduce((sum, document) => sum + bareSplit(document), 0);

  const big = await measured(megabytes, {
    bareSplit: () => expectSame(bareSplit(chunks), checksum),
    tokenize: () => expectSame(tokenize(chunks), checksum),
    scan: async () => expectSame(await scannedSets(chunks), SETS),
    validate: async () => expectSame(await acceptedSets(chunks), SETS),
    x12Parser: async () => expectSame(await readByX12Parser(chunks), checksum),
    nodeX12: async () => void (await readByNodeX12(chunks)),
  });
  const each = async (read: (document: readonly Buffer[]) => number | Promise<number>) => {
    let sum = 0;
    for (const document of small) sum += await read(document);
    expectSame(sum, smallChecksum);
  };
  const ofSmall = await measured(SMALL, {
    bareSplit: () => each(bareSplit),
    tokenize: () => each(tokenize),
    x12Parser: () => each(readByX12Parser),
  });
  return [
    rate('x12.tokenize', 'MB/s', big.tokenize, 'bare-split', big.bareSplit),
    rate('x12.tokenize', 'MB/s', big.tokenize, 'x12-parser', big.x12Parser),
    rate('x12.validate', 'MB/s', big.validate, 'bare-split', big.bareSplit),
    rate('x12.validate', 'MB/s', big.validate, 'node-x12', big.nodeX12),
    rate('x12.scan', 'MB/s', big.scan, 'bare-split', big.bareSplit),
    rate('x12.small', 'documents/s', ofSmall.tokenize, 'bare-split', ofSmall.bareSplit),
    rate('x12.small', 'documents/s', ofSmall.tokenize, 'x12-parser', ofSmall.x12Parser),
  ];
}

/** How much a second in each round; the sides take turns within a round. */
async function measured<Side extends string>(amount: number, sides: Record<Side, () => void | Promise<void>>): Promise<Record<Side, number[]>> {
  const rates = Object.fromEntries(Object.keys(sides).map((side) => [side, [] as number[]])) as Record<Side, number[]>;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const side of Object.keys(sides) as Side[]) {
      const start = performance.now();
      await sides[side]();
      if (round >= WARM_UP) rates[side].push((amount * 1000) / (performance.now() - start));
    }
  }
  return rates;
}

function expectSame(found: number, expected: number): void {
  if (found !== expected) throw new Error(`both sides must read the same: expected ${expected}, found ${found}`);
}

function tokenize(chunks: Iterable<Buffer>): number {
  const framer = new Framer(reading.encoding, reading.severityOf);
  let sum = 0;
  const take = () => {
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.kind !== 'segment' || frame.id === 'ISA') continue;
      const { size } = frame;
      for (let i = 1; i <= size; i++) sum = mixed(sum, frame.value(i));
    }
  };
  for (const chunk of chunks) {
    for (const window of windowsOf(chunk)) {
      framer.feed(window);
      take();
    }
  }
  framer.end();
  take();
  return sum;
}

const sourceOf = (chunks: Iterable<Buffer>): RawSource => ({
  async *open() {
    yield* chunks;
  },
});

async function scannedSets(chunks: Iterable<Buffer>): Promise<number> {
  let sets = 0;
  for await (const marks of scanEnvelopes(sourceOf(chunks))) for (const mark of marks) if (mark.id === 'SE') sets++;
  return sets;
}

async function acceptedSets(chunks: Iterable<Buffer>): Promise<number> {
  let accepted = 0;
  for await (const event of readInterchanges(sourceOf(chunks), reading)) {
    if (event.kind === 'set' && examineSet(event.set, reading).verdict === 'accepted') accepted++;
  }
  return accepted;
}
