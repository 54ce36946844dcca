/**
 * `npm run gen`: writes every generated file; `npm run gen -- --check` writes none and names those that are stale.
 *
 * A generator is a script `scripts/gen-*.ts` or `scripts/dump-*.ts`. Called with `--check` it must leave everything
 * as it is, name each stale file on a line of its own, and exit 1.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './setup.mjs';

ensureInstalled();
const check = process.argv.includes('--check');
// Registries come first: the other generators read what they hold.
const generators = readdirSync(join(root, 'scripts'))
  .filter((name) => /^(gen|dump)-.*\.ts$/.test(name))
  .sort((a, b) => Number(b === 'gen-registries.ts') - Number(a === 'gen-registries.ts') || a.localeCompare(b));
const failed = [];
for (const name of generators) {
  const script = join('scripts', name);
  const result = spawnSync(process.execPath, ['--import', 'tsx', script, ...(check ? ['--check'] : [])], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) failed.push(name);
}
if (failed.length > 0) process.stdout.write(check ? `stale or failed: ${failed.join(', ')} (npm run gen)\n` : `failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
