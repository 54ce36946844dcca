import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CANONICAL } from '../events/documents.ts';
import { editorSchemaFor } from './editor-schema.ts';

test.each([
  ['x12-855', CANONICAL.order_acknowledgment],
  ['x12-856', CANONICAL.ship_notice],
  ['x12-810', CANONICAL.invoice],
])('the editor schema of %s is current, and the standard map names it in its first line', (name, target) => {
  expect(readFileSync(`schemas/mapping.${name}.json`, 'utf8')).toBe(`${JSON.stringify(editorSchemaFor(name, target), null, 2)}\n`);
  expect(readFileSync(`mappings/std/${name}.yaml`, 'utf8').split('\n')[0]).toBe(`# yaml-language-server: $schema=../../schemas/mapping.${name}.json`);
});

test('it offers every target path, and every rule key with what it means', () => {
  const schema = editorSchemaFor('x12-855', CANONICAL.order_acknowledgment) as {
    properties: { set: { properties: Record<string, { description: string }> } };
    definitions: { rule: { properties: Record<string, { description: string }> } };
  };
  expect(schema.properties.set.properties['lines[].dispositions[].changes[]']?.description).toBe('list of one of price, quantity, date, item, other');
  expect(schema.properties.set.properties['order.orderNumber']?.description).toContain('required');
  for (const { description } of Object.values(schema.definitions.rule.properties)) expect(description).toBeTruthy();
});
