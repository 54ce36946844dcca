import { describe, expect, it } from 'vitest';
import type { Parsed } from '../../core/contracts.ts';
import { x12Format } from './format.ts';
import type { X12Options } from './options.ts';
import { sample855, sourceOf } from './sample-interchange.ts';

async function read(text: string, options: X12Options = {}): Promise<Parsed[]> {
  const all: Parsed[] = [];
  for await (const parsed of x12Format.parse(sourceOf(text), options)) all.push(parsed);
  return all;
}
const faultsOf = (all: readonly Parsed[]) => all.flatMap((one) => (one.kind === 'fault' ? [one.fault] : []));

describe('the elements of ISA and GS', () => {
  it.each([
    ['a date that is none', '*260115*1200*U*', '*261315*1200*U*', 'ISA', 9],
    ['a time that is none', '*260115*1200*U*', '*260115*2560*U*', 'ISA', 10],
    ['a control number with letters', '*000000001*0*', '*00000000A*0*', 'ISA', 13],
    ['an unknown usage', '*0*P*', '*0*X*', 'ISA', 15],
    ['an unknown answer to whether it is to be acknowledged', '*0*P*', '*2*P*', 'ISA', 14],
    ['a group date that is none', '*20260115*1200*1*X', '*20261315*1200*1*X', 'GS', 4],
    ['an unknown agency', '*1*X*', '*1*Y*', 'GS', 7],
  ])('are told of and the sets are read: %s', async (_, from, to, segmentId, element) => {
    const text = sample855().replace(from, to);
    const all = await read(text);
    const faults = faultsOf(all).filter(({ code }) => code === 'ERR_X12_ENVELOPE_ELEMENT');
    expect(faults).toMatchObject([{ severity: 'warning', at: { segmentId, element } }]);
    expect(all.some((one) => one.kind === 'document' && one.verdict === 'accepted')).toBe(true);
  });

  it('are right in every sample, with dates of six digits in GS as well', async () => {
    expect(faultsOf(await read(sample855()))).toEqual([]);
    expect(faultsOf(await read(sample855().replace('*20260115*1200*1*X', '*260115*1200*1*X')))).toEqual([]);
  });

  it('may have a qualifier of one digit by name only: then 1 is 01, and it still warns', async () => {
    const text = sample855().replace('*ZZ*ACME', '*1 *ACME');
    const strict = await read(text);
    expect(faultsOf(strict)).toMatchObject([{ code: 'ERR_X12_QUALIFIER', severity: 'error', at: { element: 5 } }]);
    expect(strict.flatMap((one) => (one.kind === 'document' ? [one.envelope.sender.qualifier] : []))).toEqual(['1']);
    const lenient = await read(text, { leniencies: ['qualifier-1-for-01'] });
    expect(faultsOf(lenient)).toMatchObject([{ code: 'ERR_X12_QUALIFIER', severity: 'warning' }]);
    expect(lenient.flatMap((one) => (one.kind === 'document' ? [one.envelope.sender.qualifier] : []))).toEqual(['01']);
  });
});
