/**
 * The canonical documents by name: schemas with their ids and checks, compiled once.
 *
 * A schema stands alone (no `$ref`), so whoever fetches `/schemas/invoice/1.0.0` has all of it.
 */
import { type TObject, type TProperties, Type } from '@sinclair/typebox';
import { DOCUMENT_TYPES, type DocumentType } from '../core/canonical.ts';
import { compileSchema, type SchemaCheck, type SchemaFault } from '../core/schema-check.ts';
import { compileStructure, type StructureCheck } from '../core/structure-check.ts';
import { FUNCTIONAL_ACK_EVENTS, type FunctionalAckEvent, functionalAck } from './functional-ack.ts';
import { invoice, NEGATIVE_ONLY_IN_CREDITS } from './invoice.ts';
import { orderAcknowledgment } from './order-acknowledgment.ts';
import { ProvenanceSchema } from './shared-types.ts';
import { shipNotice } from './ship-notice.ts';

export interface CanonicalDocument {
  readonly type: DocumentType;
  readonly version: string;
  /** As it is published: with `provenance`. */
  readonly schema: TObject;
  /** As a mapping makes it: without. */
  readonly body: TObject;
  readonly checkStructure: StructureCheck;
  readonly checkBody: SchemaCheck;
}

/** An additive change raises the minor; a major is another type version. */
const VERSION = '1.0.0';

export const schemaIdOf = (type: DocumentType): string => `/schemas/${type}/${VERSION}`;

function define(type: DocumentType, properties: TProperties, more: object = {}): CanonicalDocument {
  const { document, ...rest } = properties;
  const options = { title: type, additionalProperties: false, ...more };
  const body = Type.Object(properties, options);
  const schema = Type.Object(
    { ...(document === undefined ? {} : { document }), provenance: ProvenanceSchema, ...rest },
    { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: schemaIdOf(type), ...options },
  );
  return { type, version: VERSION, schema, body, checkStructure: compileStructure(body), checkBody: compileSchema(body) };
}

export const CANONICAL: Readonly<Record<DocumentType, CanonicalDocument>> = {
  order_acknowledgment: define('order_acknowledgment', orderAcknowledgment),
  ship_notice: define('ship_notice', shipNotice),
  invoice: define('invoice', invoice, NEGATIVE_ONLY_IN_CREDITS),
};

const checks: Readonly<Record<DocumentType, SchemaCheck>> = {
  order_acknowledgment: compileSchema(CANONICAL.order_acknowledgment.schema),
  ship_notice: compileSchema(CANONICAL.ship_notice.schema),
  invoice: compileSchema(CANONICAL.invoice.schema),
};

/** Findings of a whole document, `provenance` included; none when it is valid. */
export const validateDocument = (type: DocumentType, document: unknown): SchemaFault[] => checks[type](document);

/** What an event is called in a queue file and, after the prefix, in its CloudEvents type. */
export type EventName = `${DocumentType}.received` | FunctionalAckEvent;
export const eventNameOf = (type: DocumentType): EventName => `${type}.received`;
export const EVENT_NAMES: readonly EventName[] = [...DOCUMENT_TYPES.map(eventNameOf), ...FUNCTIONAL_ACK_EVENTS];

/** Every schema that a `dataschema` may name, by its id. */
export const PUBLISHED_SCHEMAS: ReadonlyMap<string, object> = new Map(
  [...Object.values(CANONICAL).map(({ schema }) => schema), functionalAck].map((schema) => [String(schema.$id), schema]),
);
