/** For tests: one transaction set through the whole reader, as a partner's options and guide have it. */
import type { ParsedDocument } from '../../core/contracts.ts';
import type { Problem } from '../../core/problem.ts';
import { parseYamlFile } from '../../core/yaml-file.ts';
import { x12Format } from './format.ts';
import { groupsFor } from './functional-groups.ts';
import type { X12Options } from './options.ts';
import { type SampleSet, sampleInterchange, sourceOf } from './sample-interchange.ts';

export interface DocumentCase {
  readonly version?: string;
  readonly options?: X12Options;
  readonly repetition?: string;
  /** Of a guide file. */
  readonly guide?: string;
}

export async function documentOf(
  set: SampleSet,
  { version = '004010', options = {}, repetition = 'U', guide }: DocumentCase = {},
): Promise<ParsedDocument> {
  const text = sampleInterchange([{ id: groupsFor(set.id)?.[0] ?? '', version, sets: [set] }], { repetition, version: '00501' });
  const file = guide === undefined ? undefined : parseYamlFile('x12-guide.yaml', guide).file;
  const rules = file === undefined ? undefined : x12Format.guide?.read(file).guide;
  for await (const parsed of x12Format.parse(sourceOf(text), options, { guide: rules })) if (parsed.kind === 'document') return parsed;
  throw new Error('no document');
}

export const codesOf = (faults: readonly Problem[]): string[] => faults.map((fault) => fault.code);

/** What a test asks of a fault: code, element, expected, found. */
export const told = ({ code, at, expected, found }: Problem): unknown[] => [code, at?.kind === 'segment' ? at.element : undefined, expected, found];

export const with855 = (...body: string[]): SampleSet => ({ id: '855', body: ['BAK*00*AC*PO-1*20260110', ...body] });
export const with810 = (...body: string[]): SampleSet => ({ id: '810', body: ['BIG*20260115*INV-1', ...body] });
export const with856 = (...body: string[]): SampleSet => ({ id: '856', body: ['BSN*00*SH-1*20260115*1200', ...body] });
