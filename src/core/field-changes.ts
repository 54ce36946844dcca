/** What differs between two JSON values, field by field: what a person reads before deciding, with RFC 6901 pointers as names. */

export interface FieldChange {
  /** `/lines/0/price/amount`; empty for the whole. */
  readonly path: string;
  /** Absent: the field was not there. */
  readonly before?: unknown;
  /** Absent: the field is gone. */
  readonly after?: unknown;
}

type Fields = { readonly [key: string]: unknown };

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const step = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Keys in the order of their names, items of lists by their place. What only one side has is one change, however much is in it. */
export function fieldChanges(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (before === after) return [];
  if (before === undefined) return [{ path, after }];
  if (after === undefined) return [{ path, before }];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => fieldChanges(before[i], after[i], `${path}/${i}`)).flat();
  }
  if (isFields(before) && isFields(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => fieldChanges(before[key], after[key], `${path}/${step(key)}`));
  }
  return [{ path, before, after }];
}

/** `/lines/0/price/amount: "12.50" → "13.00"`. */
export function formatChange({ path, before, after }: FieldChange): string {
  return `${path || '/'}: ${JSON.stringify(before) ?? 'absent'} → ${JSON.stringify(after) ?? 'absent'}`;
}
