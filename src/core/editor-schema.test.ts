import { Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { editorSchema, variantsByType } from './editor-schema.ts';
import { secretReference } from './secret-reference.ts';

const closed = { additionalProperties: false };
const van = {
  name: 'van',
  summary: 'A van.',
  options: Type.Object(
    { plate: Type.String(), key: Type.Optional(secretReference('the key')) },
    { ...closed, dependentRequired: { key: ['plate'] } },
  ),
};
const ship = { name: 'ship', summary: 'A ship.', options: Type.Object({ port: Type.Integer() }, closed) };
const file = Type.Object({ name: Type.String(), by: Type.Object({ type: Type.String() }, { description: 'how it comes' }) }, closed);

describe('an editor schema', () => {
  const by = variantsByType('by', [van, ship]);
  const schema = editorSchema('A parcel', file, { by: by.schema }, by.definitions);
  const valid = new Ajv({ strict: false }).compile(schema);

  it('accepts what each extension accepts, chosen by type, and nothing else', () => {
    expect(valid({ name: 'a', by: { type: 'van', plate: 'B-1', key: 'file:key' } })).toBe(true);
    expect(valid({ name: 'a', by: { type: 'ship', port: 1 } })).toBe(true);
    expect(valid({ name: 'a', by: { type: 'ship', plate: 'B-1' } })).toBe(false);
    expect(valid({ name: 'a', by: { type: 'van', plate: 'B-1', key: 'the secret itself' } })).toBe(false);
    expect(valid({ name: 'a', by: { type: 'train' } })).toBe(false);
    expect(valid({ name: 'a', by: { type: 'ship', port: 1 }, colour: 'red' })).toBe(false);
  });

  it('is of the draft that editors complete well', () => {
    const text = JSON.stringify(schema);
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(text).not.toMatch(/\$defs|dependentRequired|unevaluated/);
    expect(text).toContain('"description":"how it comes"');
  });
});
