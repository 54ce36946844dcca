/**
 * What we answer to each fixture, byte for byte, as it was checked by hand. A fixture is found by listing; one without its golden fails.
 * With a TA1 for every interchange, so that each golden shows both answers. To write a new one: print it, check each code, then keep it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type X12Interchange, X12Parser } from 'node-x12';
import { describe, expect, it } from 'vitest';
import { X12parser } from 'x12-parser';
import { inspectX12 } from '../inspect.ts';
import { sourceOf } from '../sample-interchange.ts';
import { type PreviewedAnswer, previewAnswers } from './preview.ts';

const ROOT = join(import.meta.dirname, '../../../../fixtures');
const inputs = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^(x12\/.*\/input|demo\/documents\/.*)\.edi$/.test(path) && !path.endsWith('.acknowledgments.edi'))
  .sort();
const goldenOf = (path: string): string =>
  path.startsWith('demo/') ? path.replace(/\.edi$/, '.acknowledgments') : join(dirname(path), 'expected.acknowledgments');

const answersTo = async (path: string): Promise<readonly PreviewedAnswer[]> =>
  (await previewAnswers(sourceOf(readFileSync(join(ROOT, path))), {}, { interchange: 'always', group: '997' })).answers;

it('finds the fixtures', () => {
  expect(inputs.length).toBeGreaterThanOrEqual(17);
});

describe.each(inputs)('the answer to fixtures/%s', (path) => {
  it('is the golden beside it', async () => {
    const golden = join(ROOT, goldenOf(path));
    expect(existsSync(golden), `${goldenOf(path)} is missing`).toBe(true);
    expect((await answersTo(path)).map(({ text }) => text).join('')).toBe(readFileSync(golden, 'utf8'));
  });

  it('is X12 without a fault to our own reader', async () => {
    for (const { text } of await answersTo(path)) {
      const report = await inspectX12(sourceOf(Buffer.from(text)));
      expect(report.faults).toEqual([]);
      expect(report.totals.interchanges).toBe(1);
    }
  });

  it('is read by node-x12 and by x12-parser as what it says', async () => {
    for (const { text, kind } of await answersTo(path)) {
      const segments = await readByX12Parser(text);
      const ours = segmentsOf(text);
      expect(segments).toEqual(ours);
      if (kind === 'TA1') continue; // node-x12 keeps no segment that stands outside a group
      const [group] = (new X12Parser(true).parse(text) as X12Interchange).functionalGroups;
      const [set] = group?.transactions ?? [];
      expect(group?.header.valueOf(1)).toBe('FA');
      expect(set?.header.valueOf(1)).toBe('997');
      const inside = ours.slice(3, -3);
      expect(set?.segments.map((segment) => [segment.tag, ...segment.elements.map((element) => element.value)])).toEqual(inside);
    }
  });
});

/** By the letters of the ISA, with nothing of our reader. */
function segmentsOf(text: string): string[][] {
  const [element = '', terminator = ''] = [text[3], text[105]];
  return text
    .split(terminator)
    .map((segment) =>
      segment
        .replace(/^[\r\n]+/, '')
        .split(element)
        .map((value) => value.trim()),
    )
    .filter(([id]) => id !== '');
}

async function readByX12Parser(text: string): Promise<string[][]> {
  const parser = new X12parser();
  const segments: string[][] = [];
  parser.on('data', (segment: { name: string; [element: string]: string }) => {
    const { name, ...elements } = segment;
    // It makes one of the line end after the last terminator.
    if (name !== '') segments.push([name, ...Object.values(elements)]);
  });
  const ended = new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject));
  parser.end(text);
  await ended;
  return segments;
}
