/**
 * Hands an event to an HTTP endpoint as a signed callback.
 *
 * Guarantees: one POST at most per attempt, over by its deadline; no redirect is followed; no address is connected to
 * that `egress` did not pass; every failure is an outcome. A kept connection that the endpoint closes at the very moment
 * a request is written counts as ambiguous: it cannot be told from one that broke after the document was taken.
 */
import { type buildConnector, Pool } from 'undici';
import type { Context } from '../../core/context.ts';
import type { Destination, Outcome, Outgoing } from '../../core/contracts.ts';
import { asGatewayError, GatewayError } from '../../core/errors/errors.ts';
import { SIGNING_SECRET_LENGTH } from '../../core/secret-reference.ts';
import { EgressRefused, egressFor, guardedConnector } from './egress.ts';
import { exchange } from './exchange.ts';
import { type HttpOptions, httpOptions } from './options.ts';
import { outcomeOfAnswer, outcomeOfFailure } from './outcome.ts';
import { signatureHeaders, signingKey } from './signature.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const KEPT_RESPONSE_BYTES = 4_096;
/** Reloaded queue files leave pools behind; the one that was not used for longest goes first. */
const MAX_POOLS = 256;

interface Route {
  readonly url: URL;
  readonly connect: buildConnector.connector;
  readonly pool: Pool;
}

/** Each has connection pools of its own, one for each endpoint. */
export function openHttpDestination(): Destination<typeof httpOptions> {
  const routes = new Map<string, Route>();
  const routeTo = (options: HttpOptions): Route => {
    const key = JSON.stringify(options);
    const route = routes.get(key) ?? newRoute(options);
    routes.delete(key);
    routes.set(key, route);
    const oldest = routes.size > MAX_POOLS ? routes.entries().next().value : undefined;
    if (oldest !== undefined) {
      routes.delete(oldest[0]);
      void oldest[1].pool.close();
    }
    return route;
  };

  return {
    kind: 'destination',
    name: 'http',
    summary: 'A signed callback: the CloudEvent as a POST with Standard Webhooks headers.',
    options: httpOptions,
    examples: [
      {
        title: 'An ERP on the internet',
        options: { url: 'https://erp.example.com/edi/events', signing: { secrets: ['env:QUAYSIDE_SECRET_ERP_SIGNING'] } },
      },
      {
        title: 'An ERP in the private network, while its signing secret is rotated',
        options: {
          url: 'http://erp.internal:8069/edi/events',
          signing: { secrets: ['file:erp-signing-2027', 'file:erp-signing-2026'] },
          auth: { bearer: 'file:erp-token' },
          headers: { 'x-company': 'north' },
          allow: ['10.20.0.0/16'],
          maxResponseBytes: 8192,
        },
      },
    ],

    async deliver(outgoing, options, context, signal): Promise<Outcome> {
      try {
        const headers = headersFor(outgoing, options, context);
        const { pool, url } = routeTo(options);
        const limits = { deadline: outgoing.deadline, keepBytes: options.maxResponseBytes ?? KEPT_RESPONSE_BYTES };
        const result = await exchange(pool, { path: `${url.pathname}${url.search}`, headers, body: outgoing.body }, limits, signal);
        return 'answer' in result ? outcomeOfAnswer(result.answer, context.now()) : outcomeOfFailure(result.failure, result.sent);
      } catch (thrown) {
        // Nothing was sent: `exchange` settles, it never throws. Credentials of ours that are missing park the endpoint as refused ones do.
        if (asGatewayError(thrown).code === 'ERR_CONFIG_SECRET') return { class: 'auth', detail: asGatewayError(thrown).message };
        return outcomeOfFailure(thrown, false);
      }
    },

    async check(options, context): Promise<void> {
      credentials(options, context);
      const { connect, url } = routeTo(options);
      await new Promise<void>((resolve, reject) => {
        const { hostname, protocol, host, port } = url;
        connect({ hostname: hostname.replace(/^\[|\]$/g, ''), protocol, host, port }, (error, socket) => {
          socket?.destroy();
          if (error === null) resolve();
          else
            reject(
              new GatewayError(error instanceof EgressRefused ? 'ERR_DELIVERY_EGRESS' : 'ERR_DELIVERY_NOT_SENT', error.message, { cause: error }),
            );
        });
      });
    },

    async close(): Promise<void> {
      const open = [...routes.values()];
      routes.clear();
      await Promise.all(open.map(({ pool }) => pool.destroy()));
    },
  };
}

export const httpDestination = openHttpDestination();

function newRoute(options: HttpOptions): Route {
  const url = new URL(options.url);
  const connect = guardedConnector(egressFor(options.allow ?? []), CONNECT_TIMEOUT_MS);
  // undici's own timeouts are off: the attempt's deadline covers all of it.
  return { url, connect, pool: new Pool(url.origin, { connect, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }) };
}

function headersFor(outgoing: Outgoing, options: HttpOptions, context: Context): Record<string, string> {
  const { keys, authorization } = credentials(options, context);
  const timestampSeconds = Math.floor(context.now().getTime() / 1000);
  return {
    ...options.headers,
    'content-type': outgoing.contentType,
    'user-agent': 'quayside',
    // Answers are kept for people to read, so they come as they are.
    'accept-encoding': 'identity',
    ...signatureHeaders(outgoing.idempotencyKey, timestampSeconds, outgoing.body, keys),
    'idempotency-key': outgoing.idempotencyKey,
    'quayside-attempt': String(outgoing.attempt),
    ...(outgoing.replay ? { 'quayside-replay': 'true' } : {}),
    ...(outgoing.traceparent === undefined ? {} : { traceparent: outgoing.traceparent }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

/** Throws ERR_CONFIG_SECRET. */
function credentials(options: HttpOptions, { secrets }: Context): { keys: Uint8Array[]; authorization: string | undefined } {
  const keys = options.signing.secrets.map((reference) => signingKey(secrets.resolve(reference, SIGNING_SECRET_LENGTH), reference));
  const { bearer, basic } = options.auth ?? {};
  if (basic !== undefined) {
    const pair = `${basic.username}:${secrets.resolve(basic.password)}`;
    return { keys, authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
  }
  if (bearer === undefined) return { keys, authorization: undefined };
  const token = secrets.resolve(bearer);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new GatewayError('ERR_CONFIG_SECRET', `${bearer}: a bearer token has no blanks, line ends or characters beyond ASCII`);
  return { keys, authorization: `Bearer ${token}` };
}
