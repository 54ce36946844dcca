/** The composition root: the only place where the parts of the gateway meet. */
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CHANNELS } from './channels/_registry.ts';
import type { Application, OpenGateway, RoleName, RunningGateway, Site } from './cli/application.ts';
import { type Config, DEFAULT_PORT, makeSecrets } from './config.ts';
import { alertsTask } from './control/watch-alerts.ts';
import type { Context, Log } from './core/context.ts';
import { GatewayError } from './core/errors/errors.ts';
import { formatPlace } from './core/place.ts';
import { formatProblem } from './core/problem.ts';
import { silentTelemetry } from './core/telemetry.ts';
import { DESTINATIONS } from './destinations/_registry.ts';
import { runDoctor } from './doctor.ts';
import { PUBLISHED_SCHEMAS } from './events/documents.ts';
import { FORMATS } from './formats/_registry.ts';
import { startHttp } from './http/server.ts';
import type { CompiledMapping } from './mapping/compiled-mapping.ts';
import { type CatalogSource, loadCatalog } from './pipeline/catalog.ts';
import { CatalogHolder } from './pipeline/catalog-holder.ts';
import { checkConnections } from './pipeline/check-connections.ts';
import type { Extensions, Gateway, Topic } from './pipeline/gateway.ts';
import { problemsOfVersions } from './pipeline/mapping-versions.ts';
import { refuseStranded, retirementTask, strandedProblems } from './pipeline/retire-endpoint.ts';
import { tallyMappings } from './pipeline/tally-mapping.ts';
import { replayTask } from './pipeline/work-replay-jobs.ts';
import { type Carrier, openCarrier } from './queue/carrier.ts';
import { startChannelsRole } from './queue/channels-role.ts';
import { type ControlTask, startControlRole } from './queue/control-role.ts';
import { startDeliverRole } from './queue/deliver-role.ts';
import { watchEpoch } from './queue/epoch.ts';
import { type Role, startTranslateRole } from './queue/translate-role.ts';
import { createBatcher } from './store/batcher.ts';
import { type Database, inTransaction, openDatabase } from './store/database.ts';
import { claimDeliveries, settleDeliveries } from './store/deliveries.ts';
import { adoptEvents } from './store/event-feed.ts';
import { readFigures } from './store/figures.ts';
import { installationId } from './store/installation.ts';
import { expireLeases } from './store/lanes.ts';
import { listen } from './store/listen.ts';
import { insertMessages, messagesOfReceipts } from './store/messages.ts';
import { migrate } from './store/migrate.ts';
import { createNudge, NUDGE_CHANNEL } from './store/nudge.ts';
import { watchRoom } from './store/room.ts';
import { joinPostgres, roomLimits, startPostgres, startRedis } from './stores.ts';
import { createLog } from './telemetry/log.ts';
import { type RunningTelemetry, startTelemetry } from './telemetry/telemetry.ts';

export const EXTENSIONS: Extensions = { channels: CHANNELS, formats: FORMATS, destinations: DESTINATIONS };
export const STANDARD_MAPPINGS = fileURLToPath(new URL('../mappings', import.meta.url));
const ALERTS_EVERY_MS = 15_000;
const SCHEMAS = fileURLToPath(new URL('../schemas', import.meta.url));
const DEMO_HOME = fileURLToPath(new URL('../fixtures/demo', import.meta.url));

const filesOf = (home: string): CatalogSource => ({ home, extensions: EXTENSIONS, standardMappings: STANDARD_MAPPINGS });

export function createApplication(config: Config, log: Log): Application {
  const context = createContext(config, log);
  return {
    home: config.home,
    data: config.data,
    demoHome: DEMO_HOME,
    schemas: SCHEMAS,
    tenant: config.tenant,
    eventPrefix: config.eventPrefix,
    publicUrl: publicUrlOf(config),
    extensions: EXTENSIONS,
    now: context.now,
    loadCatalog: (home) => loadCatalog(filesOf(home)),
    open: () => openGateway(config, context),
    start: (roles) => startGateway(config, context, roles),
    async migrate() {
      const postgres = await joinPostgres(config, log);
      const database = openDatabase(postgres.url);
      try {
        return await migrate(database);
      } finally {
        await database.close();
        await postgres.stop();
      }
    },
    doctor: () => runDoctor(config, context, filesOf(config.home)),
    connect: (partner) => checkConnections(partner, EXTENSIONS, context),
    atSite: (site) => createApplication(configAt(site, config), createLog({ level: 'info', pretty: false, stream: { write: site.log } })),
  };
}

