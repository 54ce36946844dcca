/** No room: intake stops cleanly at every door, what was received goes on to the endpoint, and intake resumes by itself. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApplication } from '../../src/app.ts';
import type { RoleName, RunningGateway } from '../../src/cli/application.ts';
import { readConfig } from '../../src/config.ts';
import { silentTelemetry } from '../../src/core/telemetry.ts';
import { openDatabase } from '../../src/store/database.ts';
import { freeBytes, watchRoom } from '../../src/store/room.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { make855 } from '../support/documents.ts';
import { type Drop, type DropServer, startDropServerForTests } from '../support/drop.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { handIn, until } from '../support/gateway.ts';
import type { Home } from '../support/home.ts';
import { testRedisUrl } from '../support/redis.ts';

const BIN = fileURLToPath(new URL('../../bin/quayside.mjs', import.meta.url));
const FULL = /intake has stopped for want of room/g;
const OVER = /there is room again/g;

/** The database, the drop and the ERP of one site; the gateway is started again with other limits. */
interface Place {
  readonly drop: Drop;
  readonly home: Home;
  readonly stored: TestDatabase;
  readonly erp: Erp;
  log: string;
  environment: Record<string, string>;
  start(limits: Record<string, string>, roles?: readonly RoleName[]): Promise<RunningGateway>;
  command(...words: string[]): Promise<{ status: number; out: string; err: string }>;
  close(): Promise<void>;
}

let server: DropServer;
beforeAll(async () => {
  server = await startDropServerForTests();
}, 60_000);
afterAll(() => server.stop());

let opened = 0;
async function openPlace(): Promise<Place> {
  const erp = await startErp();
  const drop = server.drop(`full${++opened}`);
  const home = drop.home(erp.url);
  const stored = await createTestDatabase();
  const redisUrl = await testRedisUrl();
  let running: RunningGateway | undefined;
  const place: Place = {
    drop,
    home,
    stored,
    erp,
    log: '',
    environment: {},
    async start(limits, roles = ['all']) {
      await running?.close();
      Object.assign(process.env, home.secrets);
      place.environment = {
        ...home.secrets,
        QUAYSIDE_HOME: home.directory,
        DATABASE_URL: stored.url,
        REDIS_URL: redisUrl,
        PORT: '0',
        PATH: process.env.PATH ?? '',
        ...limits,
      };
      const { config, problems } = readConfig(place.environment);
      expect(problems).toEqual([]);
      const write = (line: string) => {
        place.log += line;
      };
      running = await createApplication(config, createLog({ level: 'debug', pretty: false, stream: { write } })).start(roles);
      return running;
    },
    command: (...words) =>
      new Promise((resolve) => {
        execFile(process.execPath, [BIN, ...words], { env: place.environment }, (error, out, err) =>
          resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
        );
      }),
    async close() {
      await running?.close();
      await stored.drop();
      await erp.close();
      home.remove();
    },
  };
  return place;
}

const times = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;
const document = (control: number) => make855({ partner: 'acme', control }, `PO-${control}`);

describe('with a database larger than its limit', () => {
  let place: Place;
  afterEach(() => place.close());

  it('leaves files in the drop, acknowledges nothing, delivers what waits, and takes the files when the limit is lifted', async () => {
    place = await openPlace();
    await handIn(await place.start({}, []), 'acme', document(1));
    place.drop.upload('2.edi', document(2));
    const full = await place.start({ QUAYSIDE_DATABASE_LIMIT: '1MB' });
    await until('what was received is translated and delivered', () => place.erp.accepted().length === 1);
    await until('the log says it', () => times(place.log, FULL) > 0);
    await expect(handIn(full, 'acme', document(3))).rejects.toThrow(/expected a database of at most 1MB, found [\d.]+MB/);
    const file = join(place.home.directory, '4.edi');
    writeFileSync(file, document(4));
    expect(await place.command('receive', file, '--partner', 'acme')).toMatchObject({ status: 75, err: expect.stringContaining('ERR_STORE_FULL') });
    const ready = await fetch(`${full.address}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', intakeStopped: expect.stringMatching(/at most 1MB/) }]);
    expect((await full.renderMetrics()).body).toContain('quayside_store_full 1');
    expect((await place.command('doctor')).out).toMatch(/FAULT {2}room: ERR_STORE_FULL expected a database of at most 1MB/);

    expect(place.drop.waiting()).toEqual(['2.edi']);
    expect(place.drop.archived()).toEqual([]);
    const { rows } = await place.stored.database.query<{ n: number }>('select count(*) as n from message');
    expect(rows).toEqual([{ n: 1 }]);
    expect(times(place.log, FULL)).toBe(1);
    expect(place.log).not.toContain('channel fault');
    // Nobody asks the supplier's server what nobody could take.
    expect(place.log).not.toContain('left for the next poll');

    await place.start({ QUAYSIDE_DATABASE_LIMIT: '100GB' });
    await until('the file is taken', () => place.erp.accepted().length === 2);
    expect(place.drop.waiting()).toEqual([]);
    expect(place.erp.accepted().map(({ subject }) => subject)).toEqual(['PO-1', 'PO-2']);
  }, 240_000);

  it('acknowledges a hand-over that is stored already', async () => {
    place = await openPlace();
    const id = await handIn(await place.start({}), 'acme', document(1), 'drop/1.edi');
    const full = await place.start({ QUAYSIDE_DATABASE_LIMIT: '1MB' });
    expect(await handIn(full, 'acme', document(1), 'drop/1.edi')).toBe(id);
  }, 120_000);
});

describe('when PostgreSQL itself has no room', () => {
  let place: Place;
  afterEach(() => place.close());

  it('refuses just as cleanly, tries again now and then, and goes on when a write goes through', async () => {
    place = await openPlace();
    await place.start({});
    const { database } = place.stored;
    // What the server says when a file cannot grow; everything but new raw bytes still fits.
    await database.query(`create function no_room() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
    await database.query('create trigger no_room before insert on raw_blob for each row execute function no_room()');
    place.drop.upload('1.edi', document(1));
    await until('the log says it', () => times(place.log, FULL) === 1);
    expect(place.drop.waiting()).toEqual(['1.edi']);
    await database.query('drop trigger no_room on raw_blob');
    await until('the file is taken', () => place.erp.accepted().length === 1, 40_000);
    expect([times(place.log, FULL), times(place.log, OVER)]).toEqual([1, 1]);
    expect(place.log).not.toContain('channel fault');
  }, 90_000);
});

describe('the disk of embedded stores', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quayside-room-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('keeps its reserve: with less free, nothing may be taken in', async () => {
    const database = openDatabase('postgres://nobody@127.0.0.1:1/none');
    const around = { log: createLog({ level: 'silent', pretty: false }), telemetry: silentTelemetry };
    const free = await freeBytes(directory);
    const roomy = watchRoom(database, { disk: { directory, reserve: free / 100 } }, around);
    expect(await roomy.shortage()).toBeUndefined();
    const tight = watchRoom(database, { disk: { directory, reserve: free * 2 } }, around);
    await expect(tight.require()).rejects.toMatchObject({ code: 'ERR_STORE_FULL', message: expect.stringContaining(directory) });
    await database.close();
  });
});
