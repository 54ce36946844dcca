/** The gateway's HTTP surface: the table of all routes, and the server that answers with it. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Log } from '../core/context.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { type OpenApiDocument, openApiOf } from './openapi.ts';
import { LIMITS, type Limits, registerRoutes } from './register-routes.ts';
import type { Route } from './route.ts';
import { acknowledgmentRoutes } from './routes/acknowledgments.ts';
import { auditRoutes } from './routes/audit.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { eventRoutes } from './routes/events.ts';
import { type HealthSources, healthRoutes } from './routes/health.ts';
import { messageRoutes } from './routes/messages.ts';
import { openRoutes } from './routes/open.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { replayRoutes } from './routes/replays.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: Log;
  /** Undefined until it has started: it is told where it listens. */
  gateway(): Gateway | undefined;
  /** Published JSON Schemas by their path: `/schemas/invoice/1.0.0`. */
  readonly schemas: ReadonlyMap<string, object>;
  readonly renderMetrics?: HealthSources['renderMetrics'];
  /** Whether the store of the queue answers. */
  readonly queue?: HealthSources['queue'];
  readonly limits?: Limits;
  /** For a process without the api role: how it is, and nothing else. */
  readonly only?: 'health' | undefined;
}

export interface HttpServer {
  readonly address: string;
  close(): Promise<void>;
}

type Sources = Omit<HttpOptions, 'host' | 'port'>;

const OPERATIONS: readonly Route[] = [
  ...messageRoutes,
  ...eventRoutes,
  ...deliveryRoutes,
  ...deadLetterRoutes,
  ...quarantineRoutes,
  ...acknowledgmentRoutes,
  ...replayRoutes,
  ...endpointRoutes,
  ...auditRoutes,
];

function routeTable({ schemas, queue, renderMetrics, only }: Sources): readonly Route[] {
  let document: OpenApiDocument | undefined;
  const routes: Route[] = [
    ...openRoutes({
      schemas,
      document() {
        document ??= openApiOf(routes);
        return document;
      },
    }),
    ...(only === 'health' ? [] : OPERATIONS),
    ...healthRoutes({ queue, renderMetrics }),
  ];
  return routes;
}

export const createRoutes = (sources: Sources) =>
  registerRoutes(routeTable(sources), { gateway: () => sources.gateway(), log: sources.log, limits: sources.limits ?? LIMITS });

/** What is being sent when the gateway stops, a large raw message above all, gets so long. */
const STOP_WITHIN_MS = 5_000;

export function startHttp(options: HttpOptions): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: createRoutes(options).fetch, hostname: options.host, port: options.port }, (info: AddressInfo) => {
      resolve({
        address: `http://${info.family === 'IPv6' ? `[${info.address}]` : info.address}:${info.port}`,
        close: () =>
          new Promise((closed) => {
            const late = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), STOP_WITHIN_MS);
            server.close(() => {
              clearTimeout(late);
              closed();
            });
          }),
      });
    });
    server.on('error', reject);
  });
}
