/** The command line as people and scripts use it: a process of its own, its output, its exit status. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateDocument } from '../../src/events/documents.ts';
import { make855 } from '../support/documents.ts';
import { handIn } from '../support/gateway.ts';
import { type Spine, startSpine } from '../support/spine.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = join(ROOT, 'fixtures/demo/documents');

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function quayside(words: readonly string[], env: Record<string, string> = {}, input?: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, 'bin/quayside.mjs'), ...words],
      { env: { PATH: process.env.PATH ?? '', ...env }, cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

const lines = (text: string) => text.trim().split('\n').filter(Boolean);
const parsed = (text: string) => lines(text).map((line) => JSON.parse(line));

describe('translate', () => {
  it('prints one valid CloudEvent a line, without any database', async () => {
    const { status, out } = await quayside(['translate', join(DOCUMENTS, 'acme/855.edi'), '--partner', 'acme']);
    expect(status).toBe(0);
    const [event, ...more] = parsed(out);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ specversion: '1.0', type: 'dev.quayside.procurement.order_acknowledgment.received.v1', subject: '47110001' });
    expect(new URL(event.dataschema).pathname).toBe('/schemas/order_acknowledgment/1.0.0');
    expect(validateDocument('order_acknowledgment', event.data)).toEqual([]);
  });

  it('names segment, element and byte offset of every value with --lineage, and they are right', async () => {
    const file = join(DOCUMENTS, 'acme/855.edi');
    const { out } = await quayside(['translate', file, '--partner', 'acme', '--lineage']);
    const [{ lineage }] = parsed(out);
    const bytes = readFileSync(file);
    const sourced = lineage.filter((entry: { source?: object }) => entry.source !== undefined);
    expect(sourced.length).toBeGreaterThan(50);
    for (const { source } of sourced) {
      expect(bytes.subarray(source.offset, source.offset + source.text.length).toString()).toBe(source.text);
      expect(source).toMatchObject({ segment: expect.any(Number), segmentId: expect.any(String), element: expect.any(Number) });
    }
    expect(lineage.every((entry: { rule: string }) => /\.yaml:\d+:\d+$|^envelope /.test(entry.rule))).toBe(true);
  });

  it('lets the good sets of a file out, and ends with 1 and each fault with its place', async () => {
    const { status, out, err } = await quayside(['translate', join(DOCUMENTS, 'broken/855-one-broken-set.edi'), '--partner', 'acme']);
    expect(status).toBe(1);
    expect(parsed(out)).toHaveLength(2);
    const faults = lines(err).filter((line) => line.includes('ERR_X12_'));
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults)
      expect(fault).toMatch(/855-one-broken-set\.edi segment \d+ \(\w+\) (element \w+ )?offset \d+: (error|warning) ERR_X12_\w+ /);
  });

  it('reads standard input, and refuses a partner that does not exist with a suggestion', async () => {
    const text = readFileSync(join(DOCUMENTS, 'borealis/810.edi'), 'utf8');
    const piped = await quayside(['translate', '-', '--partner', 'borealis'], {}, text);
    expect([piped.status, parsed(piped.out).length]).toEqual([0, 1]);
    const unknown = await quayside(['translate', join(DOCUMENTS, 'borealis/810.edi'), '--partner', 'borealsi']);
    expect(unknown).toMatchObject({ status: 1, err: expect.stringContaining('did you mean "borealis"?') });
  });
});

describe('lint', () => {
  const home = mkdtempSync(join(tmpdir(), 'quayside-lint-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('names file, line and column of what is wrong, and what was probably meant', async () => {
    cpSync(join(ROOT, 'fixtures/demo'), home, { recursive: true });
    expect(await quayside(['lint'], { QUAYSIDE_HOME: home })).toMatchObject({ status: 0, out: 'no faults\n' });
    const file = join(home, 'mappings/acme/855.yaml');
    const text = readFileSync(file, 'utf8');
    const wrong = text.replace('order.sellerOrderNumber', 'order.selerOrderNumber');
    expect(wrong).not.toBe(text);
    writeFileSync(file, wrong);
    const line = wrong.split('\n').findIndex((candidate) => candidate.includes('selerOrderNumber')) + 1;
    const { status, err, out } = await quayside(['lint'], { QUAYSIDE_HOME: home });
    expect([status, out]).toEqual([1, '1 fault\n']);
    expect(err).toMatch(new RegExp(`mappings/acme/855\\.yaml:${line}:\\d+: error ERR_MAPPING_TARGET .*did you mean "order\\.sellerOrderNumber"\\?`));
  });
});

describe('exit statuses', () => {
  it('tell wrong usage, faulty configuration and an absent dependency apart', async () => {
    const [usage, env, store, files] = await Promise.all([
      quayside(['translat']),
      quayside(['messages', 'list'], { PORT: 'eighty' }),
      quayside(['messages', 'list'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', QUAYSIDE_HOME: join(ROOT, 'fixtures/demo') }),
      quayside(['start'], { QUAYSIDE_HOME: join(ROOT, 'test') }),
    ]);
    expect(usage).toMatchObject({ status: 2, err: expect.stringContaining('translate') });
    expect(env).toMatchObject({ status: 78, err: expect.stringContaining('PORT') });
    expect(store).toMatchObject({ status: 75, err: expect.stringContaining('ERR_STORE_UNAVAILABLE') });
    expect(files).toMatchObject({ status: 78, err: expect.stringContaining('ERR_CONFIG_FILES') });
  });
});

describe('what ops does', () => {
  let spine: Spine;
  let env: Record<string, string>;
  let refuses = true;
  beforeAll(async () => {
    spine = await startSpine({ answer: () => (refuses ? 422 : 200) });
    env = { ...spine.home.secrets, QUAYSIDE_HOME: spine.home.directory, DATABASE_URL: spine.running.gateway.database.url };
  });
  afterAll(() => spine.close());

  it('finds an order, sees its dead letter and replays it', async () => {
    const id = await handIn(spine.running, 'acme', make855({ partner: 'acme', control: 1 }, 'PO 4711'));
    await spine.deadLetters(1);
    const found = parsed((await quayside(['messages', 'list', '--po', ' po  4711', '--json'], env)).out);
    expect(found).toMatchObject([{ id, status: 'dead', orderNumbers: ['PO 4711'] }]);
    const raw = await quayside(['messages', 'raw', id], env);
    expect(raw.out).toBe(make855({ partner: 'acme', control: 1 }, 'PO 4711'));

    const [letter] = parsed((await quayside(['dead', 'list', '--json'], env)).out);
    expect((await quayside(['dead', 'list'], env)).out).toMatch(/1 × deliver: ERR_DELIVERY_REJECTED[\s\S]*dead letters: 1, causes: 1/);
    const shown = await quayside(['dead', 'show', letter.id], env);
    expect(shown.out).toContain('ERR_DELIVERY_REJECTED');
    expect(shown.out).toContain(`quayside replay ${letter.id}`);
    expect(await quayside(['replay', '--dead', '--po', 'PO 4711', '--dry-run'], env)).toMatchObject({ status: 0, out: 'would replay 1\n' });
    expect(await quayside(['replay', '--dead'], env)).toMatchObject({ status: 2 });
    refuses = false;
    expect(await quayside(['replay', '--dead', '--yes', '--reason', 'mended'], env)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^replay \S+ is done: 1 of 1 replayed, 0 skipped, 0 failed\n$/),
    });
    await spine.reaches(id, 'delivered');
    expect((await quayside(['messages', 'show', id], env)).out).toContain('attempt 2: delivered 200');
  }, 240_000);

  it('looks at what was replayed, pauses an endpoint and lets it go on', async () => {
    const [job] = parsed((await quayside(['replays', 'list', '--json'], env)).out);
    expect(job).toMatchObject({ state: 'done', planned: 1, replayed: 1, reason: 'mended', filter: { state: 'dead' } });
    expect((await quayside(['replays', 'show', job.id], env)).out).toContain('of its deliveries 1 succeeded, 0 are not finished, 0 are dead again');
    expect(await quayside(['replays', 'cancel', job.id, '--reason', 'too late'], env)).toMatchObject({
      status: 1,
      err: expect.stringContaining('ERR_REPLAY_STATE'),
    });

    expect(await quayside(['endpoint', 'pause', 'erp', '--reason', 'upgrade'], env)).toMatchObject({ status: 0, out: 'erp is paused\n' });
    expect((await quayside(['endpoint', 'list'], env)).out).toMatch(/erp\s+parked\s+0\s+0\s+paused by .*: upgrade/);
    expect(await quayside(['endpoint', 'resume', 'erp'], env)).toMatchObject({ status: 0, out: 'erp is active\n' });
    const { rows } = await spine.running.gateway.database.query<{ action: string; reason: string }>('select action, reason from audit order by id');
    expect(rows.map((row) => row.action)).toEqual(['replay.created', 'replay.ended', 'endpoint.paused', 'endpoint.resumed']);
    expect(rows[0]?.reason).toBe('mended');
    await expect(spine.running.gateway.database.query('delete from audit')).rejects.toThrow(/append-only/);
  }, 240_000);

  it('hands a document in by hand, through the same door and into the audit', async () => {
    const file = join(spine.home.directory, 'by-hand.edi');
    writeFileSync(file, make855({ partner: 'acme', control: 2 }, 'PO 4712'));
    const { status, out } = await quayside(['receive', file, '--partner', 'acme', '--json'], env);
    expect(status).toBe(0);
    const message = await spine.reaches(parsed(out)[0].messageId, 'delivered');
    expect(message).toMatchObject({ channel: 'manual', filename: 'by-hand.edi', orderNumbers: ['PO 4712'] });
  }, 30_000);

  it('is told by doctor and migrate that all is well', async () => {
    const checks = parsed((await quayside(['doctor', '--json'], env)).out);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.map((check) => check.name)).toEqual(expect.arrayContaining(['files', 'postgres', 'schema', 'clock', 'order', 'redis']));
    expect(await quayside(['migrate'], env)).toMatchObject({ status: 0, out: 'the schema is up to date\n' });
  }, 30_000);
});
