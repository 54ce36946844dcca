/**
 * One entry of the route table: from it come the route itself, who may call it, the checks of what it is given, and its page in
 * /openapi.json. There is no other way to add one, so none can be without its scope or its documentation.
 */
import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import type { Caller } from '../access/authenticate-key.ts';
import type { Scope } from '../access/scopes.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import type { Operator } from '../store/audit.ts';

/** The routes that need no key. A route that is not among these and has no scope cannot be registered. */
export const OPEN_PATHS = ['/livez', '/readyz', '/schemas/{type}/{version}', '/openapi.json'] as const;

/**
 * What a key that is limited to some partners gets. `item`: one thing that belongs to a partner, 404 if to another one; `list`: only what
 * is theirs; `site`: nothing, because it is about the gateway as a whole.
 */
export type Reach = 'item' | 'list' | 'site';

export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly gateway: Gateway;
  readonly caller: Caller;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Who the audit names, and why. */
  by(reason: string): Operator;
}

/** An answer that is not a JSON value with the documented status: bytes, or a status of its own. */
export class PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | string;

  constructor(status: number, headers: Readonly<Record<string, string>>, body: AsyncIterable<Uint8Array> | string) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export interface Answer {
  readonly status: number;
  readonly what: string;
  readonly media: string;
  readonly schema: TSchema;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/v1/messages/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string | undefined;
  /** Undefined only for OPEN_PATHS. */
  readonly scope: Scope | undefined;
  readonly reach: Reach;
  readonly params: TObject;
  readonly query: TObject;
  readonly body: TObject | undefined;
  readonly answers: readonly Answer[];
  /** A value for the first of the answers, or a PlainAnswer. */
  handle(call: Call): Promise<unknown>;
}

interface Spoken<P extends TProperties, Q extends TProperties> {
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
}

type In<T extends TProperties> = Static<TObject<T>>;

/** What goes out may be what nobody may change. */
type Out<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Out<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Out<T[Key]> }
      : T;

interface Guarded {
  readonly scope: Scope;
  readonly reach: Reach;
}

const closed = <T extends TProperties>(properties: T, what: string): TObject<T> =>
  Type.Object(properties, { additionalProperties: false, description: what });

function complete<P extends TProperties, Q extends TProperties>(spoken: Spoken<P, Q>): Pick<Route, 'params' | 'query' | 'description'> {
  return {
    params: closed(spoken.params ?? {}, 'no parameter in the path'),
    query: closed(spoken.query ?? {}, 'no parameter'),
    description: spoken.description,
  };
}

const json = (status: number, schema: TSchema, what: string): Answer => ({ status, what, media: 'application/json', schema });

/** Reads, and answers with JSON. */
export function reading<P extends TProperties, Q extends TProperties, A extends TSchema>(
  route: Spoken<P, Q> & Guarded & { readonly answer: A; handle(call: Call<In<P>, In<Q>>): Promise<Out<Static<A>>> },
): Route {
  const handle = route.handle as Route['handle'];
  return { ...route, ...complete(route), method: 'GET', body: undefined, answers: [json(200, route.answer, route.summary)], handle };
}

/** Changes something, for a reason that is kept in the audit. `status`: 200, or 202 for what is only begun. */
export function changing<P extends TProperties, B extends TProperties, A extends TSchema>(
  route: Spoken<P, TProperties> &
    Guarded & {
      readonly body: B;
      readonly status?: 200 | 202;
      readonly answer: A;
      handle(call: Call<In<P>, unknown, In<B>>): Promise<Out<Static<A>>>;
    },
): Route {
  const handle = route.handle as Route['handle'];
  const body = closed(route.body as TProperties, 'an object');
  return { ...route, ...complete(route), method: 'POST', body, answers: [json(route.status ?? 200, route.answer, route.summary)], handle };
}

/** Reads, and answers with something else than one JSON value, or with several statuses. Without `scope`: one of OPEN_PATHS. */
export function plain<P extends TProperties, Q extends TProperties>(
  route: Spoken<P, Q> & Partial<Guarded> & { readonly answers: readonly Answer[]; handle(call: Call<In<P>, In<Q>>): Promise<PlainAnswer> },
): Route {
  const handle = route.handle as Route['handle'];
  return { ...route, ...complete(route), scope: route.scope, reach: route.reach ?? 'site', method: 'GET', body: undefined, handle };
}
