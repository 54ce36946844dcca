/** Small mappings and small 855s for tests: only what a test is about has to be written. */
import { expect } from 'vitest';
import type { ParsedDocument } from '../core/contracts.ts';
import { formatProblem } from '../core/problem.ts';
import { CANONICAL } from '../events/documents.ts';
import { x12Format } from '../formats/x12/format.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { compileMappings, type LoadedMappings } from './load.ts';
import type { MappingText } from './mapping-file.ts';

export const HEAD = 'mapping: t/855\nversion: 1.0.0\nsource: { format: x12, set: "855", versions: ["004010"] }\ntarget: order_acknowledgment@1\n';
/** What the schema of an order acknowledgment requires; eleven lines with the head. */
export const NEEDED =
  '  document.id: BAK03\n  document.type: { const: order_acknowledgment }\n  document.purpose: { const: original }\n  status: { const: accepted }\n  scope: { const: full }\n  order.orderNumber: BAK03\n';
/** Lines that the schema takes, and the table that they need. */
export const LINES =
  '  lines[]: { each: PO1 }\n  lines[].ref.lineNumber: PO101\n  lines[].dispositions[]: { each: PO1 }\n  lines[].dispositions[].code: { from: PO103, codes: line }\n';
export const LINE_CODES = 'codes: { line: { EA: accepted } }\n';
const FILE = 't/855.yaml';

/** Rules after those that are needed, then further keys of the file. */
export const loadRules = (set: string, more = '', beside?: MappingText['beside']): LoadedMappings =>
  compileMappings([{ name: 't/855', file: FILE, text: `${HEAD}set:\n${NEEDED}${set}\n${more}`, beside }], CANONICAL);

export const problemsOf = (loaded: LoadedMappings): string[] => loaded.problems.map(formatProblem);

export function mappingOf(set: string, more = '', beside?: MappingText['beside']): CompiledMapping {
  const loaded = loadRules(set, more, beside);
  const found = loaded.catalog.find('t/855');
  if (found === undefined) throw new Error(problemsOf(loaded).join('\n'));
  return found;
}

export const BAK = 'BAK*00*AD*PO-1*20261030';

export async function parse855(segments: readonly string[], version = '004010'): Promise<ParsedDocument> {
  const isa = 'ISA*00*          *00*          *ZZ*SUPPLIER       *ZZ*BUYER          *261102*0930*U*00401*000000101*0*P*>';
  const set = ['ST*855*0001', ...segments, `SE*${segments.length + 2}*0001`];
  const bytes = Buffer.from([isa, `GS*PR*S*B*20261102*0930*1*X*${version}`, ...set, 'GE*1*1', 'IEA*1*000000101', ''].join('~'));
  const source = {
    open: async function* () {
      yield bytes;
    },
  };
  for await (const parsed of x12Format.parse(source, {})) if (parsed.kind === 'document') return parsed;
  throw new Error('no document');
}

/** By the processor's own time and the heap, whatever else the machine does. */
export function bounded<Result>(work: () => Result): Result {
  const [time, heap] = [process.cpuUsage(), process.memoryUsage().heapUsed];
  const result = work();
  const { user, system } = process.cpuUsage(time);
  expect((user + system) / 1_000_000).toBeLessThan(1);
  expect((process.memoryUsage().heapUsed - heap) / 1024 ** 2).toBeLessThan(256);
  return result;
}
