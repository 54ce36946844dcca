/**
 * The layer rules bite: each wrong import that is planted here in a tree of its own is refused by the very rules that
 * `npm run check` applies to the house, and each right one is let through.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const rules: IConfiguration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
const packageFile = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');

/** File, what it imports, and the rules that refuse it. */
const WRONG: readonly (readonly [file: string, imported: string, ...rules: string[]])[] = [
  ['src/core/place.ts', 'src/store/raw.ts', 'layer-core'],
  ['src/core/clock.ts', 'src/telemetry/log.ts', 'layer-core'],
  ['src/store/inbox.ts', 'src/pipeline/receive.ts', 'layer-store'],
  ['src/store/outbox.ts', 'src/events/order.ts', 'layer-store'],
  ['src/mapping/load.ts', 'src/store/raw.ts', 'layer-mapping'],
  ['src/mapping/compile.ts', 'src/config.ts', 'layer-mapping'],
  ['src/pipeline/deliver.ts', 'src/queue/hints.ts', 'layer-pipeline'],
  ['src/pipeline/replay.ts', 'src/control/orders.ts', 'layer-pipeline'],
  ['src/queue/workers.ts', 'src/http/server.ts', 'layer-queue'],
  ['src/http/routes.ts', 'src/cli/demo.ts', 'layer-http'],
  ['src/http/health.ts', 'src/app.ts', 'layer-http'],
  ['src/cli/serve.ts', 'src/http/server.ts', 'layer-cli'],
  ['src/cli/start.ts', 'src/app.ts', 'layer-cli'],
  ['src/stores.ts', 'src/app.ts', 'layer-stores.ts'],
  ['src/channels/sftp/poll.ts', 'src/channels/rest/options.ts', 'between-extensions'],
  ['src/formats/x12/read.ts', 'src/channels/rest/options.ts', 'layer-formats', 'between-extensions'],
  ['src/pipeline/parse.ts', 'src/formats/csv/format.ts', 'extension-by-registry'],
  ['src/channels/_registry.ts', 'src/channels/rest/options.ts', 'registry-imports-extensions'],
  ['src/pipeline/translate.ts', 'src/channels/rest/harness.ts', 'extension-by-registry', 'harness-in-tests'],
  ['src/pipeline/publish.ts', 'test/support/database.ts', 'harness-in-tests'],
  ['src/pipeline/jobs.ts', 'bullmq', 'client-bullmq'],
  ['src/queue/rows.ts', 'pg', 'client-pg'],
  ['src/destinations/mail/send.ts', 'undici', 'client-undici'],
  ['src/channels/ftp/connect.ts', 'ssh2', 'client-ssh2'],
  ['src/store/format.ts', 'pino', 'client-pino'],
  ['src/mapping/read.ts', 'yaml', 'client-yaml'],
  ['src/mapping/carry-out.ts', '@marcbachmann/cel-js', 'client-@marcbachmann/cel-js'],
  ['src/http/colour.ts', 'picocolors', 'client-picocolors'],
  ['src/store/proptest.ts', 'fast-check', 'no-dev-dependency'],
  ['src/store/guess.ts', 'left-pad', 'in-package-json'],
  ['src/store/lost.ts', 'src/store/not-there.ts', 'resolvable'],
  ['src/events/chicken.ts', 'src/events/egg.ts', 'no-circular'],
  ['src/warehouse/stock.ts', 'src/core/problem.ts', 'known-folder'],
  ['src/store/string-utils.ts', 'src/core/problem.ts', 'honest-name'],
  ['src/helpers/text.ts', 'src/core/problem.ts', 'honest-name', 'known-folder'],
];

const RIGHT: readonly (readonly [file: string, imported: string])[] = [
  ['src/queue/consume.ts', 'bullmq'],
  ['src/store/pool.ts', 'pg'],
  ['src/pipeline/acknowledge.ts', 'src/store/raw.ts'],
  ['src/queue/dispatch.ts', 'src/pipeline/receive.ts'],
  ['src/formats/_registry.ts', 'src/formats/csv/format.ts'],
  ['src/app.ts', 'src/cli/application.ts'],
  ['src/doctor.ts', 'src/formats/_registry.ts'],
  ['src/store/raw.test.ts', 'test/support/database.ts'],
  ['src/channels/rest/conformance.test.ts', 'src/pipeline/receive.ts'],
];

const root = mkdtempSync(join(tmpdir(), 'quayside-layers-'));
const refused = new Map<string, string[]>();

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeAll(async () => {
  plant('package.json', packageFile);
  for (const name of ['bullmq', 'pg', 'undici', 'ssh2', 'pino', 'yaml', 'picocolors', 'fast-check', 'left-pad', '@marcbachmann/cel-js']) {
    plant(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    plant(`node_modules/${name}/index.js`, '');
  }
  plant('src/store/alone.ts', 'export {};\n');
  const imports = [...WRONG, ...RIGHT];
  for (const [, imported] of imports) if (/^(src|test)\//.test(imported) && !imported.includes('not-there')) plant(imported, 'export {};\n');
  for (const [file, imported] of imports) {
    const path = /^(src|test)\//.test(imported) ? `${'../'.repeat(file.split('/').length - 1)}${imported}` : imported;
    plant(file, `import '${path}';\n`);
  }
  plant('src/events/egg.ts', "import './chicken.ts';\n");
  const { output } = await cruise(['src', 'test'], { ...rules.options, baseDir: root, tsConfig: {}, validate: true, ruleSet: rules });
  for (const violation of (output as ICruiseResult).summary.violations) {
    refused.set(violation.from, [...(refused.get(violation.from) ?? []), violation.rule.name]);
  }
}, 60_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a wrong import is refused', () => {
  test.each(WRONG)('%s importing %s', (file, _imported, ...names) => {
    expect([...new Set(refused.get(file))].sort()).toEqual([...names].sort());
  });
});

test('a module that nobody imports and that imports nobody is refused', () => {
  expect(refused.get('src/store/alone.ts')).toEqual(['no-orphan']);
});

describe('a right import is let through', () => {
  test.each(RIGHT)('%s importing %s', (file) => {
    expect(refused.get(file)).toBeUndefined();
  });
});
