/**
 * The table of routes as OpenAPI 3.1: the schemas are the very ones that requests are checked against.
 *
 * The scope of a route stands in its security requirement. `x-quayside-reach` says what a key that is limited to some partners gets.
 */
import type { TObject, TSchema } from '@sinclair/typebox';
import { SCOPES } from '../access/scopes.ts';
import { ERRORS, type ErrorCode } from '../core/errors/errors.ts';
import { ProblemSchema } from './problem.ts';
import type { Route } from './route.ts';

/** Of the interface, not of the program: what is added raises the second number; the first is that of /v1. */
const API_VERSION = '1.0.0';

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly [key: string]: unknown;
}

export function openApiOf(routes: readonly Route[]): OpenApiDocument {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quayside',
      version: API_VERSION,
      summary: 'What came, what became of it, and the ways to mend it',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths,
    components: {
      schemas: { Problem: ProblemSchema },
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'qsk_<id>_<secret>',
          description: `A key that quayside keys create made. Scopes: ${Object.entries(SCOPES)
            .map(([scope, what]) => `${scope} (${what})`)
            .join(', ')}.`,
        },
      },
    },
  };
}

function operationOf(route: Route): object {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    security: route.scope === undefined ? [] : [{ apiKey: [route.scope] }],
    ...(route.scope !== undefined && { 'x-quayside-reach': route.reach }),
    parameters: [...parametersIn('path', route.params), ...parametersIn('query', route.query)],
    ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

/** `get_v1_messages_id_raw`: follows from the route, so it never changes while the route does not. */
const operationId = ({ method, path }: Route): string =>
  [method.toLowerCase(), ...path.split(/[^a-zA-Z0-9]+/).filter((part) => part !== '')].join('_');

function parametersIn(place: 'path' | 'query', schema: TObject): object[] {
  return Object.entries<TSchema>(schema.properties).map(([name, value]) => ({
    name,
    in: place,
    required: schema.required?.includes(name) ?? false,
    ...(typeof value.description === 'string' && { description: value.description }),
    schema: value,
  }));
}

const answersOf = ({ answers }: Route): Record<string, object> =>
  Object.fromEntries(answers.map(({ status, what, media, schema }) => [status, { description: what, content: { [media]: { schema } } }]));

/** What any caller of the route may be told besides. */
function problemsOf(route: Route): Record<string, object> {
  const codes: ErrorCode[] = ['ERR_API_REQUEST', 'ERR_INTERNAL', 'ERR_STORE_UNAVAILABLE'];
  if (route.scope !== undefined) codes.push('ERR_API_KEY', 'ERR_API_SCOPE', 'ERR_API_RATE');
  if (Object.keys(route.params.properties).length > 0) codes.push('ERR_NOT_FOUND');
  if (route.body !== undefined) codes.push('ERR_API_BODY_SIZE', 'ERR_API_MEDIA_TYPE', 'ERR_NOT_FOUND', 'ERR_DELIVERY_STATE');
  const taken = new Set(route.answers.map(({ status }) => status));
  const statuses = [...new Set(codes.map((code) => ERRORS[code].http))].filter((status) => !taken.has(status)).sort();
  const summaries = (status: number) => codes.filter((code) => ERRORS[code].http === status).map((code) => ERRORS[code].summary);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: summaries(status)[0] ?? '',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}
