/** One mapping file, read and checked as far as it can be alone: its head, its rules, its codes. All faults at once. */
import { Type } from '@sinclair/typebox';
import type { Json } from '../core/canonical.ts';
import type { FilePlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { compileSchema, problemsIn, type Static, StringEnum } from '../core/schema-check.ts';
import { parseYamlFile, type YamlFile } from '../core/yaml-file.ts';
import { CHECK_SCHEMA } from './check-schema.ts';
import { NEEDS_SCHEMA } from './needs-schema.ts';
import { faultAt } from './rule-syntax.ts';
import { SKIN_NAMES, type SkinName } from './selector-syntax.ts';

const text = (description: string) => Type.String({ minLength: 1, description });

export const FILE_KEYS = {
  mapping: text('the name: the path below mappings/ without .yaml'),
  version: Type.String({ pattern: '^\\d{1,4}\\.\\d{1,4}\\.\\d{1,4}$', description: 'a version such as 1.3.0' }),
  extends: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*@\\d{1,4}$',
      description: 'a mapping and its major version, such as std/x12-855@2',
    }),
  ),
  guide: Type.Optional(text("the partner's guide, with its revision")),
  note: Type.Optional(text('for people')),
  source: Type.Optional(
    Type.Object(
      {
        format: StringEnum(SKIN_NAMES),
        set: Type.Unsafe<string | number>({ type: ['string', 'integer'], description: 'the transaction set, such as 855' }),
        versions: Type.Array(Type.String({ pattern: '^\\d{6}$', description: 'a version in quotes, such as "004010"' }), { minItems: 1 }),
      },
      { additionalProperties: false },
    ),
  ),
  target: Type.Optional(
    Type.String({ pattern: '^[a-z_]+@\\d{1,4}$', description: 'a document and its major version, such as order_acknowledgment@1' }),
  ),
  set: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  codes: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
  drop: Type.Optional(Type.Array(Type.String())),
  needs: Type.Optional(NEEDS_SCHEMA),
  checks: Type.Optional(
    Type.Array(CHECK_SCHEMA, { description: 'what must hold of the mapped document; a check of a base holds for all that extend it' }),
  ),
  ignore: Type.Optional(Type.Array(Type.Object({ from: text('a selector'), why: text('the reason') }, { additionalProperties: false }))),
};
const FILE_SCHEMA = Type.Object(FILE_KEYS, { additionalProperties: false });
const checkFile = compileSchema(FILE_SCHEMA);

export interface MappingText {
  /** From its path: `acme/855`. */
  readonly name: string;
  /** As problems show it: `mappings/acme/855.yaml`. */
  readonly file: string;
  readonly text: string;
  /** Where the file lies, for those who look beside it; absent for a text that is in no file. */
  readonly location?: string | undefined;
  /** The text of a file in the same folder; undefined: there is none. */
  readonly beside?: ((name: string) => string | undefined) | undefined;
}

export interface CodeEntry {
  readonly value: Json;
  /** Absent for a built-in table. */
  readonly place?: FilePlace | undefined;
  readonly at: string;
}

/** What a file says, before its base is known. */
export interface MappingFile {
  readonly name: string;
  readonly file: string;
  readonly version: string;
  readonly major: number;
  readonly base?: { readonly name: string; readonly major: number } | undefined;
  readonly source?: { readonly format: SkinName; readonly set: string; readonly versions: readonly string[] } | undefined;
  readonly target?: { readonly name: string; readonly major: number } | undefined;
  readonly targets: readonly string[];
  readonly drops: readonly string[];
  readonly yaml: YamlFile;
  readonly location?: string | undefined;
  readonly beside?: MappingText['beside'];
}

export function readMappingFile({ name, file, text: content, location, beside }: MappingText): { mapping?: MappingFile; problems: Problem[] } {
  const parsed = parseYamlFile(file, content);
  const yaml = parsed.file;
  if (yaml === undefined) return { problems: parsed.problems };
  const problems = [...parsed.problems];
  const faults = checkFile(yaml.value);
  problems.push(...problemsIn(yaml, faults));
  if (faults.length > 0) return { problems };

  const said = yaml.value as Static<typeof FILE_SCHEMA>;
  if (said.mapping !== name)
    problems.push({
      ...faultAt(yaml, ['mapping'], 'ERR_MAPPING_NAME', `expected the name "${name}" after the file's path, found "${said.mapping}"`),
      expected: name,
      found: said.mapping,
      hint: `write mapping: ${name}, or move the file`,
    });
  if (said.extends === undefined) {
    for (const key of ['source', 'target', 'set'] as const)
      if (said[key] === undefined)
        problems.push({ ...faultAt(yaml, [], 'ERR_FILE_SCHEMA', `expected a key "${key}" (or "extends"), found none`), hint: undefined });
    if (said.drop !== undefined)
      problems.push(faultAt(yaml, ['drop'], 'ERR_MAPPING_REDUNDANT', 'there is nothing to drop in a mapping that extends none', 'key'));
  } else
    for (const key of ['source', 'target'] as const)
      if (said[key] !== undefined)
        problems.push(faultAt(yaml, [key], 'ERR_MAPPING_EXTENDS', `a mapping that extends another has its "${key}"`, 'key'));

  const source =
    said.source === undefined ? undefined : { ...said.source, set: yaml.scalarAt(['source', 'set'])?.source.replace(/^["']|["']$/g, '') ?? '' };
  return {
    mapping: {
      name: said.mapping,
      file,
      version: said.version,
      major: Number(said.version.split('.')[0]),
      base: splitMajor(said.extends),
      source,
      target: splitMajor(said.target),
      targets: Object.keys(said.set ?? {}),
      drops: said.drop ?? [],
      yaml,
      location,
      beside,
    },
    problems,
  };
}

function splitMajor(reference: string | undefined): { name: string; major: number } | undefined {
  if (reference === undefined) return undefined;
  const [name = '', major = ''] = reference.split('@');
  return { name, major: Number(major) };
}
