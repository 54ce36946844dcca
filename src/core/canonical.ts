/** What is known of a canonical event outside its schema: enough to store, order and send it. */

export const DOCUMENT_TYPES = ['order_acknowledgment', 'ship_notice', 'invoice'] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** JSON as the mapping engine makes it: money and quantities are strings, never numbers. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A document as the mapping engine makes it: the schema's fields without `provenance`. */
export interface MappedDocument {
  readonly type: DocumentType;
  /** Which of the outputs of one source document it is; part of the event's identity. */
  readonly outputKey: string;
  readonly body: JsonObject;
  readonly lineage: readonly LineageEntry[];
}

/** Where one value of a canonical document came from. */
export interface LineageEntry {
  /** `lines[2].price.amount`. */
  readonly target: string;
  readonly value: Json;
  /** Absent for a value that no source byte gave (`const`, `default`). */
  readonly source?: LineageSource | undefined;
  /** `mappings/acme/855.yaml:12:3`: the rule that put it there. */
  readonly rule: string;
}

export interface LineageSource {
  readonly segment: number;
  readonly segmentId: string;
  readonly element: number;
  readonly component?: number | undefined;
  readonly repetition?: number | undefined;
  /** Bytes from the start of the raw message. */
  readonly offset: number;
  /** As sent, before any conversion. */
  readonly text: string;
}
