/** `formats:` of a partner file, and the guide file that a format's option names: all faults of both, each with its line. */
import path from 'node:path';
import { type TSchema, Type } from '@sinclair/typebox';
import type { Format } from '../core/contracts.ts';
import { objectOf, unknownName } from '../core/file-faults.ts';
import { hasErrors, type Problem } from '../core/problem.ts';
import { readYamlFile } from '../core/read-yaml-file.ts';
import { compileSchema, problemsIn, type SchemaCheck } from '../core/schema-check.ts';
import type { YamlFile } from '../core/yaml-file.ts';
import type { FormatOptions } from './partner-file.ts';

/** What stands at the top of the partner file, for every format. */
const ELSEWHERE = ['encoding', 'leniencies'];

export function ownFormatOptions({ options }: Pick<Format, 'options'>): TSchema {
  const own = Object.entries((options.properties ?? {}) as Record<string, TSchema>).filter(([name]) => !ELSEWHERE.includes(name));
  return Type.Object(Object.fromEntries(own), { additionalProperties: false });
}

const checks = new Map<Format, SchemaCheck>();

function checkOf(format: Format): SchemaCheck {
  const check = checks.get(format) ?? compileSchema(ownFormatOptions(format));
  checks.set(format, check);
  return check;
}

/** `location`: the folder of the partner file. */
export function readFormatOptions(
  file: YamlFile,
  location: string,
  formats: ReadonlyMap<string, Format>,
  problems: Problem[],
): Record<string, FormatOptions> {
  const read: Record<string, FormatOptions> = {};
  for (const [name, said] of Object.entries(objectOf(objectOf(file.value).formats))) {
    const format = formats.get(name);
    if (format === undefined) {
      problems.push(unknownName(file, ['formats', name], name, [...formats.keys()]));
      continue;
    }
    const options = objectOf(said);
    const wrong = problemsIn(file, checkOf(format)(options), ['formats', name]);
    problems.push(...wrong);
    if (wrong.length > 0) continue;
    const guide = typeof options.guide === 'string' ? readGuide(file, location, name, format, options.guide, problems) : undefined;
    read[name] = guide === undefined ? { options } : { options, guide };
  }
  return read;
}

function readGuide(file: YamlFile, location: string, name: string, format: Format, guide: string, problems: Problem[]): FormatOptions['guide'] {
  const shown = path.posix.join(path.posix.dirname(file.file), guide);
  const { file: read, problems: unreadable } = readYamlFile(path.join(location, guide), shown);
  const { guide: rules, problems: wrong } = (read === undefined ? undefined : format.guide?.read(read)) ?? { guide: undefined, problems: [] };
  problems.push(...unreadable, ...wrong);
  if (read !== undefined && !hasErrors(wrong)) return { text: read.text, rules };
  // Said of the partner file as well, so that what was in force of this partner stays in force.
  const at = file.placeOf(['formats', name, 'guide']);
  problems.push({ code: 'ERR_FILE_REFERENCE', severity: 'error', message: `formats.${name}.guide: ${shown} has faults`, at });
  return undefined;
}
