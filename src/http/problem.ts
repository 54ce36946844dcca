/**
 * Faults as RFC 9457 problems, with our code, place and hint.
 *
 * What is the gateway's own fault says nothing of its inside: the answer has a number, and the log has the rest under that number.
 */
import { randomUUID } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import type { Log } from '../core/context.ts';
import { asGatewayError, ERRORS, type ErrorCode, type GatewayError } from '../core/errors/errors.ts';
import { formatPlace } from '../core/place.ts';
import { closedObject } from './shapes.ts';

/** One of several faults of a request. */
export interface RequestFault {
  /** `query.limit`, `body.filter.partner`. */
  readonly at: string;
  readonly message: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | undefined;
}

export const ProblemSchema = closedObject(
  {
    type: Type.String({ description: 'urn:quayside: and the code' }),
    title: Type.String({ description: 'what the code means, whatever the case' }),
    status: Type.Integer(),
    code: Type.String({ description: 'one of docs/errors.md' }),
    detail: Type.String({ description: 'what was expected, what was found' }),
    at: Type.Optional(Type.String({ description: 'where' })),
    hint: Type.Optional(Type.String({ description: 'what to do' })),
    instance: Type.Optional(Type.String({ description: 'under what the log has it' })),
    errors: Type.Optional(
      Type.Array(
        closedObject({
          at: Type.String(),
          message: Type.String(),
          expected: Type.String(),
          found: Type.String(),
          hint: Type.Optional(Type.String()),
        }),
      ),
    ),
  },
  { title: 'Problem', description: 'RFC 9457' },
);

export interface ProblemDetails {
  readonly detail: string;
  readonly at?: string | undefined;
  readonly hint?: string | undefined;
  readonly instance?: string | undefined;
  readonly errors?: readonly RequestFault[];
  readonly headers?: Readonly<Record<string, string>>;
}

export function problem(code: ErrorCode, { headers, ...details }: ProblemDetails): Response {
  const { http: status, summary, retry } = ERRORS[code];
  const body = JSON.stringify({ type: `urn:quayside:${code}`, title: summary, status, code, ...details });
  return new Response(body, {
    status,
    headers: { 'content-type': 'application/problem+json', ...(status === 503 && retry === 'later' ? { 'retry-after': '5' } : {}), ...headers },
  });
}

/** Anything thrown. */
export function problemOfThrown(thrown: unknown, log: Log): Response {
  const error: GatewayError = asGatewayError(thrown);
  if (ERRORS[error.code].http !== 500) return problem(error.code, { detail: error.message, at: error.at && formatPlace(error.at), hint: error.hint });
  const instance = `urn:uuid:${randomUUID()}`;
  log.error({ err: thrown, instance }, 'a request failed');
  return problem(error.code, { detail: 'the gateway could not do it; its log says why', instance });
}
