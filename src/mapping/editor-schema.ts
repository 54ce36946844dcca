/**
 * The JSON Schema by which an editor completes a mapping file: every target path and every rule key, each with what it means.
 *
 * Draft-07 with `definitions`: yaml-language-server gives one vague error for `$defs`.
 */

import { CHECK_SCHEMA } from './check-schema.ts';
import type { MappingTarget } from './effective.ts';
import { FILE_KEYS } from './mapping-file.ts';
import { INPUT_KEYS, RULE_KEYS } from './rule-keys.ts';
import { fieldsOfTarget, type TargetField } from './target-fields.ts';

/** In place of the patterns that the file's own check uses: an input completes like a rule. */
const NAMED_INPUTS = { patternProperties: undefined, additionalProperties: { $ref: '#/definitions/input' } };

export function editorSchemaFor(source: string, target: Pick<MappingTarget, 'type' | 'body'>): object {
  const fields = fieldsOfTarget(target.body);
  const { set: _set, codes: _codes, drop: _drop, checks, ...head } = FILE_KEYS;
  const paths = fields.paths.flatMap((path) => fields.find(path) ?? []);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `A mapping from ${source} to ${target.type}`,
    type: 'object',
    required: ['mapping', 'version'],
    additionalProperties: false,
    properties: {
      ...head,
      set: {
        type: 'object',
        description: 'one line for each field of the document',
        additionalProperties: false,
        properties: Object.fromEntries(paths.map((field) => [field.path, { $ref: '#/definitions/line', description: descriptionOf(field) }])),
        patternProperties: { '(^|\\.)extensions\\.[a-z][a-zA-Z0-9_-]{0,63}$': { $ref: '#/definitions/line' } },
      },
      codes: {
        type: 'object',
        description: 'tables of codes: a value, an object of fields, or a list of objects for each code',
        additionalProperties: { type: 'object', additionalProperties: { type: ['string', 'boolean', 'object', 'array'] } },
      },
      checks: {
        ...checks,
        items: { ...CHECK_SCHEMA, properties: { ...CHECK_SCHEMA.properties, with: { ...RULE_KEYS.with, ...NAMED_INPUTS } } },
      },
      drop: { type: 'array', description: 'rules of the base to remove', items: { type: 'string', enum: paths.map((field) => field.path) } },
    },
    definitions: {
      rule: { type: 'object', additionalProperties: false, properties: { ...RULE_KEYS, with: { ...RULE_KEYS.with, ...NAMED_INPUTS } } },
      input: {
        anyOf: [
          { type: 'string', description: 'a selector' },
          { type: 'object', additionalProperties: false, properties: INPUT_KEYS },
        ],
      },
      line: {
        anyOf: [
          { type: 'string', description: 'a selector' },
          { $ref: '#/definitions/rule' },
          { type: 'array', description: 'the first that gives a value', items: { anyOf: [{ type: 'string' }, { $ref: '#/definitions/rule' }] } },
        ],
      },
    },
  };
}

function descriptionOf(field: TargetField): string {
  const what =
    field.accepted === undefined
      ? (field.description ?? (field.kind === 'object' ? 'an object' : field.kind))
      : `one of ${field.accepted.join(', ')}`;
  return `${field.list ? 'list of ' : ''}${what}${field.required ? ' (required)' : ''}`;
}
