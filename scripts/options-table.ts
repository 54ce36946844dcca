/** The options of an extension as rows of a table, read from their JSON Schema; nested objects become dotted names. */

export interface OptionRow {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: string;
  readonly description: string;
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

export function optionRows(schema: Schema, prefix = '', parentRequired = true): OptionRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = `${prefix}${key}`;
    const required = parentRequired && (schema.required ?? []).includes(key);
    const fallback = property.default === undefined ? '' : String(property.default);
    const row = { name, type: typeOf(property), required, fallback, description: property.description ?? '' };
    return [row, ...optionRows(property, `${name}.`, required)];
  });
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.join(', ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  return schema.type ?? 'anything';
}
