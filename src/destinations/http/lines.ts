/** The guarded connections of one endpoint: a pool for each origin that its file names, all behind the same `allow`. */
import { Pool } from 'undici';
import { GatewayError } from '../../core/errors/errors.ts';
import { EgressRefused, egressFor, guardedConnector, type Resolver, type TlsMaterial } from './egress.ts';
import { describe } from './outcome.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export interface LineOptions {
  readonly allow: readonly string[];
  readonly resolve: Resolver | undefined;
  readonly tls: (() => TlsMaterial) | undefined;
}

export interface Lines {
  poolTo(url: URL): Pool;
  /** Connects and hangs up; throws a GatewayError that says what is wrong. */
  tryConnecting(url: URL): Promise<void>;
  /** Once what is under way has ended. */
  close(): Promise<void>;
  /** At once. */
  destroy(): Promise<void>;
}

export function openLines({ allow, resolve, tls }: LineOptions): Lines {
  const connect = guardedConnector(egressFor(allow), { timeoutMs: CONNECT_TIMEOUT_MS, resolve, tls });
  const pools = new Map<string, Pool>();
  const endAll = async (end: (pool: Pool) => Promise<void>) => {
    await Promise.all([...pools.values()].map(end));
  };
  return {
    poolTo({ origin }) {
      const known = pools.get(origin);
      if (known !== undefined) return known;
      // undici's own timeouts are off: the attempt's deadline covers all of it.
      const pool = new Pool(origin, { connect, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
      pools.set(origin, pool);
      return pool;
    },
    tryConnecting: ({ hostname, protocol, host, port }) =>
      new Promise((done, fail) => {
        connect({ hostname: hostname.replace(/^\[|\]$/g, ''), protocol, host, port }, (error, socket) => {
          socket?.destroy();
          if (error === null) return done();
          if (error instanceof GatewayError) return fail(error);
          const code = error instanceof EgressRefused ? 'ERR_DELIVERY_EGRESS' : 'ERR_DELIVERY_NOT_SENT';
          fail(new GatewayError(code, `${host}: ${describe(error)}`, { cause: error }));
        });
      }),
    close: () => endAll((pool) => pool.close()),
    destroy: () => endAll((pool) => pool.destroy()),
  };
}
