/**
 * What a request brings, checked against the schemas of its route: everything that is wrong with it is said at once, with its place.
 *
 * Query values are text; one whose schema is a number or a yes and no is read as such, and stays text where it is none, for the check to say so.
 */
import type { TObject, TSchema } from '@sinclair/typebox';
import { compileSchema, type SchemaCheck } from '../core/schema-check.ts';
import { problem, type RequestFault } from './problem.ts';
import type { Route } from './route.ts';

export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly contentType: string | undefined;
  text(): Promise<string>;
}

export interface ReadRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export type RequestReader = (parts: RequestParts) => Promise<ReadRequest | Response>;

export function requestReader(route: Route): RequestReader {
  const checks = { path: compileSchema(route.params), query: compileSchema(route.query), body: route.body && compileSchema(route.body) };
  return async (parts) => {
    const faults = faultsOf('path', checks.path, parts.params);
    const query: Record<string, unknown> = Object.create(null);
    for (const [name, values] of Object.entries(parts.query)) {
      const [value = ''] = values;
      query[name] = readText(value, route.query.properties[name]);
      if (values.length > 1) faults.push(fault(`query.${name}`, 'one value', `${values.length}`));
    }
    faults.push(...faultsOf('query', checks.query, query));
    const body = checks.body && (await readBody(parts, checks.body, faults));
    if (body instanceof Response) return body;
    if (faults.length === 0) return { params: parts.params, query, body };
    return problem('ERR_API_REQUEST', {
      detail: faults.map(({ message }) => message).join('; '),
      at: faults[0]?.at,
      hint: faults[0]?.hint,
      errors: faults,
    });
  };
}

async function readBody(parts: RequestParts, check: SchemaCheck, faults: RequestFault[]): Promise<unknown> {
  const media = parts.contentType?.split(';')[0]?.trim().toLowerCase();
  if (media !== 'application/json')
    return problem('ERR_API_MEDIA_TYPE', { detail: `Content-Type: expected application/json, found ${media ?? 'none'}` });
  const text = await parts.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    faults.push(fault('body', 'JSON', text === '' ? 'nothing' : 'text that is none'));
    return undefined;
  }
  faults.push(...faultsOf('body', check, body));
  return body;
}

function faultsOf(part: string, check: SchemaCheck, value: unknown): RequestFault[] {
  const unstorable = unstorableIn(value, part);
  if (unstorable !== undefined) return [fault(unstorable, 'text that can be stored', 'a NUL, or half of a surrogate pair')];
  return check(value).map(({ path, message, expected, found, hint }) => ({
    at: [part, ...path].join('.'),
    message: `${part}: ${message.replace(/^the file: /, '')}`,
    expected,
    found,
    hint,
  }));
}

/** PostgreSQL takes neither in text; a JSON string can hold both. */
function unstorableIn(value: unknown, at: string): string | undefined {
  if (typeof value === 'string') return /[\0\p{Surrogate}]/u.test(value) ? at : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = unstorableIn(key, at) ?? unstorableIn(member, `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const fault = (at: string, expected: string, found: string): RequestFault => ({
  at,
  message: `${at}: expected ${expected}, found ${found}`,
  expected,
  found,
});

function readText(text: string, schema: TObject['properties'][string] | undefined): unknown {
  const { type } = (schema ?? {}) as TSchema;
  if (type === 'integer' && /^\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
