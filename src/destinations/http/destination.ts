/**
 * Hands an event to an HTTP endpoint as a signed callback.
 *
 * Guarantees: one POST at most per attempt (a second only where the first was answered 401 for a token that had become stale), over by its
 * deadline; no redirect is followed; no address is connected to that `egress` did not pass, for the endpoint and for whoever is asked on
 * its behalf; every failure is an outcome. A kept connection that the endpoint closes at the very moment a request is written counts as
 * ambiguous: it cannot be told from one that broke after the document was taken.
 */
import type { Destination, Outcome } from '../../core/contracts.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { exchangeAuthorized, writtenCredentials } from './authorization.ts';
import { callbackOf } from './callback.ts';
import type { Resolver } from './egress.ts';
import { EXAMPLES } from './examples.ts';
import { httpOptions } from './options.ts';
import { describe, outcomeOfAnswer, outcomeOfFailure, Withheld } from './outcome.ts';
import { askWhetherReceived } from './probe.ts';
import { openRoutes, type Route, urlOf } from './routes.ts';

const KEPT_RESPONSE_BYTES = 4_096;
const CHECK_MS = 15_000;

type HttpDestination = Destination<typeof httpOptions> & Required<Pick<Destination<typeof httpOptions>, 'probe' | 'close'>>;

/** Each has connections, tokens and consents of its own. `resolve`: another `dns.lookup`. */
export function openHttpDestination(resolve?: Resolver): HttpDestination {
  const routes = openRoutes(resolve);
  return {
    kind: 'destination',
    name: 'http',
    summary: 'A signed callback: the CloudEvent as a POST with Standard Webhooks headers.',
    options: httpOptions,
    examples: EXAMPLES,

    async deliver(outgoing, options, context, signal): Promise<Outcome> {
      const limits = { deadline: outgoing.deadline, signal };
      try {
        const route = routes.to(options, context);
        await route.consent?.get(limits);
        const request = (authorization: Record<string, string>) => callbackOf(outgoing, route, authorization, context.now());
        const result = await exchangeAuthorized(route, route.url, request, limits, options.maxResponseBytes ?? KEPT_RESPONSE_BYTES);
        return 'answer' in result ? outcomeOfAnswer(result.answer, context.now()) : outcomeOfFailure(result.failure, result.sent);
      } catch (thrown) {
        // The event was not sent: an exchange settles, it never throws.
        return outcomeOfFailure(thrown, false);
      }
    },

    async probe(outgoing, options, context, signal) {
      try {
        return await askWhetherReceived(routes.to(options, context), outgoing, { deadline: outgoing.deadline, signal });
      } catch (thrown) {
        return { found: 'unknown', detail: `the probe was not sent: ${describe(thrown)}` };
      }
    },

    async check(options, context): Promise<void> {
      await checkRoute(routes.to(options, context));
    },

    close: () => routes.close(),
  };
}

export const httpDestination = openHttpDestination();

/** Every secret, every address, and a token where there is to be one; no event and no handshake. */
async function checkRoute(route: Route): Promise<void> {
  const { options, url, lines, token } = route;
  route.keys();
  writtenCredentials(route);
  await lines.tryConnecting(url);
  if (options.probe !== undefined) await lines.tryConnecting(urlOf(options.probe.url));
  try {
    await token?.get({ deadline: performance.now() + CHECK_MS, signal: new AbortController().signal });
  } catch (thrown) {
    if (!(thrown instanceof Withheld)) throw thrown;
    const { class: outcomeClass, detail } = thrown.outcome;
    const code = outcomeClass === 'auth' ? 'ERR_DELIVERY_AUTH' : outcomeClass === 'refused' ? 'ERR_DELIVERY_EGRESS' : 'ERR_DELIVERY_NOT_SENT';
    throw new GatewayError(code, detail);
  }
}
