/** What can be read out of an event as it is stored: what it says, and where it stands in the order. */
import type { JsonObject } from '../core/canonical.ts';
import { type FieldChange, fieldChanges } from '../core/field-changes.ts';

export interface StoredBody {
  readonly data: JsonObject;
  readonly sequence?: string;
  readonly causationid?: string;
  readonly partitionkey: string;
  readonly orderkeys?: string;
}

export const orderKeysOf = ({ orderkeys, partitionkey }: Pick<StoredBody, 'orderkeys' | 'partitionkey'>): string[] =>
  (orderkeys ?? partitionkey).split(',');

/** What the document said and what it says now. */
export function changesTo(event: { readonly body: string }, after: JsonObject): FieldChange[] {
  return fieldChanges(whatIsSaid((JSON.parse(event.body) as StoredBody).data), whatIsSaid(after));
}

/** A canonical document without what is ours in it. */
export function whatIsSaid({ provenance: _, document, ...said }: JsonObject): JsonObject {
  const { revision: __, ...named } = (document ?? {}) as JsonObject;
  return { document: named, ...said };
}