/** CloudEvents wants `dataschema` absolute: of a gateway that does not listen, the place where it would. */
const publicUrlOf = ({ publicUrl, port }: Config): string => publicUrl ?? `http://localhost:${port || DEFAULT_PORT}`;

const configAt = ({ home, data, secretsDirectory }: Site, config: Config): Config => ({
  ...config,
  home,
  data,
  secretsDirectory,
  databaseUrl: undefined,
  redisUrl: undefined,
  port: config.port ?? 0,
});

function createContext(config: Config, log: Log): Context {
  return {
    log,
    secrets: makeSecrets(config.secretsDirectory),
    now: () => new Date(),
    telemetry: silentTelemetry,
    failpoint(name) {
      // SIGKILL: no handler runs, as when the machine loses power.
      if (config.failpoint === name) process.kill(process.pid, 'SIGKILL');
    },
  };
}

/** For commands: stores and files, no role. */
async function openGateway(config: Config, context: Context): Promise<OpenGateway> {
  const postgres = await joinPostgres(config, context.log);
  const database = openDatabase(postgres.url, { max: 4, applicationName: 'quayside command' });
  try {
    await migrate(database);
    const nudge = createNudge(database, context.log);
    const { catalog } = loadCatalog(filesOf(config.home));
    const telemetry = await telemetryOf(config, context.log, database);
    const gateway = createGateway(config, { ...context, telemetry }, database, () => catalog, nudge.send);
    return {
      gateway,
      async close() {
        await nudge.flush();
        await telemetry.close();
        await database.close();
        await postgres.stop();
      },
    };
  } catch (error) {
    await database.close();
    await postgres.stop();
    throw error;
  }
}

const WORKER = `${hostname()}:${process.pid}`;

const telemetryOf = ({ tracing, tenant }: Config, log: Log, database: Database): Promise<RunningTelemetry> =>
  startTelemetry({ tracing, worker: WORKER, tenant, log, figures: () => readFigures(database, tenant) });

function createGateway(
  config: Config,
  context: Context,
  database: Database,
  catalog: Gateway['catalog'],
  nudge: Gateway['nudge'],
  publicUrl = publicUrlOf(config),
): Gateway {
  return {
    ...EXTENSIONS,
    tenant: config.tenant,
    eventPrefix: config.eventPrefix,
    publicUrl,
    worker: WORKER,
    database,
    context,
    catalog,
    nudge,
    room: watchRoom(database, roomLimits(config), context),
    known: createBatcher((keys) => messagesOfReceipts(database, config.tenant, keys)),
    insert: createBatcher((messages) => insertMessages(database, messages), { maxSize: 50, lanes: 4 }),
    claim: createBatcher((requests) => claimDeliveries(database, requests)),
    settle: createBatcher((settlements) => settleDeliveries(database, config.tenant, settlements)),
    versionsTaken: new Set(),
    tally: tallyMappings(database, config.tenant, context.log),
  };
}

