/**
 * The schemas by which editors complete and check partner and queue files.
 *
 * Draft-07 with `definitions` and `if`/`then` by `type`: yaml-language-server answers `$defs` or `anyOf` with one vague error
 * for the whole file. What only the gateway can check (names of other files, secrets, ranges of times) is left to `lint`.
 */
import type { TSchema } from '@sinclair/typebox';

type JsonSchema = { readonly [key: string]: unknown };

interface Variant {
  readonly name: string;
  readonly summary: string;
  readonly options: TSchema;
}

/** The object that has a `type` and, beside it, the options of the extension that `type` names. */
export function variantsByType(noun: string, variants: Iterable<Variant>): { readonly schema: JsonSchema; readonly definitions: JsonSchema } {
  const list = [...variants];
  const definitions = list.map(({ name, summary, options }) => {
    const { properties, required, ...rest } = draft07(options) as { properties?: JsonSchema; required?: readonly string[] };
    const definition = { ...rest, title: summary, required: ['type', ...(required ?? [])], properties: { type: { const: name }, ...properties } };
    return [`${noun}-${name}`, definition] as const;
  });
  return {
    schema: {
      type: 'object',
      required: ['type'],
      properties: { type: { enum: list.map(({ name }) => name) } },
      allOf: list.map(({ name }) =>
        conditional({ properties: { type: { const: name } }, required: ['type'] }, { $ref: `#/definitions/${noun}-${name}` }),
      ),
    },
    definitions: Object.fromEntries(definitions),
  };
}

/** Written as pairs: an object with a `then` of its own would pass for a promise. */
const conditional = (condition: JsonSchema, consequence: JsonSchema): JsonSchema =>
  Object.fromEntries([
    ['if', condition],
    ['then', consequence],
  ]);

/** `replaced` puts a schema of its own in the place of a property. */
export function editorSchema(title: string, file: TSchema, replaced: JsonSchema, definitions: JsonSchema): JsonSchema {
  const { properties, ...rest } = draft07(file) as { properties: JsonSchema };
  const described = Object.entries(replaced).map(([key, schema]) => {
    const { description } = properties[key] as { description?: string };
    return [key, { ...(description === undefined ? {} : { description }), ...(schema as JsonSchema) }];
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    ...rest,
    properties: { ...properties, ...Object.fromEntries(described) },
    definitions,
  };
}

/** A TypeBox schema as plain JSON of the older draft. */
function draft07(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"dependentRequired":', '"dependencies":'));
}
