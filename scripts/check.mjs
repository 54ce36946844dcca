/**
 * `npm run check`: everything that can be said of the code without running it. Each step prints ok or failed; what a
 * failed step had to say follows it; the exit code is 0 only when all are ok. `npm run check -- lint layers` runs two.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './setup.mjs';

const tool = (path) => join('node_modules', path);
const STEPS = {
  types: [tool('typescript/bin/tsc'), '--noEmit', '-p', '.'],
  lint: [tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'],
  layers: [
    tool('dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    ...foldersThere('src', 'test', 'bench', 'scripts'),
  ],
  'dead code': [tool('knip/bin/knip.js'), '--no-progress'],
  generated: ['scripts/gen.mjs', '--check'],
  'file sizes': ['scripts/check-file-sizes.mjs'],
  package: ['scripts/check-package.mjs'],
};

ensureInstalled();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  process.stderr.write(`no step "${unknown.join('", "')}": expected ${Object.keys(STEPS).join(', ')}\n`);
  process.exit(2);
}
const failed = [];
for (const [name, command] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const result = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const ok = result.status === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${ok ? 'ok    ' : 'failed'}  ${name.padEnd(10)}  ${seconds} s\n`);
  if (ok) continue;
  failed.push(name);
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trimEnd();
  process.stdout.write(`${said.replace(/^/gm, '        ')}\n`);
}
process.stdout.write(failed.length === 0 ? 'all ok\n' : `failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

function foldersThere(...folders) {
  return folders.filter((folder) => existsSync(join(root, folder)));
}