async function startGateway(config: Config, context: Context, roles: readonly RoleName[]): Promise<RunningGateway> {
  const { log } = context;
  const files = { ...filesOf(config.home), secrets: context.secrets };
  const loaded = loadCatalog(files);
  const faults = loaded.problems.filter((problem) => problem.severity === 'error');
  for (const fault of faults) log.error({ at: fault.at && formatPlace(fault.at), code: fault.code, hint: fault.hint }, fault.message);
  if (faults.length > 0)
    throw new GatewayError('ERR_CONFIG_FILES', `${faults.length} faults in the files of ${config.home}`, { hint: 'run: quayside lint' });

  const holder = new CatalogHolder(files, loaded, log);
  // Closed in the reverse order of opening: workers before stores.
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const postgres = await startPostgres(config, log);
    closers.push(postgres.stop);
    const redis = await startRedis(config, log);
    if (redis !== undefined) closers.push(redis.stop);
    const database = openDatabase(postgres.url, { max: 20, applicationName: 'quayside' });
    closers.push(() => database.close());
    const telemetry = await telemetryOf(config, log, database);
    closers.push(telemetry.close);
    const { applied } = await migrate(database);
    // Nobody else can be on an embedded server: after a crash nothing has to wait for the leases of the dead.
    if (config.databaseUrl === undefined) await expireLeases(database, config.tenant);
    if (applied.length > 0) log.info({ applied }, 'schema brought up to date');
    await refuseStranded(database, config.tenant, [...loaded.catalog.endpoints.keys()]);
    await refuseUsedVersions(database, config.tenant, loaded.catalog.mappings.mappings, log);
    holder.checkVersions((mappings) => problemsOfVersions(database, config.tenant, mappings));
    holder.checkEndpoints((names) => strandedProblems(database, config.tenant, names));
    if (await inTransaction(database, adoptEvents)) log.warn({}, 'the database comes from another server: readers of the event feed start again');

    const serves = roles.includes('all') || roles.includes('api');
    // It listens before there is a gateway, because the gateway's events say where that is.
    let started: Gateway | undefined;
    let queue: Carrier | undefined;
    const port = serves ? (config.port ?? DEFAULT_PORT) : config.healthPort;
    const http =
      port !== undefined
        ? await startHttp({
            host: config.host,
            port,
            only: serves ? undefined : 'health',
            log,
            gateway: () => started,
            schemas: PUBLISHED_SCHEMAS,
            renderMetrics: telemetry.renderMetrics,
            queue: async () => ({ backend: queue?.backend ?? 'none', ok: (await queue?.answers()) ?? false }),
          })
        : undefined;
    if (http !== undefined) closers.push(() => http.close());
    const nudge = createNudge(database, log);
    closers.push(nudge.flush);
    const wake = new Map<Topic, () => void>();
    const gateway = createGateway(
      config,
      { ...context, telemetry },
      database,
      () => holder.current(),
      (topic) => {
        wake.get(topic)?.();
        nudge.send(topic);
      },
      config.publicUrl ?? (serves ? http?.address : undefined),
    );
    const carrier = await openCarrier({ redisUrl: redis?.url, databaseUrl: postgres.url, installation: await installationId(database), log });
    closers.push(() => carrier.close());
    queue = carrier;
    started = gateway;
    closers.push(() => gateway.tally.close());
    closers.push(async () => {
      for (const destination of DESTINATIONS.values()) await destination.close?.();
    });
    for (const [topic, role] of startRoles(gateway, carrier, roles, closers)) wake.set(topic, () => role.loop.wake());
    const listener = await listen(database, NUDGE_CHANNEL, (topic) => {
      if (topic === '') for (const run of wake.values()) run();
      else wake.get(topic as Topic)?.();
    });
    closers.push(() => listener.close());
    holder.onChange(() => {
      for (const run of wake.values()) run();
    });
    const stopWatching = holder.watch();
    closers.push(async () => stopWatching());

    return {
      gateway,
      address: http?.address,
      renderMetrics: telemetry.renderMetrics,
      stores: [
        `PostgreSQL: ${postgres.describe}`,
        redis === undefined ? 'queue: PostgreSQL, no Redis or Valkey found (fine for a demo or a small site)' : `queue: Redis, ${redis.describe}`,
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Documents that a version was used for say which rules it means: a gateway does not start with others. */
async function refuseUsedVersions(database: Database, tenant: string, mappings: readonly CompiledMapping[], log: Log): Promise<void> {
  const problems = [...(await problemsOfVersions(database, tenant, mappings)).values()];
  for (const { at, code, hint, message } of problems) log.error({ at: at && formatPlace(at), code, hint }, message);
  const [first] = problems;
  if (first !== undefined)
    throw new GatewayError('ERR_CONFIG_FILES', `${problems.length} mappings changed without a new version: ${formatProblem(first)}`, {
      hint: first.hint,
    });
}

function startRoles(gateway: Gateway, carrier: Carrier, roles: readonly RoleName[], closers: (() => Promise<void>)[]): Map<Topic, Role> {
  const wanted = (role: RoleName) => roles.includes('all') || roles.includes(role);
  const started = new Map<Topic, Role>();
  if (wanted('translate')) started.set('translate', startTranslateRole(gateway, carrier));
  if (wanted('deliver')) started.set('deliver', startDeliverRole(gateway, carrier));
  for (const role of started.values()) closers.push(() => role.close());
  if (started.size > 0) {
    const epoch = watchEpoch(gateway, carrier, [...started.values()]);
    closers.push(() => epoch.close());
  }
  if (wanted('channels')) {
    const pollers = startChannelsRole(gateway);
    closers.push(() => pollers.close());
  }
  if (wanted('control')) {
    const control = startControlRole(gateway, controlTasks(gateway));
    closers.push(() => control.close());
  }
  return started;
}

/** What is done once for the whole installation. */
function controlTasks(gateway: Gateway): ControlTask[] {
  return [
    { name: 'alerts', everyMs: ALERTS_EVERY_MS, run: alertsTask({ ...gateway, alerts: () => gateway.catalog().alerts }) },
    replayTask(gateway),
    retirementTask(gateway),
  ];
}
