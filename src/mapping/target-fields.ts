/** The fields of a canonical document as paths that mapping files name: `order.orderNumber`, `lines[].dispositions[].changes[]`. */
import type { TSchema } from '@sinclair/typebox';
import { suggest } from '../core/suggest.ts';

export type ValueKind = 'text' | 'decimal' | 'date' | 'date-time' | 'sscc' | 'integer' | 'boolean';

export interface TargetField {
  readonly path: string;
  /** What one value is; `object` where fields lie below. */
  readonly kind: ValueKind | 'object';
  readonly list: boolean;
  /** Position in the schema: documents are written in its order. */
  readonly rank: number;
  /** The schema requires it wherever its parent is. */
  readonly required: boolean;
  /** A list that must be there even when nothing is in it. */
  readonly mayBeEmpty: boolean;
  readonly accepted?: readonly string[] | undefined;
  readonly pattern?: RegExp | undefined;
  readonly description?: string | undefined;
  /** An open map: any name may follow. */
  readonly open: boolean;
}

export interface TargetFields {
  /** Every path that can be written down, in the schema's order; names under open maps are not among them. */
  readonly paths: readonly string[];
  find(path: string): TargetField | undefined;
  /** The nearest path to a wrong one. */
  suggest(path: string): string | undefined;
}

const KINDS: Readonly<Record<string, ValueKind>> = { Decimal: 'decimal', Quantity: 'decimal', Date: 'date', DateTime: 'date-time', Sscc: 'sscc' };
const EXTENSION_NAME = /^[a-z][a-zA-Z0-9_-]{0,63}$/;

interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: object;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly minItems?: number;
}

export function fieldsOfTarget(schema: TSchema): TargetFields {
  const fields = new Map<string, TargetField>();
  const describe = (node: Node, path: string, required: boolean, list: boolean, mayBeEmpty: boolean): void => {
    const isObject = node.type === 'object';
    fields.set(path, {
      path,
      kind: isObject ? 'object' : kindOf(node),
      list,
      rank: fields.size,
      required,
      mayBeEmpty,
      accepted: node.enum,
      pattern: node.pattern === undefined ? undefined : new RegExp(node.pattern),
      description: node.description,
      open: node.patternProperties !== undefined,
    });
    if (isObject) walk(node, `${path}.`);
  };
  const walk = (node: Node, prefix: string): void => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      const required = node.required?.includes(name) ?? false;
      if (child.type === 'array' && child.items !== undefined)
        describe(child.items, `${prefix}${name}[]`, required, true, required && (child.minItems ?? 0) === 0);
      else describe(child, `${prefix}${name}`, required, false, false);
    }
  };
  walk(schema as Node, '');

  const paths = [...fields.values()].filter((field) => field.list || field.kind !== 'object').map((field) => field.path);
  const find = (path: string): TargetField | undefined => {
    const field = fields.get(path);
    if (field !== undefined) return field.open ? undefined : field;
    const dot = path.lastIndexOf('.');
    const parent = fields.get(path.slice(0, dot));
    if (parent?.open !== true || !EXTENSION_NAME.test(path.slice(dot + 1))) return undefined;
    return { path, kind: 'text', list: false, rank: parent.rank + 0.5, required: false, mayBeEmpty: false, open: false };
  };
  return { paths, find, suggest: (path) => suggest(path, paths) };
}

function kindOf(node: Node): ValueKind {
  if (node.type === 'integer') return 'integer';
  if (node.type === 'boolean') return 'boolean';
  return KINDS[node.title ?? ''] ?? 'text';
}

/** What is wrong with a value that a file gives for a field; undefined when it fits. */
export function misfitOf(field: TargetField, value: unknown): { expected: string; hint?: string | undefined } | undefined {
  if (field.kind === 'boolean') return typeof value === 'boolean' ? undefined : { expected: 'true or false' };
  if (field.kind === 'integer') return Number.isSafeInteger(value) ? undefined : { expected: 'a whole number' };
  if (typeof value === 'number')
    return { expected: `text${field.description === undefined ? '' : `: ${field.description}`}`, hint: 'put it in quotes' };
  if (typeof value !== 'string' || value === '') return { expected: 'text' };
  if (field.accepted !== undefined && !field.accepted.includes(value)) {
    const near = suggest(value, field.accepted);
    return { expected: `one of ${field.accepted.join(', ')}`, hint: near === undefined ? undefined : `did you mean "${near}"?` };
  }
  if (field.pattern?.test(value) === false) return { expected: field.description ?? `text like ${field.pattern.source}` };
  return undefined;
}
