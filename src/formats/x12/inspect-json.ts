/**
 * The JSON of `quayside x12 inspect --json`: one object, written while the file is read, so that a file of any size is reported in little memory.
 * Totals and faults come last, because they are known last.
 */
import type { RawSource } from '../../core/contracts.ts';
import type { CompiledGuide } from './guide.ts';
import { type InspectedFault, inspectParts } from './inspect.ts';
import type { X12Options } from './options.ts';

const BATCH = 64 * 1024;

/** `write` is awaited, so that a slow reader of the JSON slows the reading down. Returns the faults that were listed. */
export async function writeInspection(
  source: RawSource,
  write: (text: string) => Promise<void>,
  options: X12Options = {},
  guide?: CompiledGuide,
): Promise<readonly InspectedFault[]> {
  let text = '{"interchanges":[';
  let interchanges = 0;
  let groups = 0;
  let sets = 0;
  const opened = (object: object, list: string) => `${JSON.stringify(object).slice(0, -1)},"${list}":[`;
  const closeGroup = () => (groups > 0 ? ']}' : '');
  const closeInterchange = () => (interchanges > 0 ? `${closeGroup()}]}` : '');
  for await (const part of inspectParts(source, options, guide)) {
    if (part.kind === 'interchange') {
      text += `${closeInterchange()}${interchanges++ > 0 ? ',' : ''}${opened(part.interchange, 'groups')}`;
      groups = 0;
    } else if (part.kind === 'group') {
      text += `${closeGroup()}${groups++ > 0 ? ',' : ''}${opened(part.group, 'sets')}`;
      sets = 0;
    } else if (part.kind === 'set') text += `${sets++ > 0 ? ',' : ''}${JSON.stringify(part.set)}`;
    else {
      const { totals, faults, bytes } = part;
      text += `${closeInterchange()}],"faults":[`;
      for (const [i, fault] of faults.entries()) text += `${i > 0 ? ',' : ''}${JSON.stringify(fault)}`;
      await write(`${text}],"totals":${JSON.stringify(totals)},"bytes":${JSON.stringify(bytes)}}\n`);
      return faults;
    }
    if (text.length < BATCH) continue;
    await write(text);
    text = '';
  }
  throw new Error('an inspection ends with its totals');
}
