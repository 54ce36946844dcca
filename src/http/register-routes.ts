/**
 * The table of routes put to work: who calls, whether he may, what he brings; only then the route's own code.
 *
 * Deny by default: a route without a scope is refused here, at start, unless it is one of the few that are open.
 */
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { actorOf, type Caller } from '../access/authenticate-key.ts';
import { isScope } from '../access/scopes.ts';
import type { Log } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { authenticate } from './authenticate.ts';
import { problem, problemOfThrown } from './problem.ts';
import { type Rate, RateLimit, rateHeaders, type Taken } from './rate-limit.ts';
import { requestReader } from './read-request.ts';
import { OPEN_PATHS, PlainAnswer, type Route } from './route.ts';

export interface Limits {
  readonly perKey: Rate;
  readonly refusalsPerAddress: Rate;
  /** Of a route of the operator. */
  readonly bodyBytes: number;
}

export const LIMITS: Limits = {
  perKey: { perSecond: 50, burst: 200 },
  refusalsPerAddress: { perSecond: 0.5, burst: 30 },
  bodyBytes: 1024 * 1024,
};

const NOBODY: Caller = { keyId: '', name: '', scopes: new Set(), partners: [] };

export interface Surroundings {
  /** Undefined until it has started. */
  gateway(): Gateway | undefined;
  readonly log: Log;
  readonly limits: Limits;
}

interface Known {
  Variables: { route?: Route; caller?: Caller; taken?: Taken };
}

export function registerRoutes(routes: readonly Route[], { gateway, log, limits }: Surroundings): Hono<Known> {
  const app = new Hono<Known>();
  const perKey = new RateLimit(limits.perKey);
  const refusals = new RateLimit(limits.refusalsPerAddress);
  const started = (): Gateway => {
    const now = gateway();
    if (now === undefined) throw new GatewayError('ERR_STORE_UNAVAILABLE', 'the gateway is starting');
    return now;
  };

  app.use(async (c, next) => {
    const began = performance.now();
    await next();
    const { headers } = c.res;
    // What is answered is about partners' documents: nobody on the way keeps it.
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    headers.set('x-content-type-options', 'nosniff');
    const taken = c.get('taken');
    if (taken !== undefined) for (const [name, value] of Object.entries(rateHeaders(taken))) headers.set(name, value);
    const seconds = (performance.now() - began) / 1000;
    gateway()?.context.telemetry.meter.observeRequest(c.req.method, c.get('route')?.path ?? 'none', c.res.status, seconds);
  });
  app.onError((thrown) => problemOfThrown(thrown, log));
  app.notFound(() => problem('ERR_API_ROUTE', { detail: 'there is no such route', hint: 'see /openapi.json' }));

  for (const route of routes) {
    refuseWithoutScope(route);
    const path = honoPath(route.path);
    const read = requestReader(route);
    app.on(route.method, path, async (c, next) => {
      c.set('route', route);
      if (route.scope === undefined) return next();
      const caller = await authenticate(started(), c.req.header('authorization'), addressOf(c), refusals);
      if (caller instanceof Response) return caller;
      const taken = perKey.take(caller.keyId);
      c.set('taken', taken);
      c.set('caller', caller);
      return refusalOf(route, caller, taken) ?? next();
    });
    if (route.body !== undefined) app.on(route.method, path, limitBody(limits.bodyBytes));
    app.on(route.method, path, async (c) => {
      const asked = await read({
        params: c.req.param() as Record<string, string>,
        query: c.req.queries(),
        contentType: c.req.header('content-type'),
        text: () => c.req.text(),
      });
      if (asked instanceof Response) return asked;
      const caller = c.get('caller') ?? NOBODY;
      const answer = await route.handle({
        ...asked,
        caller,
        // Asked for only by routes that need it: /livez answers while the gateway starts.
        get gateway() {
          return started();
        },
        by: (reason) => ({ actor: actorOf(caller), reason }),
      });
      return answer instanceof PlainAnswer ? plainResponse(answer) : jsonResponse(route.answers[0]?.status ?? 200, answer);
    });
  }
  for (const [path, methods] of methodsByPath(routes)) {
    const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(path, (c) => problem('ERR_API_METHOD', { detail: `expected ${allow}, found ${c.req.method}`, headers: { allow } }));
  }
  return app;
}

function refuseWithoutScope({ method, path, scope }: Route): void {
  const open = OPEN_PATHS.some((known) => known === path);
  if (scope === undefined ? open : isScope(scope) && !open) return;
  throw new TypeError(`${method} ${path}: a route has a scope, or it is one of ${OPEN_PATHS.join(', ')}`);
}

/** Why this caller is not served here, if he is not. */
function refusalOf({ scope, reach }: Route, caller: Caller, taken: Taken): Response | undefined {
  if (!taken.allowed) return problem('ERR_API_RATE', { detail: `expected at most ${taken.limit} requests at once with one key` });
  if (scope === undefined || !caller.scopes.has(scope))
    return problem('ERR_API_SCOPE', {
      detail: `expected a key with the scope ${scope}, found one without`,
      headers: { 'www-authenticate': `Bearer realm="quayside", error="insufficient_scope", scope="${scope}"` },
    });
  // No such key can be made; one that got into the table some other way is not served.
  if (reach === 'site' && caller.partners !== undefined)
    return problem('ERR_API_SCOPE', { detail: 'expected a key for every partner, found one for some' });
  return undefined;
}

const limitBody = (bytes: number) =>
  bodyLimit({ maxSize: bytes, onError: () => problem('ERR_API_BODY_SIZE', { detail: `body: expected at most ${bytes} bytes, found more` }) });

function addressOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? 'unknown';
  } catch {
    // Called without a socket, as tests do.
    return 'unknown';
  }
}

const honoPath = (path: string): string => path.replace(/\{([a-zA-Z]+)\}/g, ':$1');

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) methods.set(honoPath(path), [...(methods.get(honoPath(path)) ?? []), method]);
  return methods;
}

const jsonResponse = (status: number, value: unknown): Response =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });

const plainResponse = ({ status, headers, body }: PlainAnswer): Response =>
  new Response(typeof body === 'string' ? body : (ReadableStream.from(body) as ReadableStream), { status, headers: { ...headers } });
