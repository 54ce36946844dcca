/**
 * Whether a value has the structure that a schema asks for, its leaves aside: a quick yes for those who have checked each leaf on its own.
 *
 * What is left out must be known already: the type of every leaf, its pattern and words, and that no object has a key that its schema does
 * not name. What remains: keys that must be there, the sizes of lists, and all conditions (`if`, `anyOf` …), which are kept whole.
 */
import type { TSchema } from '@sinclair/typebox';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export type StructureCheck = (value: unknown) => boolean;

/** Compiles once, at the first check. */
export function compileStructure(schema: TSchema): StructureCheck {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= new Ajv2020({ strict: false, formats: { uuid: true, 'date-time': true, binary: true } }).compile(structureOf(schema) as object);
    return validate(value);
  };
}

const LEAVES = ['string', 'integer', 'number', 'boolean'];
/** Told of the value as a whole, or of what is known beforehand. */
const LEFT_OUT = ['type', 'additionalProperties', 'title', 'description', '$id', '$schema'];

/** True where anything goes. */
function structureOf(schema: TSchema): object | true {
  if (LEAVES.includes(schema.type)) return true;
  const kept = Object.entries(schema).filter(
    ([key]) => !LEFT_OUT.includes(key) && key !== 'properties' && key !== 'items' && key !== 'patternProperties',
  );
  const properties = Object.entries((schema.properties ?? {}) as Record<string, TSchema>)
    .map(([key, child]) => [key, structureOf(child)] as const)
    .filter(([, child]) => child !== true);
  const items = schema.items === undefined ? true : structureOf(schema.items as TSchema);
  const structure = {
    ...Object.fromEntries(kept),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(items !== true && { items }),
  };
  return Object.keys(structure).length === 0 ? true : structure;
}
