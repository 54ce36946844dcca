/** What a run is about: stores that can fail, gateways that can die, suppliers' drops, endpoints that misbehave. All of it in one temporary folder. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApplication } from '../../src/app.ts';
import { startSftpPeer } from '../../src/channels/sftp/harness.ts';
import type { SftpPeer } from '../../src/channels/sftp/peer.ts';
import type { OpenGateway } from '../../src/cli/application.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/core/context.ts';
import { dropChannel, withDropKey } from '../support/drop.ts';
import { ERP_SECRET, endpointText, type Home, makeHome } from '../support/home.ts';
import { makeDropFolder, type Supplier } from './feed.ts';
import { GatewayCrew } from './gateways.ts';
import { type Receiver, startReceiver } from './receiver-process.ts';
import { type PostgresStore, type RedisStore, startPostgresStore, startRedisStore } from './stores.ts';

/** One endpoint: what it subscribed to, and the lines of its queue file beyond the common ones. */
export interface EndpointPlan {
  readonly name: string;
  /** Undefined: all. */
  readonly events?: readonly string[];
  readonly partners?: readonly string[];
  readonly lines?: Readonly<Record<string, string>>;
}

export interface PartnerPlan {
  readonly name: string;
  readonly door: 'drop' | 'hand';
  /** How many of the documents are its, in relation to the others; 1 if not said. */
  readonly share?: number;
}

export interface SitePlan {
  readonly endpoints: readonly EndpointPlan[];
  readonly partners: readonly PartnerPlan[];
  readonly gateways: number;
  /** Where receipts go; in the temporary folder if not said. */
  readonly record?: string | undefined;
  /** Where the gateways' logs go; with the temporary folder if not said. */
  readonly logs?: string | undefined;
}

export interface ChaosSite {
  readonly folder: string;
  readonly record: string;
  readonly home: Home;
  readonly postgres: PostgresStore;
  readonly redis: RedisStore;
  readonly receiver: Receiver;
  readonly crew: GatewayCrew;
  /** A gateway without roles in this process: hands documents in, asks PostgreSQL, acts for ops. */
  readonly office: OpenGateway;
  readonly suppliers: readonly Supplier[];
  close(): Promise<void>;
}

/** Retries come fast and there are many of them: what fails for half a minute is not given up. */
const SCHEDULE = [0, 50, 100, 200, 200, ...Array<number>(10).fill(500), ...Array<number>(30).fill(1_000)].map((ms) => `${ms}ms`).join(', ');

/** Lines of every queue file that a plan does not say otherwise. */
const ENDPOINT_LINES = {
  idempotency: 'header',
  maxInFlight: '16',
  timeout: '1s',
  retry: `{ schedule: [${SCHEDULE}], jitter: 0.3 }`,
  rejectionsBeforeParking: '1000',
} as const;

/** Never opens: an endpoint that is down is tried as often as it can be. */
export const NO_BREAKER = '{ failures: 1000, ratio: 1, minimum: 10000 }';

export async function openSite(plan: SitePlan): Promise<ChaosSite> {
  // Where unix sockets have short paths.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'qs-chaos-')));
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const record = plan.record ?? join(folder, 'record.ndjson');
    const postgres = await startPostgresStore(join(folder, 'postgres'));
    closers.push(() => postgres.stop('fast'));
    const redis = await startRedisStore(join(folder, 'redis'));
    closers.push(() => redis.stop());
    const receiver = await startReceiver(
      record,
      plan.endpoints.map((endpoint) => endpoint.name),
    );
    closers.push(() => receiver.stop());
    const drops = join(folder, 'drops');
    mkdirSync(drops);
    const peer = plan.partners.some((partner) => partner.door === 'drop') ? await startSftpPeer({ directory: drops }) : undefined;
    if (peer !== undefined) closers.push(() => peer.stop());
    const suppliers = plan.partners.map(({ name, door, share = 1 }) => ({
      name,
      share,
      drop: door === 'drop' ? makeDropFolder(drops, name) : undefined,
    }));
    const home = makeSiteHome(plan, receiver.urls, peer);
    closers.push(() => home.remove());
    const office = await openOffice(home, postgres.url);
    closers.push(() => office.close());
    const environment = { homeDirectory: home.directory, databaseUrl: postgres.url, redisUrl: redis.url, secrets: home.secrets };
    const crew = new GatewayCrew({ ...environment, logs: plan.logs ?? folder, logLevel: plan.logs === undefined ? 'warn' : 'info' }, plan.gateways);
    closers.push(() => crew.stop());
    return { folder, record, home, postgres, redis, receiver, crew, office, suppliers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeSiteHome(plan: SitePlan, urls: Readonly<Record<string, string>>, peer: SftpPeer | undefined): Home {
  const doors = new Map(plan.partners.map((partner) => [partner.name, partner.door]));
  const channels = (partner: string) => (peer !== undefined && doors.get(partner) === 'drop' ? dropChannel(peer, partner, '500ms') : '');
  const home = makeHome({ partners: [...doors.keys()], endpoints: {}, channels });
  for (const endpoint of plan.endpoints) home.write(`queues/${endpoint.name}.yaml`, queueFile(endpoint, urls[endpoint.name] ?? ''));
  return peer === undefined ? home : withDropKey(home, peer);
}

function queueFile({ name, events, partners, lines }: EndpointPlan, url: string): string {
  return endpointText(name, url, {
    events: JSON.stringify(events ?? ['*']),
    ...(partners && { partners: JSON.stringify(partners) }),
    ...ENDPOINT_LINES,
    ...lines,
  });
}

async function openOffice(home: Home, databaseUrl: string): Promise<OpenGateway> {
  const { config } = readConfig({ ...home.secrets, QUAYSIDE_SECRET_ERP: ERP_SECRET, QUAYSIDE_HOME: home.directory, DATABASE_URL: databaseUrl });
  return createApplication(config, silentLog).open();
}
