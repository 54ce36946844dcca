/**
 * What is kept for an endpoint between its deliveries: connections, token, consent, keys.
 *
 * Found by the options object itself, which lives as long as its queue file is in force; a reloaded file that says the same finds the
 * same route, so that its connections and its token outlive the reload.
 */
import type { Context } from '../../core/context.ts';
import { requestToken } from './access-token.ts';
import { EgressRefused, type Resolver } from './egress.ts';
import { askConsent } from './handshake.ts';
import { type Lines, openLines } from './lines.ts';
import type { HttpOptions } from './options.ts';
import { type Renewable, renewable } from './renewable.ts';
import { type SecretOf, secretsAtHand } from './secrets-at-hand.ts';
import { type SigningKeys, signingKeys } from './signature.ts';
import { tlsMaterial } from './tls-material.ts';

/** Reloaded queue files leave routes behind; the one that was not used for longest goes first. */
const MAX_ROUTES = 256;

export interface Route {
  readonly options: HttpOptions;
  readonly url: URL;
  readonly lines: Lines;
  readonly secretOf: SecretOf;
  readonly keys: SigningKeys;
  /** Where the file says oauth2. */
  readonly token: Renewable<string> | undefined;
  /** Where the file says handshake. */
  readonly consent: Renewable<true> | undefined;
}

export interface Routes {
  to(options: HttpOptions, context: Context): Route;
  close(): Promise<void>;
}

interface Entry {
  readonly route: Route;
  usedAt: number;
  dropped: boolean;
}

export function openRoutes(resolve: Resolver | undefined): Routes {
  const byOptions = new WeakMap<HttpOptions, Entry>();
  const byText = new Map<string, Entry>();
  const find = (options: HttpOptions, context: Context): Entry => {
    const text = JSON.stringify(options);
    const known = byText.get(text);
    if (known !== undefined) return known;
    const entry = { route: newRoute(options, context, resolve), usedAt: performance.now(), dropped: false };
    if (byText.size >= MAX_ROUTES) dropOldest(byText);
    byText.set(text, entry);
    return entry;
  };
  return {
    to(options, context) {
      let entry = byOptions.get(options);
      if (entry === undefined || entry.dropped) {
        entry = find(options, context);
        byOptions.set(options, entry);
      }
      entry.usedAt = performance.now();
      return entry.route;
    },
    async close() {
      const all = [...byText.values()];
      byText.clear();
      for (const entry of all) entry.dropped = true;
      await Promise.all(all.map(({ route }) => route.lines.destroy()));
    },
  };
}

function dropOldest(byText: Map<string, Entry>): void {
  const [text, entry] = [...byText].reduce((oldest, each) => (each[1].usedAt < oldest[1].usedAt ? each : oldest));
  byText.delete(text);
  entry.dropped = true;
  void entry.route.lines.close();
}

function newRoute(options: HttpOptions, context: Context, resolve: Resolver | undefined): Route {
  const secretOf = secretsAtHand(context.secrets);
  const { allow = [], auth, handshake, tls } = options;
  const lines = openLines({ allow, resolve, tls: tls === undefined ? undefined : tlsMaterial(tls, secretOf) });
  const now = () => context.now();
  const oauth2 = auth?.oauth2;
  if (oauth2 !== undefined) urlOf(oauth2.tokenUrl);
  return {
    options,
    url: urlOf(options.url),
    lines,
    secretOf,
    keys: signingKeys(options.signing.secrets, secretOf),
    token: oauth2 === undefined ? undefined : renewable((limits) => requestToken(lines, oauth2, secretOf, now, limits)),
    consent: handshake === undefined ? undefined : renewable((limits) => askConsent(lines, options, handshake, now, limits)),
  };
}

/** What passes the pattern of the options and is no url all the same leads nowhere: the endpoint is parked, no event is given up. */
export function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new EgressRefused('expected a url, found something that is none: see the queue file');
  return new URL(text);
}
