/** A gateway in the test's own process, on a database and a queue of its own. */
import { createApplication } from '../../src/app.ts';
import type { RoleName, RunningGateway } from '../../src/cli/application.ts';
import { readConfig } from '../../src/config.ts';
import { type Log, silentLog } from '../../src/core/context.ts';
import { receive } from '../../src/pipeline/receive.ts';
import type { Home } from './home.ts';

export interface TestGatewayOptions {
  readonly home: Home;
  readonly databaseUrl: string;
  /** Undefined: BullMQ's PostgreSQL backend. */
  readonly redisUrl: string | undefined;
  readonly roles?: readonly RoleName[];
  readonly log?: Log;
}

export async function startTestGateway({
  home,
  databaseUrl,
  redisUrl,
  roles = ['translate', 'deliver'],
  log = silentLog,
}: TestGatewayOptions): Promise<RunningGateway> {
  // Secrets are read from the process's environment, as in production.
  Object.assign(process.env, home.secrets);
  const { config } = readConfig({
    ...home.secrets,
    QUAYSIDE_HOME: home.directory,
    DATABASE_URL: databaseUrl,
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    // With the role api: any free port.
    PORT: '0',
  });
  return createApplication(config, log).start(roles);
}

let handed = 0;

/** Hands a document in as a channel would; returns the message's id. */
export async function handIn({ gateway }: Pick<RunningGateway, 'gateway'>, partner: string, text: string, key = `test/${++handed}`): Promise<string> {
  const { messageId } = await receive(
    gateway,
    { partner, channel: 'drop', channelType: 'sftp' },
    {
      key,
      filename: `${key.replace(/\W/g, '-')}.edi`,
      async *read() {
        yield Buffer.from(text);
      },
      accept: async () => {},
    },
  );
  return messageId;
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

/** Looks every 20 ms; fails with `what` and the last thing seen when the time is over. */
export async function until<T>(what: string, look: () => T | Promise<T>, within = 15_000): Promise<Truthy<T>> {
  const deadline = Date.now() + within;
  let last: T;
  do {
    last = await look();
    if (last) return last as Truthy<T>;
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (Date.now() < deadline);
  throw new Error(`not within ${within} ms: ${what} (last seen: ${JSON.stringify(last)})`);
}
