/** Each folder of fixtures/x12 is a test: a new one needs no line here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../core/problem.ts';
import { x12Format } from './format.ts';
import { inspectX12 } from './inspect.ts';
import { sourceOf } from './sample-interchange.ts';

const FOLDER = join(import.meta.dirname, '../../../fixtures/x12');
const cases = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe.each(cases.map((entry) => entry.name))('fixtures/x12/%s', (name) => {
  const file = (part: string) => join(FOLDER, name, part);
  const input = readFileSync(file('input.edi'));

  it('says what it is about', () => {
    expect(readFileSync(file('ABOUT.md'), 'utf8')).toMatch(/^# .+\n\n\S/);
  });

  it('is reported as expected, whatever the chunks', async () => {
    const expected = ['expected.json', 'expected.errors.json'].filter((part) => existsSync(file(part)));
    expect(expected).toHaveLength(1);
    const { bytes, ...report } = await inspectX12(sourceOf(input));
    expect(sum([bytes.segments, ...Object.values(bytes.skipped)])).toBe(input.length);
    expect(report).toEqual(JSON.parse(readFileSync(file(expected[0] ?? ''), 'utf8')));
    expect(report.faults.some((fault) => fault.severity === 'error')).toBe(expected[0] === 'expected.errors.json');
    for (const size of [1, 64, 107]) expect(await inspectX12(sourceOf(input, size))).toEqual({ ...report, bytes });
  });

  it('is parsed to the verdicts that inspect shows, and an error is never an accepted set', async () => {
    const report = await inspectX12(sourceOf(input));
    const inspected = report.interchanges.flatMap((i) => i.groups.flatMap((g) => g.sets.map((s) => [s.id, s.control, s.verdict])));
    const parsed: unknown[] = [];
    for await (const one of x12Format.parse(sourceOf(input), {})) {
      if (one.kind === 'fault') continue;
      parsed.push([one.type, one.envelope.transactionControl, one.verdict]);
      expect(hasErrors(one.faults)).toBe(one.verdict === 'rejected');
    }
    expect(parsed).toEqual(inspected);
  });

  it('has each fault where it says: the bytes at its offset are its segment or element', async () => {
    const bytes = input.toString('latin1');
    const report = await inspectX12(sourceOf(input));
    for (const fault of report.faults) {
      expect(fault.offset).toBeLessThanOrEqual(bytes.length);
      if (fault.element === null || fault.found === null || !fault.found.startsWith('"')) continue;
      expect(bytes.slice(fault.offset).startsWith(JSON.parse(fault.found))).toBe(true);
    }
  });
});
