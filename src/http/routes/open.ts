/** What needs no key: is it alive, is it ready, what do events and this API look like. */
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../../core/errors/errors.ts';
import type { OpenApiDocument } from '../openapi.ts';
import { PlainAnswer, plain, type Route } from '../route.ts';
import { closedObject } from '../shapes.ts';

const json = (status: number, value: object): PlainAnswer => new PlainAnswer(status, { 'content-type': 'application/json' }, JSON.stringify(value));

export interface OpenSources {
  /** Published JSON Schemas by their path: `/schemas/invoice/1.0.0`. */
  readonly schemas: ReadonlyMap<string, object>;
  /** Known only when all routes are. */
  document(): OpenApiDocument;
}

export const openRoutes = ({ schemas, document }: OpenSources): readonly Route[] => [
  plain({
    path: '/livez',
    tag: 'open',
    summary: 'The process lives',
    answers: [{ status: 200, what: 'it does', media: 'application/json', schema: closedObject({ status: Type.Literal('ok') }) }],
    handle: async () => json(200, { status: 'ok' }),
  }),
  plain({
    path: '/readyz',
    tag: 'open',
    summary: 'Its stores answer and its files are loaded',
    answers: [
      {
        status: 200,
        what: 'it can work',
        media: 'application/json',
        schema: closedObject({
          status: Type.Literal('ok'),
          intakeStopped: Type.Optional(Type.String({ description: 'why nothing is taken in; what was received is delivered' })),
        }),
      },
      {
        status: 503,
        what: 'it cannot',
        media: 'application/json',
        schema: closedObject({ status: Type.Literal('unavailable'), store: Type.String({ description: 'what is missing' }) }),
      },
    ],
    async handle(call) {
      try {
        const { database, catalog, room } = call.gateway;
        catalog();
        await database.query('select 1');
        const intakeStopped = await room.shortage();
        // Still ready: it delivers, and who wants to know why it takes nothing in must reach it.
        return json(200, { status: 'ok', ...(intakeStopped !== undefined && { intakeStopped }) });
      } catch {
        return json(503, { status: 'unavailable', store: 'postgres' });
      }
    },
  }),
  plain({
    path: '/schemas/{type}/{version}',
    tag: 'open',
    summary: 'The JSON Schema that events of a type name as dataschema',
    params: { type: Type.String(), version: Type.String() },
    answers: [{ status: 200, what: 'the schema', media: 'application/schema+json', schema: Type.Object({}) }],
    async handle({ params: { type, version } }) {
      const schema = schemas.get(`/schemas/${type}/${version}`);
      if (schema === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no schema ${type}/${version}`);
      return new PlainAnswer(200, { 'content-type': 'application/schema+json', 'cache-control': 'public, max-age=3600' }, JSON.stringify(schema));
    },
  }),
  plain({
    path: '/openapi.json',
    tag: 'open',
    summary: 'This document',
    answers: [{ status: 200, what: 'OpenAPI 3.1', media: 'application/json', schema: Type.Object({ openapi: Type.Literal('3.1.0') }) }],
    handle: async () => json(200, document()),
  }),
];
